"""Agents, what staff change about them, data sets, and prices."""

from agents.admin import data_sets, directory, prices, settings

__all__ = ["data_sets", "directory", "prices", "settings"]
