"""What an upload may be: plain, gzip or zip; bombs, passwords and other kinds are refused, path tricks are inert."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from agents.errors import UploadUnreadable
from agents.usage.archives import FREE_BYTES, Member, find_members, printable

TEXT = b"time,model\n2026-10-01,gpt-4o\n"


def upload(folder: Path, content: bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(content)
    return path


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def contents(path: Path) -> dict[str, bytes]:
    found = {}
    for member in find_members(path, "usage.csv"):
        with member.open() as stream:
            found[member.name] = stream.read()
    return found


def test_a_plain_file_is_itself(tmp_path: Path) -> None:
    assert contents(upload(tmp_path, TEXT)) == {"usage.csv": TEXT}


def test_gzip_is_unpacked_on_the_way(tmp_path: Path) -> None:
    assert contents(upload(tmp_path, gzip.compress(TEXT) + gzip.compress(TEXT))) == {"usage.csv": TEXT + TEXT}


def test_a_zip_gives_its_files_and_leaves_out_what_systems_add(tmp_path: Path) -> None:
    files = {"logs/a.csv": TEXT, "b.csv": b"x", "__MACOSX/._a.csv": b"?", ".DS_Store": b"?", "empty/": b""}
    assert contents(upload(tmp_path, packed(files))) == {"a.csv": TEXT, "b.csv": b"x"}


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\..\\windows\\win.ini", "a/../../b.csv"])
def test_a_path_in_a_zip_is_only_a_name(tmp_path: Path, name: str) -> None:
    before = set(tmp_path.rglob("*"))
    found = contents(upload(tmp_path, packed({name: TEXT})))
    assert list(found.values()) == [TEXT]
    assert not any("/" in name or "\\" in name or ".." in name for name in found)
    assert set(tmp_path.rglob("*")) - before == {tmp_path / "upload"}


def read_all(member: Member, read: list[int]) -> None:
    with member.open() as stream:
        while piece := stream.read(1024 * 1024):
            read.append(len(piece))


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: packed({"bomb.csv": content})], ids=["gzip", "zip"])
def test_a_bomb_is_refused_while_it_is_read(tmp_path: Path, pack: object) -> None:
    path = upload(tmp_path, pack(bytes(FREE_BYTES * 2)))  # type: ignore[operator]
    assert path.stat().st_size < FREE_BYTES / 400
    (member,) = find_members(path, "bomb.csv.gz")
    read: list[int] = []
    with pytest.raises(UploadUnreadable, match="far more than a log"):
        read_all(member, read)
    assert sum(read) <= FREE_BYTES + 1024 * 1024


@pytest.mark.parametrize("cut", [20, 60, 300])
def test_a_damaged_gzip_is_refused_in_a_sentence(tmp_path: Path, cut: int) -> None:
    noise = bytes(number * 7919 % 251 for number in range(2000))
    (member,) = find_members(upload(tmp_path, gzip.compress(noise)[:cut]), "log.gz")
    with pytest.raises(UploadUnreadable, match=r"log\.gz is damaged"), member.open() as stream:
        stream.read()


def test_a_damaged_zip_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UploadUnreadable, match="damaged"):
        find_members(upload(tmp_path, packed({"a.csv": TEXT})[:-10]), "logs.zip")


def test_a_wrong_checksum_in_a_zip_is_refused(tmp_path: Path) -> None:
    content = bytearray(packed({"a.csv": TEXT}))
    content[14] ^= 0xFF  # the checksum in the local header
    central = content.index(b"PK\x01\x02")
    content[central + 16] ^= 0xFF
    (member,) = find_members(upload(tmp_path, bytes(content)), "logs.zip")
    with pytest.raises(UploadUnreadable, match="damaged"), member.open() as stream:
        stream.read()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"PAR1" + bytes(20), "Parquet"),
        (packed({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}), "Excel"),
        (b"\xd0\xcf\x11\xe0" + bytes(20), "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"(\xb5/\xfd" + bytes(20), "zstd"),
        (packed({}), "no files"),
    ],
)
def test_other_kinds_are_refused_with_what_to_do(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(UploadUnreadable, match=says):
        find_members(upload(tmp_path, content), "file")


def test_a_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    content = bytearray(packed({"a.csv": TEXT}))
    central = content.index(b"PK\x01\x02")
    content[central + 8] |= 1
    with pytest.raises(UploadUnreadable, match="password"):
        find_members(upload(tmp_path, bytes(content)), "logs.zip")


def test_utf_16_and_marks_are_read_as_text(tmp_path: Path) -> None:
    text = "time,model\n2026-10-01,modèle\n"
    for encoding in ("utf-16", "utf-8-sig"):
        assert contents(upload(tmp_path, text.encode(encoding))) == {"usage.csv": text.encode()}


def test_a_name_is_printable_and_bounded() -> None:
    assert printable("C:\\logs\\us\u202eage\x00.csv") == "usage.csv"
    assert printable("///") == "file"
    assert len(printable("x" * 1000)) == 200
