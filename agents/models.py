"""Tables of the work: usage data sets, agent settings, and what a run must remember."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7


class DataSet(models.Model):
    """Usage data of one person, or (without a person) the demo data everybody may read."""

    class Status(models.TextChoices):
        """How far the import is."""

        IMPORTING = "importing", "importing"
        READY = "ready", "ready"
        FAILED = "failed", "failed"

    id: models.UUIDField[uuid.UUID, uuid.UUID] = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="data_sets"
    )
    title = models.CharField(max_length=200)
    demo = models.BooleanField(default=False)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.IMPORTING)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="data_set_is_demo_or_owned",
                condition=Q(demo=True, user__isnull=True) | Q(demo=False, user__isnull=False),
            ),
        )
        indexes = (models.Index(fields=("user", "-created_at", "-id"), name="data_sets_of_a_user"),)
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        # Not the title: it is what the person called the data.
        return f"data set {self.id}"


class DataSetVersion(models.Model):
    """An immutable state of a data set: its Parquet parts and what is in them."""

    data_set = models.ForeignKey(DataSet, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    rows = models.PositiveBigIntegerField()
    first_day = models.DateField()
    last_day = models.DateField()
    bytes = models.PositiveBigIntegerField()
    profile = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("data_set", "number"), name="one_version_per_number"),
            models.CheckConstraint(name="version_days_in_order", condition=Q(first_day__lte=models.F("last_day"))),
        )
        ordering = ("data_set", "-number")

    def __str__(self) -> str:
        return f"{self.data_set_id} v{self.number}"


class ThreadData(models.Model):
    """The data set a person chose for a conversation."""

    thread = models.OneToOneField("chat.Thread", on_delete=models.CASCADE, related_name="data")
    data_set = models.ForeignKey(DataSet, on_delete=models.CASCADE, related_name="threads")
    chosen_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "thread data"

    def __str__(self) -> str:
        return f"{self.thread_id}: {self.data_set_id}"


class AgentSettings(models.Model):
    """What staff changed about an agent; an empty field leaves the agent's own value."""

    name = models.CharField(max_length=40, unique=True)
    model = models.CharField(max_length=120, blank=True, default="")
    instructions = models.TextField(blank=True, default="")
    request_limit = models.PositiveIntegerField(null=True, blank=True)
    tool_call_limit = models.PositiveIntegerField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "agent settings"

    def __str__(self) -> str:
        return self.name


class RunMemory(models.Model):
    """The model messages of a run as JSON text: the history of the run that follows it."""

    run = models.OneToOneField("chat.Run", primary_key=True, on_delete=models.CASCADE, related_name="memory")
    # Text, not jsonb: nothing queries into it, and jsonb refuses what a tool result may hold.
    messages = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "run memories"

    def __str__(self) -> str:
        return str(self.run_id)


class ToolCall(models.Model):
    """A finished tool call, found again when another worker takes the run over."""

    run = models.ForeignKey("chat.Run", on_delete=models.CASCADE, related_name="tool_calls")
    call_key = models.CharField(max_length=64)
    tool = models.CharField(max_length=80)
    arguments = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    seconds = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "call_key"), name="one_result_per_tool_call"),)
        ordering = ("run", "created_at", "id")

    def __str__(self) -> str:
        return f"{self.run_id} {self.tool}"
