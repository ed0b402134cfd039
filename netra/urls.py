"""HTTP routes of the whole site."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from netra import status

# One way to sign in, and one count of those who fail at it.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("healthz", status.answer_healthz, name="healthz"),
    path("readyz", status.answer_readyz, name="readyz"),
    path("statusz", status.answer_statusz, name="statusz"),
    path("metrics", status.answer_metrics, name="metrics"),
    # One page for a new password, and one trail of it.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password"), name="staff_password"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("agents.urls")),
    path("", include("chat.urls")),
]
handler404 = "netra.errors.answer_not_found"
handler429 = "netra.errors.answer_too_many"
handler500 = "netra.errors.answer_server_error"
