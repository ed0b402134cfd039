"""Tests of the rooms in netra/."""
