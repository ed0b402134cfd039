"""What a tool hands back: a block for the page, facts for the model, and the proof behind both."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; `unit` is USD, tokens, ms, % or empty."""

    key: str
    label: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """How the page may draw the rows."""

    kind: Literal["bar", "line"]
    x: str
    series: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the figures come from, precise enough to compute them again."""

    dataset: str
    demo: bool
    sql: str
    rows_scanned: int
    price_version: str


@dataclass(frozen=True, slots=True)
class Block:
    """A finished table for the page."""

    title: str
    summary: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    source: Source
    chart: Chart | None = None
    kind: Literal["table"] = "table"

    def as_data(self) -> dict[str, Any]:
        """The block as docs/protocol.md spells it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A tool's answer; money and long decimals in `facts` are strings, so nothing is rounded twice."""

    block: Block
    facts: dict[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """The result as JSON-ready data, the shape the ledger keeps."""
        return {"block": self.block.as_data(), "facts": self.facts}
