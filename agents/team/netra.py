"""Netra, the supervisor: reads triage's verdict, lets the team work in its order, checks the result."""

from __future__ import annotations

from agents.engine.specs import AgentSpec

AGENT = AgentSpec(
    name="netra",
    title="Netra",
    instructions="Leads the team; it asks no model itself.",
    leads=True,
)
