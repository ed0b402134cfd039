"""Indexes for the lists of the staff pages: their order, the rare statuses, and the id a log line carries."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """None of them holds a column that changes while a run works, so its updates stay on their page."""

    dependencies = [("chat", "0003_people_and_processes")]

    operations = [
        migrations.AddIndex(
            model_name="run", index=models.Index(fields=["-created_at", "-id"], name="runs_by_time")
        ),
        migrations.AddIndex(
            model_name="run", index=models.Index(fields=["status", "-created_at", "-id"], name="runs_by_status")
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["request_id"], condition=models.Q(("request_id", ""), _negated=True), name="runs_of_a_request"
            ),
        ),
        migrations.AddIndex(
            model_name="thread", index=models.Index(fields=["-updated_at", "-id"], name="threads_by_time")
        ),
    ]
