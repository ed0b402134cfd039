"""Shapes of the accounts API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, TypedDict

from rest_framework import serializers

from accounts.models import ApiKey, User


class KeyShape(TypedDict):
    """A key as its owner sees it; never its text."""

    id: str
    name: str
    scope: str
    prefix: str
    created_at: str
    ends_at: str | None
    last_used_at: str | None


def shape_key(key: ApiKey) -> KeyShape:
    """The key as its owner sees it."""
    return {
        "id": str(key.public_id),
        "name": key.name,
        "scope": key.scope,
        "prefix": key.token_key,
        "created_at": key.created.isoformat(),
        "ends_at": isoformat(key.expiry),
        "last_used_at": isoformat(key.last_used_at),
    }


def shape_person(user: User) -> dict[str, Any]:
    """Somebody as they see themselves: profile, tier and what it allows."""
    return {
        "id": str(user.id),
        "email": user.email,
        "tier": user.tier,
        "limits": asdict(user.limits),
        "created_at": user.created_at.isoformat(),
    }


def isoformat(moment: datetime | None) -> str | None:
    """The moment as text, None stays None."""
    return None if moment is None else moment.isoformat()


class CredentialsSerializer(serializers.Serializer[None]):
    """What a client sends for a key."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1024, trim_whitespace=False)


class NewKey(serializers.Serializer[None]):
    """What a client may say of a new key."""

    name = serializers.CharField(max_length=100)
    scope = serializers.ChoiceField(choices=ApiKey.Scope.choices, default=ApiKey.Scope.READ.value)
    days = serializers.IntegerField(min_value=1, max_value=3_650, allow_null=True, default=90)


class NotificationWish(serializers.Serializer[None]):
    """What a client may say of how somebody is told."""

    mail = serializers.BooleanField(required=False)
    sms = serializers.BooleanField(required=False)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=40)
    chat = serializers.BooleanField(required=False)
    chat_address = serializers.CharField(required=False, allow_blank=True, max_length=2_000)
