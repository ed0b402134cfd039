"""HTTP routes of the whole site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from netra import status

urlpatterns = [
    path("healthz", status.answer_healthz, name="healthz"),
    path("readyz", status.answer_readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("", include("accounts.urls")),
    path("", include("agents.urls")),
    path("", include("chat.urls")),
]
handler404 = "netra.errors.answer_not_found"
handler500 = "netra.errors.answer_server_error"
