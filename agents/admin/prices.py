"""Own prices, and the page that says what a model costs when, and why."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from accounts.clients import acting_user
from accounts.staff import NOTHING, StaffAdmin, badge, link, record_deed, show_moment
from agents.models import PriceOverride

MOST_FOUND: Final = 100
LONGEST_SEARCH: Final = 200
HIGHEST_PRICE: Final = Decimal(1_000_000)


class OwnPriceForm(forms.ModelForm):
    """An own price of one token class; an entered price is never changed, it ends and another begins."""

    provider = forms.CharField(max_length=80, help_text="As it is spelled in the data, for example openai.")
    model = forms.CharField(max_length=200, help_text="As it is spelled in the data, for example gpt-4o.")
    price = forms.DecimalField(
        max_digits=18,
        decimal_places=9,
        min_value=0,
        max_value=HIGHEST_PRICE,
        help_text="US dollars for a million tokens; for the class request, for a thousand requests.",
        error_messages={
            "min_value": "A price cannot be negative; 0 means free of charge.",
            "max_value": "That is more than a dollar a token. Prices are for a million tokens.",
        },
    )
    tier_above = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=1_000_000_000,
        initial=0,
        label="Above input tokens",
        help_text="It holds for requests with more input tokens than this, until another own price begins above"
        " a larger number. 0: for every request.",
        error_messages={"min_value": "A number of tokens cannot be negative."},
    )
    valid_from = forms.DateField(label="From", help_text="The first day (UTC) on which it holds.")
    valid_to = forms.DateField(
        label="Until before",
        required=False,
        help_text="The first day on which it no longer holds. Empty: it holds until it is ended.",
    )
    note = forms.CharField(
        max_length=300,
        help_text="Why, for those who find it later: a contract, an invoice, a discount.",
        error_messages={"required": "Say where this price comes from."},
    )

    class Meta:
        model = PriceOverride
        fields = ("provider", "model", "token_class", "price", "tier_above", "valid_from", "valid_to", "note")

    def clean_tier_above(self) -> int:
        """Nothing entered is the base price."""
        return int(self.cleaned_data["tier_above"] or 0)

    def clean(self) -> dict[str, Any]:
        """The days must be in order."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, end = cleaned.get("valid_from"), cleaned.get("valid_to")
        if first and end and end <= first:
            after = first + timedelta(days=1)
            self.add_error("valid_to", f"It would end before it begins. The earliest day to end on is {after}.")
        return cleaned


