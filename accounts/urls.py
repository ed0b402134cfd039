"""API routes of accounts."""

from django.urls import path

from accounts.api import TokenView

urlpatterns = [path("api/v1/auth/token/", TokenView.as_view(), name="api-token")]
