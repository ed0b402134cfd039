"""Tables of the record: who said what, which runs that started, and the log."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from accounts.limits import Tier


class JsonText(models.TextField):  # type: ignore[type-arg]
    """JSON as the bytes it was written with: a `json` column inserts and replays faster than `jsonb`."""

    def db_type(self, connection: Any) -> str:
        """The column's type."""
        return "json"

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        """Reads the text, not a parsed value."""
        return f"{sql}::text", params


class Thread(models.Model):
    """One conversation of one person."""

    id: models.UUIDField[uuid.UUID, uuid.UUID] = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="threads")
    title = models.CharField(max_length=200, default="", blank=True)
    titled_by = models.CharField(max_length=8, choices=[("auto", "auto"), ("user", "user")], default="auto")
    pinned = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(fields=("user", "-updated_at", "-id"), name="threads_of_a_user"),
            models.Index(fields=("-updated_at", "-id"), name="threads_by_time"),
        )
        ordering = ("-updated_at", "-id")

    def __str__(self) -> str:
        # Not the title: it is made of what the person wrote.
        return f"thread {self.id}"


class Message(models.Model):
    """One thing somebody said; `parent` makes branches possible."""

    class Role(models.TextChoices):
        """Who said it."""

        USER = "user", "user"
        ASSISTANT = "assistant", "assistant"

    id: models.UUIDField[uuid.UUID, uuid.UUID] = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    run = models.ForeignKey("Run", on_delete=models.CASCADE, null=True, blank=True, related_name="messages")
    role = models.CharField(max_length=16, choices=Role)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (models.Index(fields=("thread", "id"), name="messages_of_a_thread"),)
        constraints = (
            models.UniqueConstraint(fields=("run",), condition=Q(role="assistant"), name="one_answer_a_run"),
        )
        # Staff without it see who did what and when, never what was said.
        permissions = (("read_content", "Can read what people wrote and were answered"),)
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.role} message {self.id}"


class Agent(models.Model):
    """The directory of who may be asked; how an agent works is the agents app's business."""

    name = models.CharField(max_length=64, primary_key=True)
    title = models.CharField(max_length=100)
    enabled = models.BooleanField(default=True)
    minimum_tier = models.CharField(max_length=16, choices=[(t.value, t.value) for t in Tier], default=Tier.FREE.value)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.title


class Run(models.Model):
    """One piece of work started by one message."""

    class Status(models.TextChoices):
        """Where the run is; the last three are final."""

        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        COMPLETED = "completed", "completed"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    class Mode(models.TextChoices):
        """How its events are sent."""

        REGULAR = "regular", "regular"
        PERFORMANCE = "performance", "performance"

    FINAL: ClassVar[tuple[str, ...]] = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
    ACTIVE: ClassVar[tuple[str, ...]] = (Status.QUEUED, Status.RUNNING)

    id: models.UUIDField[uuid.UUID, uuid.UUID] = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs")
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="runs")
    question = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="asked_runs")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="runs")
    mode = models.CharField(max_length=16, choices=Mode, default=Mode.REGULAR)
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    next_run_seq = models.PositiveBigIntegerField(default=0)
    lease_owner = models.CharField(max_length=100, default="", blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=64, default="", blank=True)
    client_id = models.CharField(max_length=64)
    retry_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="retries")
    usage = models.JSONField(default=dict, blank=True)
    cost = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    error_code = models.CharField(max_length=64, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    compacted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("user", "client_id"), name="one_run_a_client_id"),
            models.UniqueConstraint(fields=("thread",), condition=Q(status="running"), name="one_running_run_a_thread"),
        )
        indexes = (
            models.Index(fields=("thread", "id"), name="runs_of_a_thread"),
            models.Index(fields=("user", "-created_at"), name="runs_of_a_user"),
            models.Index(fields=("status", "created_at"), condition=Q(status="queued"), name="queued_runs"),
            # For staff, who look at everybody's runs at once.
            models.Index(fields=("-created_at", "-id"), name="runs_by_time"),
            models.Index(fields=("status", "-created_at", "-id"), name="runs_by_status"),
            models.Index(fields=("request_id",), condition=~Q(request_id=""), name="runs_of_a_request"),
            models.Index(
                fields=("finished_at", "id"),
                condition=Q(compacted_at=None, finished_at__isnull=False),
                name="runs_to_compact",
            ),
        )
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"run {self.id} ({self.status})"

    @property
    def is_final(self) -> bool:
        """True when the run has its terminal event."""
        return self.status in self.FINAL


class UserStream(models.Model):
    """The head of one person's stream; its counter is the only source of `seq`."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="stream"
    )
    epoch = models.UUIDField(default=uuid.uuid4)
    last_seq = models.PositiveBigIntegerField(default=0)
    floor_seq = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"stream of {self.user_id} at {self.last_seq}"


class Event(models.Model):
    """One line of a person's log; inserted once. Only a finished run's deltas are later joined.

    Its foreign keys have no constraint in the database: those cost 40 % of an append.
    """

    pk = models.CompositePrimaryKey("user_id", "seq")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    seq = models.PositiveBigIntegerField()
    thread = models.ForeignKey(Thread, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, null=True)
    run = models.ForeignKey(Run, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, null=True)
    attempt = models.PositiveIntegerField(default=0)
    run_seq = models.PositiveBigIntegerField(null=True)
    type = models.CharField(max_length=32)
    agent_name = models.CharField(max_length=64, null=True)  # noqa: DJ001  (null is part of the envelope)
    terminal = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    data = JsonText()
    # Of a delta that stands for several: when the first was written, and the place and length of each.
    joined = JsonText(null=True, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("run", "attempt", "run_seq"), name="one_event_a_run_seq"),
            models.UniqueConstraint(fields=("run",), condition=Q(terminal=True), name="one_terminal_event_a_run"),
        )
        indexes = (
            # For whoever looks for ends of runs that nobody has acknowledged.
            models.Index(fields=("created_at",), condition=Q(terminal=True), name="ends_of_runs_by_time"),
        )
        ordering = ("user", "seq")

    def __str__(self) -> str:
        return f"{self.type} {self.seq}"


class Blob(models.Model):
    """A result too large for an event, which carries a preview and the way here."""

    id: models.UUIDField[uuid.UUID, uuid.UUID] = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="blobs")
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"blob {self.id}"


class Heartbeat(models.Model):
    """One process of this Netra: alive while `seen_at` moves; what it says of itself is in `details`."""

    class Kind(models.TextChoices):
        """What a process does."""

        WEB = "web", "web"
        WORKER = "worker", "worker"
        IMPORTER = "importer", "importer"
        DUTIES = "duties", "duties"

    name = models.CharField(max_length=120, primary_key=True)
    kind = models.CharField(max_length=12, choices=Kind)
    version = models.CharField(max_length=40, default="")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("kind", "name")

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
