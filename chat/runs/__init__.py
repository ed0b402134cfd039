"""Services of runs: start, claim, cancel, retry, restart, end; each state change is a compare-and-set."""

from chat.runs.claiming import ClaimedRun, Kept, claim_run, renew_leases
from chat.runs.ending import ClockTimestamp, cancel_run, reap_expired_runs, release_run
from chat.runs.starting import announce_queued, check_client_id, queue_run, retry_run
from chat.runs.waiting import (
    DISPATCH_AFTER_SECONDS,
    UNSENT_AFTER_SECONDS,
    dispatch_waiting,
    redispatch_forgotten_runs,
)

__all__ = [
    "DISPATCH_AFTER_SECONDS",
    "UNSENT_AFTER_SECONDS",
    "ClaimedRun",
    "ClockTimestamp",
    "Kept",
    "announce_queued",
    "cancel_run",
    "check_client_id",
    "claim_run",
    "dispatch_waiting",
    "queue_run",
    "reap_expired_runs",
    "redispatch_forgotten_runs",
    "release_run",
    "renew_leases",
    "retry_run",
]
