"""How the sign-in library behaves here: its limits, its mails, its words."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any, ClassVar
from urllib.parse import urlsplit

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.addresses import accept_address_given_by_staff
from accounts.attempts import begin_attempt
from accounts.audit import Action, count_failed_sign_in, record
from accounts.browsers import remember_browser
from accounts.clients import client_ip
from accounts.models import User
from accounts.sessions import note_activity

log = structlog.get_logger(__name__)
LINKS = ("activate_url", "password_reset_url", "signup_url")


class AccountAdapter(DefaultAccountAdapter):
    """The library's one extension point."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "E-mail or password is not right.",
        "too_many_login_attempts": "Too many sign-in attempts. Wait a few minutes and try again.",
        "enter_current_password": "This is not your current password.",
        "incorrect_password": "This is not your password.",
        "invalid_password_reset": "This link does not work any more.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether people may open accounts by themselves."""
        return bool(settings.SIGN_UP_OPEN)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The account, under the limits of failed tries.

        A disabled account is answered as a wrong password is, so that nobody learns that a password was right.
        """
        address = str(credentials.get("email", ""))
        attempt = begin_attempt(request, address)
        if attempt is None:
            raise self.validation_error("too_many_login_attempts")
        user = super().authenticate(request, **credentials)
        if isinstance(user, User) and user.is_active:
            attempt.take_back()
            return user
        attempt.note_failure()
        count_failed_sign_in(user_with(address), ip=client_ip(request))
        return None

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Lets in whoever staff made an account for without a mail."""
        accept_address_given_by_staff(user)
        return super().pre_login(request, user, **kwargs)  # type: ignore[no-any-return]

    def login(self, request: HttpRequest, user: User) -> None:
        """A new session, under a new key."""
        super().login(request, user)
        request.session["began_at"] = timezone.now().isoformat()
        note_activity(request)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Writes the sign-in down, and gives the browser tries of its own for the next time."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        record(Action.SIGNED_IN, user=user, ip=client_ip(request))
        remember_browser(request, response, user.email)
        return response

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """A new account of somebody who has yet to confirm the address."""
        saved: User = super().save_user(request, user, form, commit=commit)
        record(Action.SIGNED_UP, user=saved, ip=client_ip(request))
        return saved

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """The link of a mail was followed."""
        confirmed = bool(super().confirm_email(request, email_address))
        if confirmed:
            record(Action.ADDRESS_CONFIRMED, user=email_address.user, ip=client_ip(request))
        return confirmed

    def set_password(self, user: User, password: str) -> None:
        """Writes the new password and nothing else of the account."""
        user.set_password(password)
        user.save(update_fields=["password", "auth_version"])

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client's address as everything here counts it."""
        return client_ip(request) or "0.0.0.0"  # noqa: S104  (nothing is bound: a client without an address)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends a mail; a mail server that is away costs the mail, which can be asked for again, and nothing else."""
        links = {name: on_our_origin(str(context[name]), self.request) for name in LINKS if name in context}
        try:
            super().send_mail(template_prefix, email, {**context, **links})
        except (SMTPException, OSError) as error:
            log.warning("mail_not_sent", template=template_prefix, error=type(error).__name__)
            if not self.request.user.is_authenticated:
                sentence = "The mail could not be sent just now. Nothing is lost: ask for it again in a few minutes."
                messages.error(self.request, sentence)


def user_with(address: str) -> User | None:
    """The account of an address, if there is one."""
    return get_user_model().objects.filter(email=address.strip().lower()).first()


def on_our_origin(link: str, request: HttpRequest) -> str:
    """The link on an origin people are meant to see, whatever port the request's Host header named."""
    parts = urlsplit(link)
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin in settings.ALLOWED_ORIGINS:
        return link
    return settings.ALLOWED_ORIGINS[0] + link.removeprefix(origin)
