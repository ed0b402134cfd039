"""Alerts: what staff must know of delivery, from when it begins until it ends by itself."""

from chat.alerts.watching import tell_waiting_alerts, watch_delivery

__all__ = ["tell_waiting_alerts", "watch_delivery"]
