"""Storage parameters for rows that are updated with every commit of the log."""

from django.db import migrations


class Migration(migrations.Migration):
    """Leaves room in the pages, so that those updates stay on their page and touch no index."""

    dependencies = [("chat", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE chat_userstream SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02)",
            "ALTER TABLE chat_userstream RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
        migrations.RunSQL(
            "ALTER TABLE chat_run SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)",
            "ALTER TABLE chat_run RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
    ]
