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
    # Rows read, kept, repeated and rejected, and what they cost, over all imports up to this one.
    summary = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("data_set", "number"), name="one_version_per_number"),
            models.CheckConstraint(name="version_days_in_order", condition=Q(first_day__lte=models.F("last_day"))),
        )
        ordering = ("data_set", "-number")

    def __str__(self) -> str:
        return f"{self.data_set_id} v{self.number}"


class DataImport(models.Model):
    """One file, paste or batch of rows on its way into a data set: all of it arrives, or nothing."""

    class Status(models.TextChoices):
        """How far it is."""

        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        NEEDS_MAPPING = "needs_mapping", "needs mapping"
        FINISHED = "finished", "finished"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    ACTIVE = (Status.QUEUED, Status.RUNNING)
    OPEN = (*ACTIVE, Status.NEEDS_MAPPING)

    id: models.UUIDField[uuid.UUID, uuid.UUID] = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="data_imports")
    data_set = models.ForeignKey(DataSet, on_delete=models.CASCADE, related_name="imports")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    file_name = models.CharField(max_length=200, blank=True, default="")
    file_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    # The person's choice: {"format": …, "mapping": …, "options": …}; empty parts are found out.
    reading = models.JSONField(default=dict)
    # What was found: the format, why, and the mapping that was used or proposed.
    detection = models.JSONField(default=dict)
    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=80, blank=True, default="")
    bytes_read = models.PositiveBigIntegerField(default=0)
    rows_read = models.PositiveBigIntegerField(default=0)
    rows_kept = models.PositiveBigIntegerField(default=0)
    rows_repeated = models.PositiveBigIntegerField(default=0)
    rows_rejected = models.PositiveBigIntegerField(default=0)
    # Why rows were rejected, with their numbers, the most frequent first.
    reasons = models.JSONField(default=list)
    error_code = models.CharField(max_length=60, blank=True, default="")
    error_message = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("data_set",),
                condition=Q(status__in=("queued", "running", "needs_mapping")),
                name="one_open_import_a_data_set",
            ),
        )
        indexes = (
            models.Index(fields=("data_set", "-created_at", "-id"), name="imports_of_a_data_set"),
            models.Index(
                fields=("status", "created_at"), condition=Q(status__in=("queued", "running")), name="open_imports"
            ),
        )
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"import {self.id}"

    @property
    def is_final(self) -> bool:
        """True once nothing more will happen to it."""
        return self.status in (self.Status.FINISHED, self.Status.FAILED, self.Status.CANCELLED)


class PriceOverride(models.Model):
    """An own price of one token class of a model; never changed: it ends, and another begins."""

    class TokenClass(models.TextChoices):
        """What is paid for."""

        INPUT = "input", "input"
        CACHED_READ = "cached_read", "read from a cache"
        CACHE_WRITE_5M = "cache_write_5m", "written to a cache for 5 minutes"
        CACHE_WRITE_1H = "cache_write_1h", "written to a cache for 1 hour"
        OUTPUT = "output", "output"
        REASONING = "reasoning", "reasoning"
        REQUEST = "request", "request"

    provider = models.CharField(max_length=80)
    model = models.CharField(max_length=200)
    token_class = models.CharField(max_length=20, choices=TokenClass.choices)
    # US dollars for a million tokens; for the class `request`, for a thousand requests.
    price = models.DecimalField(max_digits=18, decimal_places=9)
    # Holds for requests with more input tokens than this; 0 is the base price.
    tier_above = models.PositiveBigIntegerField(default=0)
    valid_from = models.DateField()
    # The first day on which it no longer holds.
    valid_to = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Ended by staff: from this moment on no new result is priced with it.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = (
            models.CheckConstraint(name="own_price_not_negative", condition=Q(price__gte=0)),
            models.CheckConstraint(
                name="own_price_days_in_order",
                condition=Q(valid_to__isnull=True) | Q(valid_from__lt=models.F("valid_to")),
            ),
        )
        indexes = (models.Index(fields=("provider", "model", "-id"), name="own_prices_of_a_model"),)
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model} {self.token_class}"


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
    # Names of models, in the order they are tried after the first one failed.
    fallback_models = models.JSONField(blank=True, default=list)
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


class RunFrame(models.Model):
    """What a run was given when it first began; whoever takes it over works on the same rows at the same prices."""

    run = models.OneToOneField("chat.Run", primary_key=True, on_delete=models.CASCADE, related_name="frame")
    # No foreign key: data sets go when their owner wants, what a run was about stays on record.
    data_set_id = models.UUIDField(null=True, blank=True)
    data_version = models.PositiveIntegerField(null=True, blank=True)
    price_version = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.run_id}: {self.data_set_id} v{self.data_version}"


class AgentWork(models.Model):
    """What an agent of a run finished: found again when another worker takes the run over."""

    run = models.ForeignKey("chat.Run", on_delete=models.CASCADE, related_name="agent_works")
    agent = models.CharField(max_length=40)
    # The text, what it handed on, its calls by their keys, and what it used.
    work = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "agent"), name="one_work_an_agent_and_run"),)
        ordering = ("run", "created_at", "id")

    def __str__(self) -> str:
        return f"{self.run_id} {self.agent}"


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
