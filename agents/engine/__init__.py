"""Runs an agent: its library's events in, ours out. Import its modules; only some load the library."""
