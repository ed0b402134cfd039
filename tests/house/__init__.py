"""Rules of the house that no linter counts."""
