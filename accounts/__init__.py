"""People: users, tiers and limits, sign-in, API keys, audit."""
