"""Agents, what staff change about them, and data sets."""

from agents.admin import data_sets, directory, settings

__all__ = ["data_sets", "directory", "settings"]
