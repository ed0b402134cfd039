"""Django's registration of the accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People and what they may use."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
