"""The record: what people said, which runs that started, and the one event log every screen is a view of."""
