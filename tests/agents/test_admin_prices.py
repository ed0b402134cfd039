"""Own prices in the staff pages: entered and ended on record, never edited; and what a model costs when."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry, User
from agents.models import DataSet, DataSetVersion, PriceOverride
from agents.prices.stored import current_price_book
from tests.staff import count_queries, make_staff, make_superuser, signed_in

pytestmark = pytest.mark.django_db
PRICES = "/admin/agents/priceoverride/"
MODELS = f"{PRICES}models/"
HISTORY = f"{PRICES}models/prices/"
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|\sstyle=|\son\w+=", re.IGNORECASE)


@pytest.fixture
def boss(db: None) -> User:
    return make_superuser()


@pytest.fixture
def admin(boss: User) -> Client:
    return signed_in(boss)


@pytest.fixture
def viewer(db: None) -> Client:
    return signed_in(make_staff("viewer@example.com", "agents.view_priceoverride"))


def price_form(**values: Any) -> dict[str, Any]:
    plain = {"provider": "openai", "model": "gpt-4o", "token_class": "input", "price": "1.25", "tier_above": ""}
    return plain | {"valid_from": "2026-09-01", "valid_to": "", "note": "contract 7"} | values


def refused(client: Client, **values: Any) -> str:
    """The page that says what is wrong with this price."""
    answer = client.post(f"{PRICES}add/", price_form(**values))
    assert answer.status_code == 200
    assert not PriceOverride.objects.exists()
    return answer.content.decode()


def add(client: Client, **values: Any) -> PriceOverride:
    """Enters a price as staff do."""
    assert client.post(f"{PRICES}add/", price_form(**values)).status_code == 302
    return PriceOverride.objects.latest("id")


def messages_of(client: Client, path: str, form: dict[str, Any]) -> str:
    """What the page after a form says."""
    return client.post(path, form, follow=True).content.decode()


def test_an_own_price_is_entered_on_record_and_used(admin: Client, boss: User) -> None:
    row = add(admin, tier_above="272000", valid_to="2027-01-01")
    assert (row.price, row.tier_above, row.created_by) == (Decimal("1.25"), 272_000, boss)
    assert (row.valid_from, row.valid_to, row.ended_at) == (date(2026, 9, 1), date(2027, 1, 1), None)
    entry = AuditEntry.objects.get(action="settings_changed")
    assert entry.actor == boss
    assert entry.detail["did"] == "added"
    assert entry.detail["changes"]["price"] == [None, "1.25"]
    assert entry.detail["changes"]["note"] == [None, "contract 7"]
    assert [item.id for item in current_price_book().own] == [row.id]


def test_what_cannot_be_a_price_is_refused_in_sentences(admin: Client) -> None:
    assert "A price cannot be negative; 0 means free of charge." in refused(admin, price="-1")
    assert "Prices are for a million tokens." in refused(admin, price="1000001")
    assert "no more than 9 decimal places" in refused(admin, price="0.0000000001")
    assert "It would end before it begins. The earliest day to end on is 2026-09-02." in refused(
        admin, valid_to="2026-09-01"
    )
    assert "Enter a valid date" in refused(admin, valid_from="yesterday")
    assert "A number of tokens cannot be negative." in refused(admin, tier_above="-5")
    assert "Say where this price comes from." in refused(admin, note="")
    assert "Select a valid choice" in refused(admin, token_class="magic")


def test_a_model_nobody_lists_is_allowed_with_a_warning(admin: Client) -> None:
    known = messages_of(admin, f"{PRICES}add/", price_form())
    assert "Check the spelling" not in known
    other = messages_of(admin, f"{PRICES}add/", price_form(model="house-model"))
    assert "knows no model house-model of openai. Check the spelling" in other
    nobody = messages_of(admin, f"{PRICES}add/", price_form(provider="opnai"))
    assert "knows no provider opnai. Check the spelling." in nobody
    assert PriceOverride.objects.count() == 3


def test_a_price_is_ended_once_on_record_and_stays_readable(admin: Client, boss: User) -> None:
    row = add(admin)
    assert "End this price" in admin.get(f"{PRICES}{row.pk}/change/").content.decode()
    for _ in range(2):
        assert admin.post(f"{PRICES}{row.pk}/end/").status_code == 302
    row.refresh_from_db()
    assert row.ended_by == boss
    assert row.ended_at is not None
    deeds = [entry.detail["did"] for entry in AuditEntry.objects.filter(action="settings_changed").order_by("id")]
    assert deeds == ["added", "ended"]
    assert current_price_book().own == ()
    page = admin.get(f"{PRICES}{row.pk}/change/").content.decode()
    assert "End this price" not in page
    assert "contract 7" in page


def test_several_prices_are_ended_from_the_list(admin: Client) -> None:
    rows = [add(admin), add(admin, token_class="output")]
    form = {"action": "end_selected", "_selected_action": [row.pk for row in rows]}
    assert "2 prices were ended." in messages_of(admin, PRICES, form)
    assert current_price_book().own == ()


def test_an_entered_price_is_neither_edited_nor_deleted(admin: Client) -> None:
    row = add(admin)
    assert admin.post(f"{PRICES}{row.pk}/change/", price_form(price="9")).status_code == 403
    assert admin.post(f"{PRICES}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    page = admin.get(f"{PRICES}{row.pk}/change/").content.decode()
    assert 'name="price"' not in page
    row.refresh_from_db()
    assert row.price == Decimal("1.25")


def test_viewers_see_prices_and_neither_enter_nor_end_them(admin: Client, viewer: Client) -> None:
    row = add(admin)
    for path in (PRICES, f"{PRICES}{row.pk}/change/", MODELS, f"{HISTORY}?provider=openai&model=gpt-4o"):
        assert viewer.get(path).status_code == 200
    assert viewer.get(f"{PRICES}add/").status_code == 403
    assert viewer.post(f"{PRICES}add/", price_form()).status_code == 403
    assert viewer.post(f"{PRICES}{row.pk}/end/").status_code == 403
    viewer.post(PRICES, {"action": "end_selected", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.ended_at is None


@pytest.mark.parametrize("path", [PRICES, MODELS, HISTORY, f"{PRICES}add/"])
def test_staff_without_the_right_see_nothing_of_it(path: str) -> None:
    client = signed_in(make_staff("other@example.com", "agents.view_dataset"))
    assert client.get(path).status_code == 403
    assert client.get(path, {"provider": "openai", "model": "gpt-4o"}).status_code == 403


def test_only_a_form_ends_a_price(admin: Client) -> None:
    row = add(admin)
    assert admin.get(f"{PRICES}{row.pk}/end/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_superuser("second@example.com"))
    assert strict.post(f"{PRICES}{row.pk}/end/").status_code == 403
    assert admin.post(f"{PRICES}999999/end/").status_code == 404
    assert admin.post(f"{PRICES}no-number/end/").status_code == 404


def test_the_list_is_searched_by_model_and_filtered(admin: Client) -> None:
    add(admin)
    ended = add(admin, model="gpt-4o-mini", token_class="output")
    admin.post(f"{PRICES}{ended.pk}/end/")
    assert listed(admin, q="mini") == ["openai/gpt-4o-mini"]
    assert listed(admin, state="current") == ["openai/gpt-4o"]
    assert listed(admin, state="ended") == ["openai/gpt-4o-mini"]
    assert listed(admin, token_class__exact="output") == ["openai/gpt-4o-mini"]
    assert listed(admin, provider="anthropic") == []
    assert admin.get(PRICES, {"note__contains": "contract"}).status_code == 400


def listed(client: Client, **query: str) -> list[str]:
    """The models of the list under a filter."""
    page = client.get(PRICES, query).content.decode()
    return re.findall(r'models/prices/\?[^"]*">([^<]+)</a>', page)


def test_the_list_takes_as_many_queries_for_many_prices_as_for_one(admin: Client) -> None:
    add(admin)
    few = count_queries(admin, PRICES)
    for _ in range(12):
        add(admin)
    assert count_queries(admin, PRICES) == few


def test_any_model_of_the_library_is_found(viewer: Client) -> None:
    page = viewer.get(MODELS, {"q": "openai 5.4 mini"}).content.decode()
    assert "provider=openai&amp;model=gpt-5.4-mini" in page
    assert "Nothing was found for “nobody-has-this”." in viewer.get(MODELS, {"q": "nobody-has-this"}).content.decode()
    assert "the first 100 are shown" in viewer.get(MODELS, {"q": "a"}).content.decode()
    assert viewer.get(MODELS, {"q": "\0"}).status_code == 200


def test_models_of_peoples_data_are_not_shown(viewer: Client, owner: User) -> None:
    data = DataSet.objects.create(user=owner, title="Own", status="ready")
    today = date(2026, 9, 1)
    DataSetVersion.objects.create(
        data_set=data, number=1, rows=1, first_day=today, last_day=today, bytes=1,
        profile={"models": [["house", "canary-model-77"]]},
    )  # fmt: skip
    assert "house/canary-model-77" not in viewer.get(MODELS, {"q": "canary-model-77"}).content.decode()


def test_every_period_and_tier_has_its_source(admin: Client, boss: User) -> None:
    row = add(admin, model="gpt-5.4", price="1.25", valid_from="2026-09-01", valid_to="2026-10-01")
    page = admin.get(HISTORY, {"provider": "openai", "model": "gpt-5.4"}).content.decode()
    cells = read_cells(page)
    assert [cell[0] for cell in cells] == [
        *("from 2026-10-01", "from 2026-10-01"),
        *("2026-09-01 to 2026-09-30", "2026-09-01 to 2026-09-30"),
        *("until 2026-08-31", "until 2026-08-31"),
    ]
    assert {cell[2] for cell in cells} == {"base", "above 272,000"}
    inputs = [cell[3] for cell in cells]
    assert inputs == ["2.5 list", "5 list", f"1.25 own {row.pk}", f"1.25 own {row.pk}", "2.5 list", "5 list"]
    assert f"by {boss.email}" in page
    assert "contract 7" in page
    assert current_price_book().version in page


def read_cells(page: str) -> list[list[str]]:
    """The rows of the effective prices."""
    table = page.split("<tbody>")[1].partition("</tbody>")[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("</tr>") if "<t" in row]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in rows]


def test_a_model_without_a_price_says_so(viewer: Client) -> None:
    page = viewer.get(HISTORY, {"provider": "house", "model": "<script>alert(1)</script>"}).content.decode()
    assert "No price is known for this model: its calls are unpriced." in page
    assert "<script>alert" not in page
    assert viewer.get(HISTORY, {"provider": "\0", "model": "\0"}).status_code == 200
    assert viewer.get(HISTORY).status_code == 200


def test_no_page_needs_an_inline_script_or_style(admin: Client) -> None:
    row = add(admin)
    for path in (
        PRICES,
        f"{PRICES}add/",
        f"{PRICES}{row.pk}/change/",
        f"{MODELS}?q=gpt",
        f"{HISTORY}?provider=openai&model=gpt-4o",
    ):
        found = INLINE.findall(admin.get(path).content.decode())
        assert found == [], path


def test_the_form_is_filled_from_the_page_of_a_model(admin: Client) -> None:
    page = admin.get(f"{PRICES}add/?provider=house&model=llm-1").content.decode()
    assert 'value="house"' in page
    assert 'value="llm-1"' in page
