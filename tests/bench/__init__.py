"""The benchmark's own instruments: what they count must be right."""
