"""Django's registration of the chat app."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Threads, messages, runs and their events."""

    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Says what the record keeps of a person, and by what messages leave."""
        from accounts.addresses import Way, senders
        from accounts.belongings import Belongings, kept_by
        from chat.belongings import describe_usage, export_record, remove_record, stop_runs
        from chat.sending import send

        kept_by["chat"] = Belongings(export=export_record, remove=remove_record, stop=stop_runs, figures=describe_usage)
        senders.update(dict.fromkeys(Way, send))
