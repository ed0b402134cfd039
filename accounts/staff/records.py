"""Writes what staff did into the audit trail: who, to whom, what changed from what to what."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest

from accounts.audit import Action, record
from accounts.clients import acting_user, client_ip
from accounts.models import User

# Long or secret: that they changed is recorded, not what they say.
NOT_QUOTED: Final = frozenset({"password", "password1", "password2", "usable_password", "instructions"})


def describe_changes(form: BaseForm) -> dict[str, Any]:
    """Each changed field with its value before and after."""
    return {
        name: "changed" if name in NOT_QUOTED else [plain(form.initial.get(name)), plain(form.cleaned_data.get(name))]
        for name in form.changed_data
    }


def plain(value: Any) -> Any:
    """The value as JSON can hold it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Model):
        return str(value.pk)
    if hasattr(value, "__iter__"):
        return sorted(str(item) for item in value)
    return str(value)


def record_deed(request: HttpRequest, action: Action, owner: User | None, thing: Model, **detail: Any) -> None:
    """Records what the member of staff did to this thing, which belongs to `owner` or to nobody."""
    record(
        action,
        user=owner,
        actor=acting_user(request),
        ip=client_ip(request),
        model=thing._meta.label_lower,
        object=str(thing.pk),
        **detail,
    )
