"""Tables of people, the browsers they are signed in with, and their keys."""

from __future__ import annotations

import hashlib
import uuid
from importlib import import_module
from typing import Any, ClassVar, Self

from django.apps import apps
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.functions import RandomUUID
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from knox.models import AbstractAuthToken
from uuid_utils.compat import uuid7

from accounts.limits import Limits, Tier, limits_for


class UserManager(BaseUserManager["User"]):
    """Creates accounts whose login is their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account."""
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account that may do everything in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """The account with this address, whatever its case."""
        return self.get(email=(username or "").lower())


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
    # As it is in the database, to notice that an account is being disabled.
    was_active = True

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="one_account_an_address"),)
        ordering = ("email",)

    def __str__(self) -> str:
        return self.email

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        """Remembers whether the account was active when it was read."""
        user = super().from_db(*args, **kwargs)
        user.was_active = user.__dict__.get("is_active", True)
        return user

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the address in lower case, and ends every session and socket of an account that is disabled."""
        self.email = self.email.lower()
        fields = kwargs.get("update_fields")
        if self.was_active and not self.is_active and (fields is None or "is_active" in fields):
            self.auth_version += 1
            kwargs["update_fields"] = None if fields is None else {*fields, "auth_version"}
        adding = self._state.adding
        super().save(*args, **kwargs)
        self.was_active = self.is_active
        if not adding and (fields is None or "email" in fields):
            # A former address must open nothing any more: no sign-in, no mail with a link.
            EmailAddress = apps.get_model("account", "EmailAddress")
            EmailAddress.objects.filter(user=self).exclude(email=self.email).delete()

    def set_password(self, raw_password: str | None) -> None:
        """Changes the password; every session and socket of the old one ends."""
        super().set_password(raw_password)
        self.auth_version += 1

    def check_password(self, raw_password: str | None) -> bool:
        """True for the right password; one that is only hashed anew, with more rounds, ends no session."""
        version = self.auth_version
        matches = super().check_password(raw_password)
        self.auth_version = version
        return matches

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must carry: of another version of the account it is nobody's session any more."""
        of_now = f"{self.auth_version}:{self.password}"
        return salted_hmac("accounts.User.session", of_now, secret=secret, algorithm="sha256").hexdigest()

    @property
    def limits(self) -> Limits:
        """What this person's tier allows."""
        return limits_for(self.tier)


class Session(AbstractBaseSession):
    """A browser's session; what its row says beside the data is a copy of what is in the data."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="sessions")
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, default="", blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta(AbstractBaseSession.Meta):
        indexes = (models.Index(fields=("user", "-seen_at"), name="sessions_of_a_user"),)

    @classmethod
    def get_session_store_class(cls) -> Any:
        """The store whose rows these are."""
        return import_module(settings.SESSION_ENGINE).SessionStore

    @property
    def public_id(self) -> str:
        """Names the session on a page: its key would open it."""
        return hashlib.sha256(self.session_key.encode()).hexdigest()[:32]


class ApiKey(AbstractAuthToken):
    """A key for scripts; only its hash is kept."""

    class Scope(models.TextChoices):
        """What a key may do."""

        READ = "read", "read"
        WRITE = "write", "read and write"

    # Names the key in addresses: its digest is what it is recognised by.
    public_id = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    name = models.CharField(max_length=100, default="unnamed")
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.WRITE)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"

    @property
    def may_write(self) -> bool:
        """True unless the key was made for reading only."""
        return self.scope == self.Scope.WRITE

    @property
    def is_expired(self) -> bool:
        """True once the key's time is over."""
        return self.expiry is not None and self.expiry <= timezone.now()


class ContactChoice(models.Model):
    """By what somebody wants to be told that an answer waits; what has no address is off."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="contact_choice")
    mail = models.BooleanField(default=False)
    phone = models.CharField(max_length=16, default="", blank=True)
    chat_service = models.CharField(max_length=32, default="", blank=True)
    # Whoever knows it can write into the person's chat: never shown, logged or exported.
    chat_address = models.CharField(max_length=500, default="", blank=True)

    def __str__(self) -> str:
        return f"notifications of {self.user_id}"


class AuditEntry(models.Model):
    """Something that was done with an account: by its owner, by staff, or by a stranger who tried."""

    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=40)
    # Entries about somebody else's doing outlive both accounts; which account it was stays in `detail`.
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="audit_entries")
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    ip = models.GenericIPAddressField(null=True, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = (
            models.Index(fields=("-at", "-id"), name="audit_by_time"),
            models.Index(fields=("user", "-at"), name="audit_of_a_user"),
        )
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.action} at {self.at:%Y-%m-%d %H:%M:%S}"
