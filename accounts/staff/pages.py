"""The two kinds of staff pages: those where something can be changed, and history, which is only read."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.audit import Action
from accounts.models import User
from accounts.staff.lists import BoundedPaginator
from accounts.staff.records import describe_changes, record_deed

ALLOWED_ENDINGS = ("", "__exact", "__isnull", "__gte", "__lt")


class StaffAdmin(admin.ModelAdmin):
    """A page whose every change goes into the audit trail, and whose lists do not slow down with their length."""

    recorded_as: ClassVar[Action] = Action.SETTINGS_CHANGED
    # What of the page can be granted; the stock set has rights no page uses.
    verbs: ClassVar[tuple[str, ...]] = ("view", "change")
    more_permissions: ClassVar[tuple[str, ...]] = ()
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the page's own filters ask: any other column in the address would answer questions about it."""
        return lookup in self.known_lookups()

    def known_lookups(self) -> set[str]:
        """The parameters of this page's filters."""
        known: set[str] = set()
        for entry in self.list_filter:
            parameter = getattr(entry, "parameter_name", None)
            if parameter:
                known.add(parameter)
                continue
            name = str(entry[0]) if isinstance(entry, list | tuple) else str(entry)
            known.update(name + ending for ending in ALLOWED_ENDINGS)
            target = self.opts.get_field(name).related_model
            if isinstance(target, type) and issubclass(target, Model):
                known.add(f"{name}__{target._meta.pk.name}__exact")
        return known

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; a NUL, which no text in the database can hold, is refused before a filter asks for it."""
        if any("\0" in value for values in request.GET.lists() for value in values[1]):
            raise BadRequest("The address holds a NUL.")
        return super().changelist_view(request, extra_context)

    def grantable(self) -> set[str]:
        """The permissions that make a difference on this page."""
        own = {f"{self.opts.app_label}.{verb}_{self.opts.model_name}" for verb in self.verbs}
        return own | set(self.more_permissions)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:  # type: ignore[override]
        """As stock, but ids nobody can have are an answer, not a fault."""
        try:
            return super().response_action(request, queryset)
        except (ValidationError, ValueError):
            self.message_user(request, "What was selected does not exist.", messages.WARNING)
            return HttpResponseRedirect(request.get_full_path())

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:  # type: ignore[override]
        """The stock page with what this page adds."""
        thing = options.get("obj")
        added = {} if thing is None else self.describe(request, thing)
        return super().render_change_form(request, context | added, **options)

    def describe(self, request: HttpRequest, thing: Any) -> dict[str, Any]:
        """What the page of a thing shows beside its fields."""
        return {}

    def owner_of(self, thing: Any) -> User | None:
        """Whose account the trail names."""
        return getattr(thing, "user", None)

    def construct_change_message(  # type: ignore[override]
        self, request: HttpRequest, form: BaseForm, formsets: Any, add: bool = False
    ) -> dict[str, Any]:
        """The changed fields, before and after."""
        return describe_changes(form)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Into the trail: there is one place where staff's deeds are looked up."""
        record_deed(request, self.recorded_as, self.owner_of(obj), obj, did="added", changes=message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Into the trail; a form saved as it was is no deed."""
        if message:
            record_deed(request, self.recorded_as, self.owner_of(obj), obj, did="changed", changes=message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]
        """Into the trail."""
        for thing in queryset:
            record_deed(request, self.recorded_as, self.owner_of(thing), thing, did="deleted")

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The trail's entries about this thing."""
        return HttpResponseRedirect(f"{reverse('admin:accounts_auditentry_changelist')}?q={object_id}")


class ReadOnlyAdmin(StaffAdmin):
    """History is looked at, not edited."""

    verbs: ClassVar[tuple[str, ...]] = ("view",)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Nobody writes history by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody rewrites it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody removes it."""
        return False
