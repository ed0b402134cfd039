"""The REST side of usage data: files, texts and rows in; summary, rows, rejects and spend out; errors in sentences."""

from __future__ import annotations

import gzip
import uuid
from typing import Any

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.models import User
from agents.importing import perform_import
from agents.models import DataImport, DataSet
from chat.models import Thread
from tests.agents.bringing import as_lines, bring, rows_in, usage

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = [usage(number) for number in range(30)]
TABLE = "Day,LLM,Tokens in,Tokens out\n" + "".join(f"2026-10-{day:02},gpt-4o,{day * 10},5\n" for day in range(1, 13))


@pytest.fixture
def api(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    return client.generic(method, f"/api/v1/{path}", orjson.dumps(body or {}), content_type="application/json")


def post_file(client: Client, path: str, content: bytes, name: str = "usage.jsonl", **fields: str) -> Any:
    return client.post(f"/api/v1/{path}", {"file": SimpleUploadedFile(name, content), **fields})


def carry_out(dataset_id: str) -> None:
    newest = DataImport.objects.filter(data_set_id=uuid.UUID(dataset_id)).order_by("-id").first()
    assert newest
    perform_import(newest.id)


def test_rows_of_a_request_become_a_data_set(api: Client) -> None:
    answer = send(api, "POST", "datasets/", {"title": "Invoices", "rows": ROWS})
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["title"], body["status"], body["import"]["status"]) == ("Invoices", "importing", "queued")
    carry_out(body["id"])
    body = api.get(f"/api/v1/datasets/{body['id']}/").json()
    assert (body["status"], body["rows"], body["import"]["rows_kept"]) == ("ready", 30, 30)
    assert body["summary"]["models"][0]["name"] == "openai/gpt-4o"
    assert body["summary"]["unpriced_models"] == []
    assert body["summary"]["priced_cost"] is not None


def test_a_file_by_form_keeps_its_name_as_title(api: Client) -> None:
    answer = post_file(api, "datasets/", gzip.compress(as_lines(ROWS)), "october.jsonl.gz")
    assert answer.status_code == 201, answer.content
    assert answer.json()["title"] == "october.jsonl.gz"
    carry_out(answer.json()["id"])
    assert api.get(f"/api/v1/datasets/{answer.json()['id']}/").json()["rows"] == 30


def test_pasted_text_is_imported(api: Client) -> None:
    answer = send(api, "POST", "datasets/", {"text": TABLE})
    assert answer.status_code == 201, answer.content
    carry_out(answer.json()["id"])
    found = api.get(f"/api/v1/datasets/{answer.json()['id']}/").json()
    assert (found["rows"], found["summary"]["tokens"]["input"]) == (12, sum(range(1, 13)) * 10)


