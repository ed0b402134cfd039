"""Threads and runs for staff: what happened and when; what was said only with the right to read it."""

from chat.admin import people, runs, site, threads

__all__ = ["people", "runs", "site", "threads"]
