"""Whose access has ended: the SQL the live path runs each second over the people who are connected."""

from __future__ import annotations

from typing import Final

READ_ACCESS: Final = """
SELECT id, auth_version FROM accounts_user WHERE id = ANY(%s::uuid[]) AND is_active
"""
READ_SESSIONS: Final = """
SELECT session_key FROM accounts_session WHERE session_key = ANY(%s::text[]) AND expire_date > clock_timestamp()
"""
READ_KEYS: Final = """
SELECT digest FROM accounts_apikey
 WHERE digest = ANY(%s::text[]) AND (expiry IS NULL OR expiry > clock_timestamp())
"""
