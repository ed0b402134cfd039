"""Leads the team through one run: who works in which order, what is handed on, and what the end tells."""

from agents.chain.alone import answer_alone
from agents.chain.lead import Assignment, lead_team

__all__ = ["Assignment", "answer_alone", "lead_team"]