class StateFilter(admin.SimpleListFilter):
    """Prices that hold, or those that were ended."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both states."""
        return [("current", "current"), ("ended", "ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PriceOverride]) -> QuerySet[PriceOverride]:
        """The prices of the chosen state."""
        return queryset.filter(ended_at__isnull=self.value() == "current") if self.value() else queryset


@admin.register(PriceOverride)
class PriceOverrideAdmin(StaffAdmin):
    """Own prices are entered and ended, never edited: a result of last week can still be computed again."""

    verbs = ("view", "add", "change")
    form = OwnPriceForm
    list_display = ("shown_model", "token_class", "price", "tier", "valid_from", "until", "state", "entered", "note")
    list_display_links = ("token_class",)
    list_filter: ClassVar[tuple[Any, ...]] = (StateFilter, "provider", "token_class")
    list_select_related = ("created_by", "ended_by")
    search_fields = ("model", "provider")
    search_help_text = "A part of a model's or a provider's name."
    ordering = ("-id",)
    actions = ("end_selected",)
    fields = ("provider", "model", "token_class", "price", "tier_above", "valid_from", "valid_to", "note")
    history_fields = ("state", "entered", "ended")

    def get_fields(self, request: HttpRequest, obj: PriceOverride | None = None) -> tuple[str, ...]:
        """An entered price also says who entered and ended it."""
        return (*self.fields, *self.history_fields) if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: PriceOverride | None = None) -> tuple[str, ...]:
        """What was entered stays as it was entered."""
        return (*self.fields, *self.history_fields) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: PriceOverride | None = None) -> bool:
        """Nobody edits a price; to change one is to end it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PriceOverride | None = None) -> bool:
        """Nobody deletes one: results were computed with it."""
        return False

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Ending a price needs the right to change prices."""
        return request.user.has_perm("agents.change_priceoverride")

    def save_model(self, request: HttpRequest, obj: PriceOverride, form: Any, change: bool) -> None:
        """Notes who entered it; a model nobody lists is allowed, and said."""
        lock_prices()
        obj.created_by = acting_user(request)
        super().save_model(request, obj, form, change)
        warn_about_unknown(request, obj)

    def describe(self, request: HttpRequest, thing: PriceOverride) -> dict[str, Any]:
        """The way to the model's prices, and whether this one can be ended."""
        may_end = thing.ended_at is None and self.has_end_permission(request)
        return {"may_end": may_end, "prices_url": model_url("prices", thing.provider, thing.model)}

    @admin.display(description="model", ordering="model")
    def shown_model(self, row: PriceOverride) -> SafeString:
        """The model, and the way to all its prices."""
        return link(model_url("prices", row.provider, row.model), f"{row.provider}/{row.model}")

    @admin.display(description="above", ordering="tier_above")
    def tier(self, row: PriceOverride) -> str:
        """The request size it begins above."""
        return f"{row.tier_above:,}" if row.tier_above else NOTHING

    @admin.display(description="until before", ordering="valid_to")
    def until(self, row: PriceOverride) -> Any:
        """The first day on which it no longer holds."""
        return row.valid_to or NOTHING

    @admin.display(description="state", ordering="ended_at")
    def state(self, row: PriceOverride) -> SafeString:
        """Whether new results are priced with it."""
        return badge("bad", "ended") if row.ended_at else badge("good", "current")

    @admin.display(description="entered")
    def entered(self, row: PriceOverride) -> str:
        """When, and by whom."""
        return f"{show_moment(row.created_at)} by {name_person(row.created_by)}"

    @admin.display(description="ended")
    def ended(self, row: PriceOverride) -> str:
        """When, and by whom."""
        return f"{show_moment(row.ended_at)} by {name_person(row.ended_by)}" if row.ended_at else NOTHING

    @admin.action(description="End the selected prices", permissions=["end"])
    def end_selected(self, request: HttpRequest, rows: QuerySet[PriceOverride]) -> None:
        """From now on no new result is priced with them."""
        ended = sum(end_price(request, pk) for pk in rows.order_by("id").values_list("pk", flat=True))
        messages.success(request, f"{ended} prices were ended.")

    def get_urls(self) -> list[URLPattern]:
        """The button of a price's page, and the pages about all models."""
        wrap = self.admin_site.admin_view
        own = [
            path("models/", wrap(require_GET(self.models_view)), name="agents_priceoverride_models"),
            path("models/prices/", wrap(require_GET(self.prices_view)), name="agents_priceoverride_prices"),
            path("<path:object_id>/end/", wrap(require_POST(self.end_view)), name="agents_priceoverride_end"),
        ]
        return [*own, *super().get_urls()]

    def end_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ends one price."""
        if not self.has_end_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        told = "was ended" if end_price(request, row.pk) else "had been ended before"
        messages.success(request, f"The price {row} {told}.")
        return HttpResponseRedirect(reverse("admin:agents_priceoverride_change", args=[row.pk]))

    def models_view(self, request: HttpRequest) -> HttpResponse:
        """Finds a model of the price library by its name."""
        from agents.prices.library import listed_models, search_models

        self.require_view(request)
        query = read_word(request, "q")
        found = search_models(query) if query else []
        models = [(item, model_url("prices", item.provider, item.model)) for item in found[:MOST_FOUND]]
        context = {"query": query, "models": models, "found": len(found), "all": len(listed_models())}
        return self.show(request, "models", "Prices of all models", context)

    def prices_view(self, request: HttpRequest) -> HttpResponse:
        """Every period, tier and class of a model's prices, each with its source."""
        from agents.prices.history import describe_history
        from agents.prices.stored import current_price_book

        self.require_view(request)
        provider, model = read_word(request, "provider"), read_word(request, "model")
        book = current_price_book()
        own = PriceOverride.objects.filter(provider__iexact=provider, model__iexact=model)
        context = {
            "provider": provider,
            "model": model,
            "version": book.version,
            "library": book.version.partition(" + ")[0],
            "classes": PriceOverride.TokenClass.choices,
            "cells": describe_history(book, provider, model) if provider and model else [],
            "own": list(own.select_related("created_by", "ended_by").order_by("-id")[:MOST_FOUND]),
            "add_url": model_url("add", provider, model),
        }
        return self.show(request, "prices", f"Prices of {provider}/{model}", context)

    def require_view(self, request: HttpRequest) -> None:
        """Only who may see own prices may see what they are laid over."""
        if not self.has_view_permission(request):
            raise PermissionDenied

    def show(self, request: HttpRequest, page: str, title: str, context: dict[str, Any]) -> HttpResponse:
        """One of the pages about models."""
        shared = {"title": title, "opts": self.opts, "may_add": self.has_add_permission(request)}
        shared |= self.admin_site.each_context(request)
        return TemplateResponse(request, f"admin/agents/priceoverride/{page}.html", shared | context)


def end_price(request: HttpRequest, pk: int) -> bool:
    """Ends a price on record; False when it had been ended before."""
    with transaction.atomic():
        lock_prices()
        row = PriceOverride.objects.select_for_update(of=("self",)).get(pk=pk)
        if row.ended_at:
            return False
        row.ended_at, row.ended_by = timezone.now(), acting_user(request)
        row.save(update_fields=["ended_at", "ended_by"])
        record_deed(request, PriceOverrideAdmin.recorded_as, None, row, did="ended", price=str(row))
    return True


def lock_prices() -> None:
    """One change of prices after the other: their moments are in the order in which others see them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('own prices', 0))")


def warn_about_unknown(request: HttpRequest, row: PriceOverride) -> None:
    """A name without list prices may be meant, or mistyped."""
    from agents.prices.library import is_listed, listed_providers

    if row.provider.casefold() not in listed_providers():
        messages.warning(request, f"The price library knows no provider {row.provider}. Check the spelling.")
    elif not is_listed(row.provider, row.model):
        messages.warning(
            request,
            f"The price library knows no model {row.model} of {row.provider}. Check the spelling, and enter a price"
            " for every class that is used: a call with a class without a price stays unpriced.",
        )


def read_word(request: HttpRequest, name: str) -> str:
    """A word of the address, without the NUL no text in the database can hold."""
    return request.GET.get(name, "").replace("\0", "")[:LONGEST_SEARCH].strip()


def model_url(page: str, provider: str, model: str) -> str:
    """A page about one model."""
    query = urlencode({"provider": provider, "model": model})
    return f"{reverse(f'admin:agents_priceoverride_{page}')}?{query}"


def name_person(person: Any) -> str:
    """An address, or that nobody is known any more."""
    return person.email if person else "nobody known"
