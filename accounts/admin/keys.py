"""API keys: whose, since when, until when; deleting one ends it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.audit import Action
from accounts.models import ApiKey
from accounts.staff import PersonFilter, ReadOnlyAdmin, SearchesById, people_matching, read_id, show_moment


@admin.register(ApiKey)
class ApiKeyAdmin(SearchesById, ReadOnlyAdmin):
    """Keys are made by their owners: nobody else may see one or widen what it may do."""

    verbs = ("view", "delete")
    recorded_as = Action.KEY_REVOKED
    list_display = ("name", "user", "scope", "made", "ends", "used")
    list_filter: ClassVar[tuple[Any, ...]] = ("scope", "created", PersonFilter)
    search_help_text = "A key's first characters, or a part of its owner's e-mail address."
    list_select_related = ("user",)
    sortable_by = ("name", "made", "ends", "used")
    fields = ("name", "user", "scope", "token_key", "made", "ends", "used")
    readonly_fields = fields

    def search(self, queryset: QuerySet[ApiKey], term: str) -> QuerySet[ApiKey]:
        """Keys of the people with this id or an address like this, or the key that begins so."""
        owner = read_id(term)
        return queryset.filter(Q(user_id__in=[owner] if owner else people_matching(term)) | Q(token_key=term.strip()))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Revoking is the one thing staff do to a key."""
        return request.user.has_perm("accounts.delete_apikey")

    @admin.display(description="made at", ordering="created")
    def made(self, key: ApiKey) -> str:
        """When its owner made it."""
        return show_moment(key.created)

    @admin.display(description="ends at", ordering="expiry")
    def ends(self, key: ApiKey) -> str:
        """Until when it is good."""
        return show_moment(key.expiry)

    @admin.display(description="last used", ordering="last_used_at")
    def used(self, key: ApiKey) -> str:
        """When it last opened something."""
        return show_moment(key.last_used_at)
