"""A role is a person, not the team it is named after."""

from __future__ import annotations

import pytest

from tests.agents.builtin.asking import picked

ROLES = (
    *("What does the finance director want to know about our spend?", "report on cost for the head of marketing"),
    *("our VP engineering wants the cost cut by 20 %", "the VP of engineering asks what we spend"),
    *("show spend for our marketing managers", "cost summary for the director of finance"),
)
TEAMS: list[tuple[str, list[str]]] = [
    ("What did finance spend?", ["finance"]),
    ("cost of the finance team for the director", ["finance"]),
    ("spend of the head of the finance team", ["finance"]),
    ("costs of support and the marketing director", ["support"]),
]


@pytest.mark.parametrize("question", ROLES)
def test_a_role_names_no_team(question: str) -> None:
    assert picked(question, fields="teams") == [[]]


@pytest.mark.parametrize(("question", "teams"), TEAMS)
def test_a_team_beside_a_role_stays_one(question: str, teams: list[str]) -> None:
    assert picked(question, fields="teams") == [teams]
