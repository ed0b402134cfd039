"""HTTP routes of the whole site."""

from __future__ import annotations

from allauth.account import views as account_views
from django.contrib import admin
from django.urls import include, path

from netra import status

urlpatterns = [
    path("healthz", status.answer_healthz, name="healthz"),
    path("readyz", status.answer_readyz, name="readyz"),
    path("admin/", admin.site.urls),
    # Accounts are made by staff, so of the library's pages only these are open.
    path("accounts/login/", account_views.login, name="account_login"),
    path("accounts/logout/", account_views.logout, name="account_logout"),
    path("accounts/inactive/", account_views.account_inactive, name="account_inactive"),
    path("", include("accounts.urls")),
    path("", include("agents.urls")),
    path("", include("chat.urls")),
]
handler404 = "netra.errors.answer_not_found"
handler500 = "netra.errors.answer_server_error"
