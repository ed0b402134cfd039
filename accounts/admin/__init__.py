"""People, their keys and the audit trail for staff."""

from accounts.admin import keys, stock, trail, users

__all__ = ["keys", "stock", "trail", "users"]
