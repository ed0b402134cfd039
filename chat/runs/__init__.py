"""Services of runs: start, claim, cancel, retry, restart, end; each state change is a compare-and-set."""

from chat.runs.claiming import ClaimedRun, claim_run, renew_leases
from chat.runs.ending import cancel_run, reap_expired_runs, release_run
from chat.runs.starting import announce_queued, check_client_id, queue_run, retry_run
from chat.runs.waiting import dispatch_waiting, redispatch_forgotten_runs

__all__ = [
    "ClaimedRun",
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
