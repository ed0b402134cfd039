"""Tables of people and their keys."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from knox.models import AbstractAuthToken
from uuid_utils.compat import uuid7

from accounts.limits import Limits, Tier, limits_for


class UserManager(BaseUserManager["User"]):
    """Creates accounts whose login is their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account; the address is kept as typed and compared without case."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account that may do everything in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """The account with this address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # its keys: AbstractAuthToken
    """A person; everything stored belongs to exactly one."""

    id: models.UUIDField[uuid.UUID, uuid.UUID] = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField("e-mail address", unique=True)
    tier = models.CharField(max_length=16, choices=[(tier.value, tier.value) for tier in Tier], default=Tier.FREE.value)
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("staff", default=False)
    # Grows with every event that must end all sessions and sockets: password change, sign out everywhere, disable.
    auth_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="one_account_an_address"),)
        ordering = ("email",)

    def __str__(self) -> str:
        return self.email

    def set_password(self, raw_password: str | None) -> None:
        """Changes the password; every session and socket of the old one ends."""
        super().set_password(raw_password)
        self.auth_version += 1

    @property
    def limits(self) -> Limits:
        """What this person's tier allows."""
        return limits_for(self.tier)


class ApiKey(AbstractAuthToken):
    """A key for scripts; only its hash is kept."""

    class Scope(models.TextChoices):
        """What a key may do."""

        READ = "read", "read"
        WRITE = "write", "read and write"

    name = models.CharField(max_length=100, default="unnamed")
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.WRITE)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"
