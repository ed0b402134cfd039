"""Records out of tables, JSON lines and JSON documents, with what cannot be read told line by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.errors import UploadUnreadable
from agents.usage.archives import Member
from agents.usage.lines import LONGEST_RECORD_BYTES, Line
from agents.usage.sources import open_source


def lines_of(folder: Path, content: bytes | str) -> list[Line]:
    path = folder / "upload"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(open_source(Member("usage.csv", path)).lines())


def records_of(folder: Path, content: bytes | str) -> list[object]:
    return [line.record if line.record is not None else line.problem for line in lines_of(folder, content)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in (("time", "model"), ("2026-10-01 10:00", "a b"), ("x", "y")))
    assert records_of(tmp_path, text) == [
        {"time": "2026-10-01 10:00", "model": "a b"},
        {"time": "x", "model": "y"},
    ]


def test_decimal_commas_do_not_look_like_columns(tmp_path: Path) -> None:
    assert records_of(tmp_path, "time;cost;team\n2026;1,50;x\n2026;2,75;y\n")[0] == {
        "time": "2026",
        "cost": "1,50",
        "team": "x",
    }


def test_windows_text_is_read(tmp_path: Path) -> None:
    assert records_of(tmp_path, "team,model\nKüche,gpt-4o\n".encode("cp1252")) == [{"team": "Küche", "model": "gpt-4o"}]


def test_quoted_cells_may_hold_lines_and_delimiters(tmp_path: Path) -> None:
    found = lines_of(tmp_path, 'a,b\n"x,\ny",1\nz,2\n')
    assert [(line.number, line.record) for line in found] == [(3, {"a": "x,\ny", "b": "1"}), (4, {"a": "z", "b": "2"})]


def test_rows_of_another_width_are_told_with_their_line(tmp_path: Path) -> None:
    found = lines_of(tmp_path, "a,b\n1,2\n1\n\n1,2,3\n3,4\n")
    assert [(line.number, line.problem) for line in found if line.problem] == [
        (3, "The row has 1 columns, the header 2."),
        (5, "The row has 3 columns, the header 2."),
    ]
    assert [line.record for line in found if line.record] == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_a_quote_that_never_closes_costs_what_it_swallows_and_no_more(tmp_path: Path) -> None:
    swallowed = "x" * 2_000_000
    found = records_of(tmp_path, f'a,b\n1,2\n"{swallowed},2\n3,4\n')
    assert found[0] == {"a": "1", "b": "2"}
    assert "cannot be read" in str(found[1])
    assert found[-1] == {"a": "3", "b": "4"}


def test_equal_and_empty_column_names_stay_apart(tmp_path: Path) -> None:
    assert records_of(tmp_path, "a,a,\n1,2,3\n") == [{"a": "1", "a (2)": "2", "column 3": "3"}]


def test_json_lines_tell_what_is_no_object(tmp_path: Path) -> None:
    found = lines_of(tmp_path, '{"a": 1}\n\nnonsense\n[1]\n{"a": 2}\n')
    assert [(line.number, line.record) for line in found] == [
        (1, {"a": 1}),
        (3, None),
        (4, None),
        (5, {"a": 2}),
    ]
    assert found[1].problem.startswith("The line is not JSON")
    assert found[1].text == "nonsense"


@pytest.mark.parametrize(
    ("document", "count"),
    [
        ('[{"a": 1}, {"a": 2}]', 2),
        ('{"object": "page", "data": [{"a": 1}, {"a": 2}, {"a": 3}], "has_more": false}', 3),
        (json.dumps({"meta": {"x": 1}, "data": [{"a": 1}]}, indent=2), 1),
        ('{"result": {"rows": [{"a": 1}, {"a": 2}]}}', 2),
        ('{"a": 1}', 1),
        ('[{"a": 1}]\n[{"a": 2}]', 2),
    ],
)
def test_the_records_of_a_document_are_found(tmp_path: Path, document: str, count: int) -> None:
    found = records_of(tmp_path, document)
    assert len(found) == count
    assert all(isinstance(record, dict) for record in found)


def test_a_document_that_breaks_off_is_refused_as_a_whole(tmp_path: Path) -> None:
    with pytest.raises(UploadUnreadable, match="breaks off or is wrong after record 2"):
        lines_of(tmp_path, '[{"a": 1}, {"a": 2}, {"a": ')


def test_a_line_longer_than_a_record_may_be_is_passed_over(tmp_path: Path) -> None:
    long = b'{"a": "' + b"x" * (LONGEST_RECORD_BYTES * 2) + b'"}'
    found = lines_of(tmp_path, b'{"a": 1}\n' + long + b'\n{"a": 2}\n')
    assert [line.record for line in found] == [{"a": 1}, None, {"a": 2}]
    assert [line.number for line in found] == [1, 2, 3]


def test_one_endless_record_in_a_document_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b'[{"a": 1}, {"a": "' + b"x" * (LONGEST_RECORD_BYTES + 1024 * 1024) + b'"}]')
    with pytest.raises(UploadUnreadable, match="longer than"):
        list(open_source(Member("usage.json", path)).lines())


@pytest.mark.parametrize("content", [b"just words\nand more words\n", b"\x00\x01\x02\x03" * 40, b"   \n \n"])
def test_what_holds_no_records_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UploadUnreadable):
        lines_of(tmp_path, content)


def test_deep_nesting_is_a_line_that_cannot_be_read(tmp_path: Path) -> None:
    found = lines_of(tmp_path, '{"a": 1}\n{"a": ' + "[" * 5000 + "]" * 5000 + "}\n")
    assert found[0].record == {"a": 1}
    assert found[1].record is None
