"""Tables of delivery: what was acknowledged, what else was tried, what staff must hear of."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class Receipt(models.Model):
    """How far one person's log has been acknowledged, by whichever of their clients was furthest."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="receipt"
    )
    epoch = models.UUIDField()
    acked_seq = models.PositiveBigIntegerField(default=0)
    acked_at = models.DateTimeField()
    # 0 to 100: +2 for an acknowledged batch, -10 for a failure or a timeout.
    health = models.PositiveSmallIntegerField(default=100)

    def __str__(self) -> str:
        return f"receipt of {self.user_id} up to {self.acked_seq}"


class DeliveryAttempt(models.Model):
    """One event through one channel, once."""

    class State(models.TextChoices):
        """Where the attempt is; what is not pending is final, but that an acknowledgement may follow."""

        PENDING = "pending", "pending"
        SENT = "sent", "sent"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="delivery_attempts")
    seq = models.PositiveBigIntegerField()
    run = models.ForeignKey("Run", on_delete=models.CASCADE, null=True, related_name="delivery_attempts")
    channel = models.CharField(max_length=16)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    # Why it failed or was not needed, for staff; never what somebody wrote.
    reason = models.CharField(max_length=200, default="", blank=True)
    next_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    acked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "seq", "channel"), name="one_attempt_an_event"),)
        indexes = (
            models.Index(fields=("next_at",), condition=Q(state="pending"), name="pending_attempts"),
            models.Index(fields=("-created_at", "-id"), name="attempts_by_time"),
            models.Index(fields=("user", "channel", "sent_at"), name="attempts_of_a_user"),
        )
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.channel} of event {self.seq} ({self.state})"


class BreakerChange(models.Model):
    """A breaker of one process opened, let a probe through, or closed."""

    name = models.CharField(max_length=80)
    process = models.CharField(max_length=120)
    state = models.CharField(max_length=12)
    cause = models.CharField(max_length=200, default="", blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("-at", "-id"), name="breaker_changes_by_time"),)
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class DeliveryMinute(models.Model):
    """What one process counted in one minute; sums over processes and minutes are the figures of any span."""

    minute = models.DateTimeField()
    process = models.CharField(max_length=120)
    figures = models.JSONField(default=dict)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("minute", "process"), name="one_row_a_minute_and_process"),)
        ordering = ("-minute", "process")

    def __str__(self) -> str:
        return f"{self.process} at {self.minute:%Y-%m-%d %H:%M}"


class Alert(models.Model):
    """Something staff must know of, from when it began until it ended."""

    class Severity(models.TextChoices):
        """How soon somebody should look."""

        CRITICAL = "critical", "critical"
        WARNING = "warning", "warning"
        INFO = "info", "info"

    id: models.UUIDField[uuid.UUID, uuid.UUID] = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.CharField(max_length=60)
    severity = models.CharField(max_length=10, choices=Severity)
    evidence = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    # When staff heard of it outside the product, and when that is tried next.
    told_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("rule",), condition=Q(ended_at=None), name="one_open_alert_a_rule"),
        )
        indexes = (models.Index(fields=("-started_at",), name="alerts_by_time"),)
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"{self.rule} since {self.started_at:%Y-%m-%d %H:%M}"
