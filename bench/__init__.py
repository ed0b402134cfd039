"""Repeatable measurements against real parts."""
