"""Django's registration of the chat app."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Threads, messages, runs and their events."""

    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"
