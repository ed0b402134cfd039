"""The files inside an upload: itself, or what gzip and zip hold; nothing is unpacked to disk, bombs are refused."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from agents.errors import UploadUnreadable

PIECE_BYTES: Final = 256 * 1024
MOST_MEMBERS: Final = 1_000
# Logs shrink to a thirtieth, very repetitive ones to a hundredth; a bomb to a thousandth.
MOST_RATIO: Final = 250
FREE_BYTES: Final = 64 * 1024 * 1024
GZIP: Final = b"\x1f\x8b"
ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
REFUSED_KINDS: Final = {
    b"PAR1": "a Parquet file; export it as CSV or JSONL",
    b"\xd0\xcf\x11\xe0": "an old Excel file; export it as CSV",
    b"%PDF": "a PDF; export the table as CSV",
    b"BZh": "compressed with bzip2; use gzip or zip",
    b"\xfd7zXZ": "compressed with xz; use gzip or zip",
    b"(\xb5/\xfd": "compressed with zstd; use gzip or zip",
    b"7z\xbc\xaf": "a 7z archive; use gzip or zip",
    b"Rar!": "a RAR archive; use gzip or zip",
    b"SQLite format 3": "a SQLite database; export the table as CSV",
}
UNPACKING_FAILED: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


@dataclass(slots=True)
class Meter:
    """How much of an upload has been read, packed as it is."""

    tell: Callable[[], int] = int


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an upload: its name for people, and how it is opened (again and again)."""

    name: str
    upload: Path
    inside: str | None = None  # the name within a zip archive

    @contextmanager
    def open(self, meter: Meter | None = None) -> Iterator[IO[bytes]]:
        """The file's bytes as UTF-8 text, unpacked on the way; UploadUnreadable where that fails."""
        with io.BufferedReader(io.FileIO(self.upload), PIECE_BYTES) as raw, self._unpack(raw) as stream:
            if meter:
                meter.tell = raw.tell
            yield as_utf8(stream)

    @contextmanager
    def _unpack(self, raw: io.BufferedReader[Any]) -> Iterator[io.BufferedReader[Any]]:
        size = self.upload.stat().st_size
        if self.inside is not None:
            with zipfile.ZipFile(raw) as archive, open_inside(archive, self.inside) as packed:
                packed_bytes = archive.getinfo(self.inside).compress_size
                yield io.BufferedReader(Unpacked(packed, packed_bytes, self.name), PIECE_BYTES)
        elif read_magic(raw).startswith(GZIP):
            with gzip.GzipFile(fileobj=raw) as packed:
                yield io.BufferedReader(Unpacked(packed, size, self.name), PIECE_BYTES)
        else:
            yield raw


def open_inside(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """One file of a zip archive; a way of packing we do not know is told from damage."""
    try:
        return archive.open(name)
    except UNPACKING_FAILED as error:
        raise UploadUnreadable(f"{printable(name)} cannot be unpacked: {error}") from error


class Unpacked(io.RawIOBase):
    """Unpacks, and refuses what is damaged or unpacks to far more than was uploaded."""

    def __init__(self, packed: IO[bytes] | gzip.GzipFile, packed_bytes: int, name: str) -> None:
        super().__init__()
        self._packed, self._name = packed, name
        self._left = max(FREE_BYTES, packed_bytes * MOST_RATIO)

    def readable(self) -> bool:
        """It is only read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """The next piece, as long as the whole stays within reason."""
        try:
            piece = self._packed.read(len(buffer))
        except UNPACKING_FAILED as error:
            raise UploadUnreadable(f"{self._name} is damaged: it cannot be unpacked.") from error
        self._left -= len(piece)
        if self._left < 0:
            raise UploadUnreadable(f"{self._name} unpacks to far more than a log would; it is refused.")
        buffer[: len(piece)] = piece
        return len(piece)


def find_members(upload: Path, name: str) -> list[Member]:
    """The files of an upload; UploadUnreadable with a sentence for what cannot hold any."""
    with upload.open("rb") as file:
        magic = read_magic(file)
    if not magic:
        raise UploadUnreadable("The file is empty.")
    for known, sentence in REFUSED_KINDS.items():
        if magic.startswith(known):
            raise UploadUnreadable(f"This is {sentence}.")
    if magic.startswith(ZIP):
        return find_zip_members(upload)
    return [Member(name, upload)]


def find_zip_members(upload: Path) -> list[Member]:
    """The files of a zip archive; their names are shown to people and never become paths."""
    try:
        with zipfile.ZipFile(upload) as archive:
            infos = [info for info in archive.infolist() if is_data_file(info)]
    except UNPACKING_FAILED as error:
        raise UploadUnreadable("The zip archive is damaged.") from error
    names = {info.filename for info in infos}
    if "[Content_Types].xml" in names:
        raise UploadUnreadable("This is an Excel or Office file. Export the table as CSV.")
    if any(info.flag_bits & 1 for info in infos):
        raise UploadUnreadable("The zip archive is protected by a password. Pack it without one.")
    if not infos:
        raise UploadUnreadable("The zip archive holds no files.")
    if len(infos) > MOST_MEMBERS:
        raise UploadUnreadable(f"The zip archive holds {len(infos):,} files; up to {MOST_MEMBERS:,} are read.")
    if len(names) < len(infos):
        raise UploadUnreadable("The zip archive holds two files of the same name.")
    return [Member(printable(info.filename), upload, info.filename) for info in infos]


def is_data_file(info: zipfile.ZipInfo) -> bool:
    """Leaves out folders and what systems add by themselves."""
    last = info.filename.replace("\\", "/").rsplit("/", 1)[-1]
    return not info.is_dir() and not info.filename.startswith("__MACOSX/") and not last.startswith(".")


def printable(name: str) -> str:
    """A file's name as people see it: its last part, without anything that is not a character."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable())[:200] or "file"


def read_magic(file: IO[bytes]) -> bytes:
    """The first bytes, from which the kind of a file is told."""
    file.seek(0)
    magic = file.read(16)
    file.seek(0)
    return magic


def as_utf8(stream: io.BufferedReader[Any]) -> IO[bytes]:
    """The stream without its byte order mark; UTF-16 is recoded on the way."""
    head = stream.peek(4)[:4]
    if head.startswith(codecs.BOM_UTF8):
        stream.read(3)
        return stream
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(mark):
            return io.BufferedReader(Recoded(stream, encoding), PIECE_BYTES)
    return stream


class Recoded(io.RawIOBase):
    """Text of another encoding as UTF-8 bytes; what cannot be read becomes the replacement character."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        super().__init__()
        self._stream = stream
        self._decode = codecs.getincrementaldecoder(encoding)(errors="replace").decode
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        """It is only read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """The next piece of text as UTF-8."""
        while not self._ready and not self._ended:
            piece = self._stream.read(PIECE_BYTES)
            self._ended = not piece
            self._ready = self._decode(piece, self._ended).encode("utf-8", "replace")
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count
