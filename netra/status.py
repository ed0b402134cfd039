"""What load balancers, monitors and staff ask: is the process up, can it serve, how is every part."""

from __future__ import annotations

import secrets
import time
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST

from netra.metrics import collect_metrics
from netra.probes import Finding, State, examiner, overall

STARTED_AT: Final = time.monotonic()


@never_cache
def answer_healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse(
        {
            "name": "netra",
            "version": settings.VERSION,
            "environment": settings.ENVIRONMENT,
            "uptime_seconds": round(time.monotonic() - STARTED_AT, 1),
            "status": "ok",
        }
    )


@never_cache
def answer_readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and its tables are those of this code; a dead Redis is no reason to be dropped."""
    findings = examiner.examine("database", "migrations")
    body = {name: str(finding.state) for name, finding in findings.items()}
    return JsonResponse(body, status=503 if overall(findings) is State.DOWN else 200)


@never_cache
def answer_statusz(request: HttpRequest) -> JsonResponse:
    """One word for everybody; every part with its reason for staff and who has the token."""
    findings = examiner.examine()
    state = overall(findings)
    body: dict[str, Any] = {"status": str(state)}
    if may_see_details(request, findings):
        body["parts"] = {name: shape_finding(finding) for name, finding in findings.items()}
    return JsonResponse(body, status=503 if state is State.DOWN else 200)


@never_cache
def answer_metrics(request: HttpRequest) -> HttpResponse:
    """This process' figures in Prometheus' format, for staff and who has the token."""
    findings = examiner.examine()
    if not may_see_details(request, findings):
        body = {"code": "token_required", "message": "Sign in as staff or send the status token.", "extra": {}}
        return JsonResponse(body, status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(collect_metrics(findings), content_type=CONTENT_TYPE_LATEST)


def may_see_details(request: HttpRequest, findings: dict[str, Finding]) -> bool:
    """The token works without the database; a session needs it."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.STATUS_TOKEN and secrets.compare_digest(given.encode(), settings.STATUS_TOKEN.encode()):
        return True
    return findings["database"].state is State.OK and request.user.is_active and request.user.is_staff


def shape_finding(finding: Finding) -> dict[str, Any]:
    """A part as a monitor reads it."""
    return {
        "state": str(finding.state),
        "says": finding.says,
        "milliseconds": finding.milliseconds,
        **({"details": finding.details} if finding.details else {}),
    }
