"""What a web process imports stays light, and a broken file is not passed over in silence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import agents.team
from agents.team import find_agent

HEAVY = ("pydantic_ai", "openai", "anthropic", "duckdb")
PRINT_HEAVY = f"import sys; print([name for name in {HEAVY!r} if name in sys.modules])"


@pytest.mark.parametrize(
    ("modules", "allowed"),
    [
        (("agents.models", "agents.apps", "agents.errors", "agents.usage.datasets"), ()),
        (("agents.providers", "agents.engine.context", "agents.engine.specs", "agents.engine.notes"), ()),
        (("netra.urls", "netra.asgi"), ("duckdb",)),
        (("agents.tools.spend_trend", "agents.team.netra"), ("duckdb",)),
    ],
)
def test_importing_it_loads_nothing_heavy(modules: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    imports = "".join(f"import {module}; " for module in modules)
    code = f"import django; django.setup(); {imports}{PRINT_HEAVY}"
    environment = {"DJANGO_SETTINGS_MODULE": "netra.settings", "NETRA_ENV": "test"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.splitlines()[-1]
    assert set(eval(loaded)) <= set(allowed)  # noqa: S307


def test_an_agent_file_that_cannot_be_imported_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.py").write_text("import module_that_does_not_exist\n", encoding="utf-8")
    monkeypatch.setattr(agents.team, "__path__", [*agents.team.__path__, str(tmp_path)])
    with pytest.raises(ModuleNotFoundError, match="module_that_does_not_exist"):
        find_agent("broken")
