"""Threads, runs and delivery for staff: what happened and when; what was said only with the right to read it."""

from chat.admin import delivery_lists, people, runs, site, threads

__all__ = ["delivery_lists", "people", "runs", "site", "threads"]
