"""What lies in static/: colours that can be read, modules as they were published, imports that hashing can follow."""

import hashlib
import json
import re

import pytest

from netra.config import PROJECT_FOLDER

STATIC = PROJECT_FOLDER / "static"
PAIRS = [
    *[(text, ground) for text in ("text", "text-soft", "accent", "danger") for ground in ("page", "panel", "raised")],
    ("on-accent", "accent"), ("on-accent", "accent-strong"), ("warn", "warn-soft"), ("danger", "danger-soft"),
    ("text", "accent-soft"), ("text-soft", "line"), ("text", "line"), ("accent", "accent-soft"),
]  # fmt: skip


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_colour_can_be_read_on_its_ground(scheme: int) -> None:
    palette = colours((STATIC / "css" / "variables.css").read_text().split("@media")[scheme])
    weak = {pair: contrast(palette[pair[0]], palette[pair[1]]) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def test_vendored_modules_are_as_they_were_published() -> None:
    modules = json.loads((STATIC / "vendor" / "modules.json").read_text())["modules"]
    listed = {file["path"]: file["sha256"] for module in modules for file in module["files"]}
    found = {
        str(path.relative_to(STATIC / "vendor")): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (STATIC / "vendor").rglob("*")
        if path.is_file() and path.name != "modules.json"
    }
    assert found == listed


def test_imports_end_in_a_semicolon_and_form_no_cycle() -> None:
    needs: dict[str, set[str]] = {}
    for path in (STATIC / "js").glob("*.js"):
        lines = [line for line in path.read_text().splitlines() if line.startswith("import ")]
        assert all(re.fullmatch(r'import .* from "\.{1,2}/[\w./-]+";', line) for line in lines), path.name
        needs[path.name] = {re.search(r"([\w.-]+)\";$", line)[1] for line in lines}  # type: ignore[index]
    done: set[str] = {"smd.js"}
    while ready := {name for name, wanted in needs.items() if name not in done and wanted <= done}:
        done |= ready
    assert set(needs) - done == set()


def test_no_style_loads_anything() -> None:
    for path in (STATIC / "css").glob("*.css"):
        assert not re.search(r"url\(|@import", path.read_text()), path.name
