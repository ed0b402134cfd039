"""Markdown tables and figures as people read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

CENT = Decimal("0.01")
MARKUP = re.compile(r"([\\`*_\[\]<>|~#])")


def escape_cell(text: object) -> str:
    """A value from the data as plain text: no markup, no link, no new line."""
    return MARKUP.sub(r"\\\1", " ".join(str(text).split()))


def show_cost(cost: str | None) -> str:
    """Dollars with cents, or with more digits where cents would hide them."""
    if cost is None:
        return "no known price"
    value = Decimal(cost)
    sign, size = ("-" if value < 0 else ""), abs(value)
    return f"{sign}${size:,.2f}" if size == 0 or size >= CENT else f"{sign}${size.normalize():f}"


def show_ms(milliseconds: int | None) -> str:
    """Milliseconds, or a dash where nothing was measured."""
    return "-" if milliseconds is None else f"{milliseconds:,} ms"


def write_table(head: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> str:
    """A Markdown table: the first columns are text, the others figures on the right."""
    marks = ["---"] * texts + ["---:"] * (len(head) - texts)
    lines = [head, marks, *([*(escape_cell(cell) for cell in row[:texts]), *row[texts:]] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
