"""Assembles the project: settings, routes, processes. Decides nothing."""

__version__ = "0.1.0"
