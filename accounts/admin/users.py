"""Accounts: tier, access, what belongs to them, and nothing of what they wrote."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.forms import NewPasswordForm, NewUserForm, UserForm
from accounts.admin.rights import fields_kept_from, may_change
from accounts.audit import Action
from accounts.clients import acting_user
from accounts.models import User
from accounts.staff import (
    NOTHING,
    SearchesById,
    StaffAdmin,
    badge,
    count_things,
    countables,
    read_id,
    record_deed,
    show_moment,
)

MOST_AT_ONCE = 200


@admin.register(User)
class UserAdmin(SearchesById, StaffAdmin, StockUserAdmin):
    """People as staff know them."""

    verbs = ("view", "add", "change")
    recorded_as = Action.ACCOUNT_CHANGED
    form = UserForm
    add_form = NewUserForm
    change_password_form = NewPasswordForm
    list_display = ("email", "tier", "state", "rights", "signed_in", "signed_up")
    list_filter = ("tier", "is_active", "is_staff", "is_superuser", "created_at")
    search_help_text = "A part of an e-mail address, or a person's id."
    ordering = ("email",)
    sortable_by = ("email", "tier", "signed_in", "signed_up")
    filter_horizontal = ()
    actions = ("disable_selected", "enable_selected")
    readonly_fields = ("id", "password_state", "signed_in", "signed_up", "auth_version")
    fieldsets = (
        (None, {"fields": ("email", "tier", "is_active", "password_state")}),
        ("Rights", {"fields": ("is_staff", "is_superuser", "user_permissions")}),
        ("Record", {"fields": ("signed_in", "signed_up", "auth_version", "id")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "tier", "usable_password", "password1", "password2")}),)

    def search(self, queryset: QuerySet[User], term: str) -> QuerySet[User]:
        """The person with this id, or people with an address like this."""
        exact = read_id(term)
        return queryset.filter(id=exact) if exact else queryset.filter(email__icontains=term.strip())

    def owner_of(self, thing: User) -> User:
        """An account is its own."""
        return thing

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers change staff: whoever could, could take their place by a password or an address."""
        if obj is not None and not may_change(acting_user(request), obj):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """An account is disabled here; with it would go what the trail and the figures rest on."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Rights are granted by superusers, and by nobody to the own account."""
        return (*super().get_readonly_fields(request, obj), *fields_kept_from(acting_user(request), obj))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Writes what was changed and nothing else; a disabled account ends its sessions and sockets itself."""
        if not change:
            obj.save()
            return
        columns = [name for name in form.changed_data if name != "user_permissions"]
        obj.save(update_fields=columns)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> None:  # type: ignore[override]
        """Into the trail; a new password under its own name."""
        if "password" in message:
            record_deed(request, Action.PASSWORD_CHANGED, obj, obj, did="set by staff")
        else:
            super().log_change(request, obj, message)

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """The account, and how much of everything belongs to it."""
        viewer = acting_user(request)
        shown = [name for name, kind in countables.items() if viewer.has_perm(kind.permission)]
        return (*self.list_display, *map(column_of, shown))

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """The list with its counts, one query for each kind however many people are on the page."""
        found = super().get_changelist_instance(request)
        people = list(found.result_list)
        counts = count_things(acting_user(request), [person.pk for person in people])
        for person in people:
            person.counts = {name: of_people.get(person.pk, 0) for name, of_people in counts.items()}
        found.result_list = people
        return found

    @admin.display(description="access")
    def state(self, user: User) -> SafeString:
        """Whether the person may sign in."""
        return badge("good", "active") if user.is_active else badge("ended", "disabled")

    @admin.display(description="rights")
    def rights(self, user: User) -> SafeString | str:
        """What the person may do here."""
        if user.is_superuser:
            return badge("busy", "superuser")
        return badge("busy", "staff") if user.is_staff else NOTHING

    @admin.display(description="last sign-in", ordering="last_login")
    def signed_in(self, user: User) -> str:
        """When the person last came."""
        return show_moment(user.last_login)

    @admin.display(description="since", ordering="created_at")
    def signed_up(self, user: User) -> str:
        """When the account was made."""
        return show_moment(user.created_at)

    @admin.display(description="password")
    def password_state(self, user: User) -> str:
        """Whether there is one; never a part of it."""
        return "set" if user.has_usable_password() else "none: the person cannot sign in by password"

    def describe(self, request: HttpRequest, thing: User) -> dict[str, Any]:
        """What belongs to the person, each with the way to it."""
        counts = count_things(acting_user(request), [thing.pk])
        shown = [show_count(name, thing.pk, of_people.get(thing.pk, 0)) for name, of_people in counts.items()]
        return {"countables": shown}

    @admin.action(description="Disable the selected people", permissions=["change"])
    def disable_selected(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """They are signed out everywhere within two seconds."""
        self.set_active(request, people, active=False)

    @admin.action(description="Enable the selected people", permissions=["change"])
    def enable_selected(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """They may sign in again."""
        self.set_active(request, people, active=True)

    def set_active(self, request: HttpRequest, people: QuerySet[User], *, active: bool) -> None:
        """Each in its own transaction with its entry in the trail; nobody their own account."""
        viewer, changed, refused = acting_user(request), 0, 0
        for person in people.filter(is_active=not active)[:MOST_AT_ONCE]:
            if person == viewer or not may_change(viewer, person):
                refused += 1
                continue
            changed += switch(request, person, active=active)
        word = "enabled" if active else "disabled"
        self.message_user(request, f"{changed} {word}.", messages.SUCCESS if changed else messages.INFO)
        if refused:
            self.message_user(request, f"{refused} left as they were: not yours to change.", messages.WARNING)


def switch(request: HttpRequest, person: User, *, active: bool) -> bool:
    """Opens or closes the account; False if somebody else just did."""
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=person.pk)
        if locked.is_active == active:
            return False
        locked.is_active = active
        locked.save(update_fields=["is_active"])
        record_deed(
            request, Action.ACCOUNT_CHANGED, locked, locked, did="changed", changes={"is_active": [not active, active]}
        )
    return True


def show_count(name: str, user_id: uuid.UUID, number: int) -> SafeString:
    """The number, and the way to the list behind it."""
    url = reverse(countables[name].list_url_name)
    return format_html('<a href="{}?person={}">{}</a>', url, user_id, f"{name.capitalize()}: {number:,}")


def column_of(name: str) -> Any:
    """The list's column of one kind of belonging."""

    @admin.display(description=name)
    def column(person: Any) -> SafeString:
        url = reverse(countables[name].list_url_name)
        return format_html('<a href="{}?person={}">{}</a>', url, person.pk, f"{person.counts[name]:,}")

    return column
