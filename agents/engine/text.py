"""Cleans what a model or a data row may contain and Postgres or JSON may not."""

from __future__ import annotations

from typing import Any


def clean_text(text: str) -> str:
    """The text without NUL; a lone surrogate becomes the replacement character."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def clean_value(value: Any) -> Any:
    """The same for every string inside JSON-like data; tuples become lists."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(str(key)): clean_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_value(item) for item in value]
    return value
