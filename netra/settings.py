"""Django's settings, derived from the one typed configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from netra import __version__
from netra.config import PROJECT_FOLDER, SignUp, load_config
from netra.logs import logging_settings

CONFIG = load_config()

BASE_DIR = PROJECT_FOLDER
SECRET_KEY = CONFIG.signing_key()
DEBUG = False
VERSION = __version__
ENVIRONMENT = str(CONFIG.environment)
ALLOWED_ORIGINS = CONFIG.origins()
ALLOWED_HOSTS = sorted({str(urlsplit(origin).hostname) for origin in ALLOWED_ORIGINS})
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS
DATA_DIR = CONFIG.data_dir
STATUS_TOKEN = CONFIG.status_token.get_secret_value()
DEMO_ALLOWED = not CONFIG.is_strict

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "knox",
    "allauth",
    "allauth.account",
    "channels",
    "accounts",
    "chat",
    "agents",
    "netra",
]
MIDDLEWARE = [
    "netra.middleware.RequestIdMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.ActivityMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "netra.urls"
ASGI_APPLICATION = "netra.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "netra.context.site",
            ]
        },
    }
]

# Record
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        CONFIG.database_url.get_secret_value() or "postgresql:///netra", conn_health_checks=True
    )
}
# Requests wait for a locked row a little and then say so; the workers' writer has a shorter limit of its own.
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "pool": {"min_size": 0, "max_size": CONFIG.database_pool_size, "timeout": 5.0},
    "options": "-c lock_timeout=2000 -c statement_timeout=15000",
    "connect_timeout": 5,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "accounts.sessions"

# Live path: a failure of Redis slows it, never stops it
REDIS_URL = CONFIG.redis_url.get_secret_value() or "redis://127.0.0.1:6379/0"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "chat.emitter.layer.PipelinedLayer",
        # Without an explicit socket_timeout redis-py closes idle subscriptions after five seconds.
        "CONFIG": {
            "hosts": [
                {
                    "address": REDIS_URL,
                    # The older words for the same: a published message costs a web process a quarter less to read.
                    "protocol": 2,
                    "socket_timeout": 15,
                    "socket_connect_timeout": 2,
                    "socket_keepalive": True,
                }
            ]
        },
    }
}
CACHES = {
    "default": {
        "BACKEND": "netra.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "netra",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}
LEASE_SECONDS = CONFIG.lease_seconds
WORKER_RUNS = CONFIG.worker_runs

# Delivery: the log is always on, everything here is a way out of it
CHANNELS = CONFIG.channels
REDELIVER_SECONDS = CONFIG.redeliver_seconds
BANNER_SECONDS = CONFIG.banner_seconds
MESSAGE_SECONDS = CONFIG.message_seconds
OPS_SECONDS = CONFIG.ops_seconds
OPS_URLS = CONFIG.ops_urls.get_secret_value()
SMS_URL = CONFIG.sms_url.get_secret_value()
CHAT_SCHEMES = CONFIG.chat_schemes
COMPACT_AFTER_SECONDS = CONFIG.compact_after_seconds
KEEP_EVENTS_DAYS = CONFIG.keep_events_days

# Models
MODEL_SOURCES = CONFIG.model_sources()
DEFAULT_MODEL = CONFIG.default_model
DEFAULT_FALLBACKS = CONFIG.default_fallbacks
MODEL_TIMEOUT_SECONDS = CONFIG.model_timeout_seconds
MODEL_THINKING = CONFIG.model_thinking

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "signup": "accounts.forms.SignUpForm",
    "reset_password": "accounts.forms.ResetForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
# Its hash covers the address of the account itself; the library's own would make a row for each address it sees.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
PASSWORD_RESET_TIMEOUT = 3_600
# Failed sign-ins are counted by accounts.attempts, for the page and the token endpoint alike.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": None,
    "signup": "20/h/ip",
    "reset_password": "20/h/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "confirm_email": "1/1m/key",
}
SIGN_UP_OPEN = CONFIG.sign_up is SignUp.OPEN
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
# Unused for this long a session ends; accounts.sessions ends each after 90 days.
SESSION_COOKIE_AGE = 14 * 24 * 3_600
ALLAUTH_TRUSTED_PROXY_COUNT = CONFIG.trusted_proxies
KNOX_TOKEN_MODEL = "accounts.ApiKey"  # noqa: S105  (a model's name)
# The library's own migrations make its table although ours replaces it.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_MODEL": KNOX_TOKEN_MODEL,
    "TOKEN_TTL": timedelta(days=90),
    "TOKEN_PREFIX": "netra_",
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.KeyAuthentication",
        "accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.permissions.KeyMayWrite",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["netra.api_parsers.StrictJSONParser"],
    "EXCEPTION_HANDLER": "netra.api_errors.answer_error",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

# Mail
MAIL_SERVER = CONFIG.mail_server()
DEFAULT_FROM_EMAIL = SERVER_EMAIL = CONFIG.mail_from or "Netra <netra@localhost>"
EMAIL_TIMEOUT = 10
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if MAIL_SERVER else 'filebased'}.EmailBackend"
if MAIL_SERVER:
    EMAIL_HOST, EMAIL_PORT = MAIL_SERVER.host, MAIL_SERVER.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL_SERVER.user, MAIL_SERVER.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = MAIL_SERVER.tls, MAIL_SERVER.starttls

# Browser
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "netra.errors.answer_csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.is_strict
SECURE_SSL_REDIRECT = CONFIG.is_strict
SECURE_HSTS_SECONDS = 31_536_000 if CONFIG.is_strict else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = CONFIG.is_strict
# Asked from inside, where no TLS is: by load balancers and by what collects metrics.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^statusz$", r"^metrics$"]
if CONFIG.trusted_proxies:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
# Hashed names where files are built once; the plain files where people edit them.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not CONFIG.is_strict
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "files")},
    },
    "staticfiles": {
        "BACKEND": "netra.staticfiles.ModuleManifestStorage"
        if CONFIG.is_strict
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
DATETIME_FORMAT = "Y-m-d H:i:s"
DATE_FORMAT = "Y-m-d"
LOGGING = logging_settings(CONFIG.log_level, json=CONFIG.is_strict)
