"""Ways to spend less: one file a kind of saving, estimated from a run's own rows and pinned prices."""
