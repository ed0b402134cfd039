"""Shapes of the accounts API."""

from __future__ import annotations

from rest_framework import serializers


class CredentialsSerializer(serializers.Serializer[None]):
    """What a client sends for a key."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1024, trim_whitespace=False)