def test_a_mapping_by_form_is_obeyed(api: Client) -> None:
    mapping = {"time": "Day", "model": {"value": "gpt-4o-mini"}, "input_tokens": "Tokens out", "output_tokens": None}
    answer = post_file(api, "datasets/", TABLE.encode(), "t.csv", mapping=orjson.dumps(mapping).decode())
    carry_out(answer.json()["id"])
    found = api.get(f"/api/v1/datasets/{answer.json()['id']}/").json()
    assert found["import"]["error"] is None
    assert found["summary"]["tokens"]["input"] == 60
    assert found["summary"]["models"][0]["model"] == "gpt-4o-mini"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "nothing_to_import"),
        ({"rows": []}, "nothing_to_import"),
        ({"rows": "x"}, "nothing_to_import"),
        ({"text": "  "}, "nothing_to_import"),
        ({"rows": ROWS, "mapping": "nonsense"}, "mapping_wrong"),
        ({"rows": ROWS, "mapping": [1]}, "mapping_wrong"),
        ({"rows": ROWS, "format": "excel"}, "unknown_format"),
    ],
)
def test_what_cannot_be_imported_is_a_sentence_and_stores_nothing(api: Client, body: Any, code: str) -> None:
    answer = send(api, "POST", "datasets/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["message"]
    assert not DataSet.objects.filter(demo=False).exists()


def test_too_large_a_body_is_told(api: Client) -> None:
    answer = send(api, "POST", "datasets/", {"text": "x" * (17 * 1024 * 1024)})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    answer = api.post("/api/v1/datasets/", {"text": "x" * (2 * 1024 * 1024)})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_detection_says_what_it_is_and_stores_nothing(api: Client) -> None:
    answer = post_file(api, "datasets/detect/", TABLE.encode(), "t.csv")
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert (found["format"], found["columns"]) == ("delimited", ["Day", "LLM", "Tokens in", "Tokens out"])
    assert found["why"]
    assert found["rows"][0]["input_tokens"] == 10
    assert {field["name"] for field in found["fields"]} >= {"time", "model", "input_tokens"}
    assert not DataSet.objects.filter(demo=False).exists()


def test_detection_of_the_unknown_shows_columns_and_fields(api: Client) -> None:
    found = post_file(api, "datasets/detect/", b"a,b\n1,2\n", "t.csv").json()
    assert (found["format"], found["columns"], found["error"]["code"]) == (None, ["a", "b"], "format_unknown")
    assert found["fields"]


def test_an_upload_that_waits_for_its_mapping_can_be_looked_at(api: Client) -> None:
    dataset_id = send(api, "POST", "datasets/", {"text": "a,b\n1,2\n3,4\n"}).json()["id"]
    carry_out(dataset_id)
    waiting = api.get(f"/api/v1/datasets/{dataset_id}/").json()["import"]
    assert (waiting["status"], waiting["detection"]["columns"]) == ("needs_mapping", ["a", "b"])
    look = api.get(f"/api/v1/datasets/{dataset_id}/mapping/").json()
    assert (look["columns"], look["error"]["code"]) == (["a", "b"], "format_unknown")
    wrong = {"mapping": {"time": "a", "input_tokens": "c"}}
    assert send(api, "PUT", f"datasets/{dataset_id}/mapping/", wrong).status_code == 200
    carry_out(dataset_id)
    again = api.get(f"/api/v1/datasets/{dataset_id}/").json()["import"]
    assert (again["status"], again["error"]["code"]) == ("needs_mapping", "mapping_wrong")
    assert "“c”" in again["error"]["message"]
    right = {"mapping": {"time": "a", "input_tokens": "b"}}
    assert send(api, "PUT", f"datasets/{dataset_id}/mapping/", right).status_code == 200
    carry_out(dataset_id)
    found = api.get(f"/api/v1/datasets/{dataset_id}/").json()
    assert (found["rows"], found["summary"]["tokens"]["input"]) == (2, 6)
    assert api.get(f"/api/v1/datasets/{dataset_id}/mapping/").json()["code"] == "import_already_finished"


def test_detection_of_a_cut_file_reads_what_there_is(api: Client) -> None:
    whole = orjson.dumps({"data": [dict(usage(number)) for number in range(3_000)]})
    assert len(whole) > 256 * 1024
    found = post_file(api, "datasets/detect/", whole[: 256 * 1024], "usage.json").json()
    assert found["error"] is None, found
    assert found["rows"]
    packed = gzip.compress(b"".join(uuid.uuid4().hex.encode() + b",1\n" for _ in range(20_000)))
    found = post_file(api, "datasets/detect/", b"id,n\n" + packed[: 256 * 1024], "x.gz").json()
    assert found["error"]


def test_a_page_of_rows_and_the_next(api: Client, owner: User) -> None:
    data_set = bring(owner, as_lines(ROWS))
    first = api.get(f"/api/v1/datasets/{data_set.id}/rows/?limit=20").json()
    assert (len(first["rows"]), first["total"], first["next"]) == (20, 30, 20)
    second = api.get(f"/api/v1/datasets/{data_set.id}/rows/?limit=20&after=20").json()
    assert (len(second["rows"]), second["next"]) == (10, None)
    times = [row[0] for row in first["rows"] + second["rows"]]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 30
    cost = [column["key"] for column in first["columns"]].index("cost")
    assert all(row[cost] for row in first["rows"])


def test_rejects_by_page_and_as_a_file(api: Client, owner: User) -> None:
    bad = [usage(100 + number, output_tokens=-number - 1) for number in range(7)]
    data_set = bring(owner, as_lines([*ROWS, *bad]))
    page = api.get(f"/api/v1/datasets/{data_set.id}/rejects/?limit=5").json()
    assert (len(page["rejects"]), page["total"], page["next"]) == (5, 7, 5)
    assert page["rejects"][0]["line"] == 31
    rest = api.get(f"/api/v1/datasets/{data_set.id}/rejects/?limit=5&after=5").json()
    assert (len(rest["rejects"]), rest["next"]) == (2, None)
    whole = api.get(f"/api/v1/datasets/{data_set.id}/rejects/?download")
    assert len(whole.content.splitlines()) == 7
    assert "attachment" in whole["Content-Disposition"]


def test_spend_comes_as_finished_blocks(api: Client, owner: User) -> None:
    data_set = bring(owner, as_lines(ROWS))
    blocks = api.get(f"/api/v1/datasets/{data_set.id}/spend/").json()["blocks"]
    assert [block["chart"]["kind"] for block in blocks if block["chart"]] == ["line", "bar", "bar"]
    assert all(block["source"]["price_version"] for block in blocks)


def test_more_rows_a_new_name_and_away(api: Client, owner: User) -> None:
    data_set = bring(owner, as_lines(ROWS))
    answer = send(api, "POST", f"datasets/{data_set.id}/rows/", {"rows": [usage(500)]})
    assert answer.status_code == 201
    carry_out(str(data_set.id))
    assert len(rows_in(data_set)) == 31
    assert send(api, "PATCH", f"datasets/{data_set.id}/", {"title": "October"}).json()["title"] == "October"
    assert send(api, "PATCH", f"datasets/{data_set.id}/", {"title": " "}).status_code == 400
    assert api.delete(f"/api/v1/datasets/{data_set.id}/").status_code == 204
    assert api.get(f"/api/v1/datasets/{data_set.id}/").status_code == 404


def test_nothing_can_be_read_before_the_first_version(api: Client) -> None:
    dataset_id = send(api, "POST", "datasets/", {"rows": ROWS}).json()["id"]
    for path in ("rows/", "spend/"):
        answer = api.get(f"/api/v1/datasets/{dataset_id}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (409, "data_set_not_ready")
    assert api.get(f"/api/v1/datasets/{dataset_id}/rejects/").json()["rejects"] == []


def test_a_chat_can_be_about_data_that_is_being_added_to(api: Client, owner: User, thread: Thread) -> None:
    data_set = bring(owner, as_lines(ROWS))
    send(api, "POST", f"datasets/{data_set.id}/rows/", {"rows": [usage(500)]})
    answer = send(api, "PUT", f"threads/{thread.id}/dataset/", {"dataset_id": str(data_set.id)})
    assert answer.status_code == 200
    assert answer.json()["dataset"]["rows"] == 30


def test_the_list_takes_as_many_queries_for_ten_as_for_one(
    api: Client, owner: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        bring(owner, as_lines(ROWS), f"{number}.jsonl")
    with django_assert_max_num_queries(8):
        assert len(api.get("/api/v1/datasets/").json()["datasets"]) == 3


def test_a_data_set_of_somebody_else_answers_404_everywhere(stranger: User, owner: User, thread: Thread) -> None:
    data_set = bring(owner, as_lines(ROWS))
    client = Client()
    client.force_login(stranger)
    own_thread = Thread.objects.create(user=stranger)
    calls = [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "rows/"),
        ("POST", "rows/"),
        ("GET", "rejects/"),
        ("GET", "rejects/?download"),
        ("GET", "spend/"),
        ("GET", "mapping/"),
        ("PUT", "mapping/"),
        ("POST", "cancel/"),
        ("POST", "retry/"),
    ]
    for method, path in calls:
        body = {"title": "x", "rows": ROWS}
        answer = send(client, method, f"datasets/{data_set.id}/{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "data_set_not_found"), (method, path)
    chosen = {"dataset_id": str(data_set.id)}
    assert send(client, "PUT", f"threads/{own_thread.id}/dataset/", chosen).status_code == 404
    assert client.get(f"/data/{data_set.id}/").status_code == 404
    assert len(rows_in(data_set)) == 30


def test_forms_with_broken_parts_are_a_clients_mistake(api: Client) -> None:
    broken = encode_multipart(BOUNDARY, {"text": "x"})[:-10]
    answer = api.generic("POST", "/api/v1/datasets/", broken, content_type=MULTIPART_CONTENT)
    assert answer.status_code in {400, 201}
    answer = api.generic("POST", "/api/v1/datasets/", b"nonsense", content_type="multipart/form-data")
    assert answer.status_code == 400
