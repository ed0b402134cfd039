"""The size rules hold, and the counter that says so can say no."""

from pathlib import Path

from tests.house.sizes import (
    PROJECT_FOLDER,
    Measured,
    find_faults,
    measure_functions,
    measure_modules,
    python_modules,
)


def test_this_project_keeps_the_size_rules() -> None:
    assert find_faults(measure_modules(PROJECT_FOLDER), measure_functions(PROJECT_FOLDER)) == []


def test_every_package_is_counted() -> None:
    counted = {path.relative_to(PROJECT_FOLDER).parts[0] for path in python_modules(PROJECT_FOLDER)}
    assert counted == {"netra", "accounts", "chat", "agents"}


def test_functions_are_measured_from_def_to_last_line(tmp_path: Path) -> None:
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "one.py").write_text("async def first():\n    a = 1\n    return a\n\n\nx = 1\n")
    assert measure_functions(tmp_path) == [Measured("chat/one.py:1 first", 3)]


def test_migrations_are_not_counted(tmp_path: Path) -> None:
    (tmp_path / "chat" / "migrations").mkdir(parents=True)
    (tmp_path / "chat" / "migrations" / "0001_initial.py").write_text("x = 1\n" * 400)
    assert measure_modules(tmp_path) == []


def test_a_long_module_and_a_long_function_are_faults() -> None:
    faults = find_faults([Measured("chat/a.py", 301)], [Measured("f", 5)] * 20 + [Measured("chat/b.py:1 g", 61)])
    assert [fault.split(" has ")[0] for fault in faults] == ["chat/a.py", "chat/b.py:1 g"]


def test_many_middling_functions_are_a_fault() -> None:
    assert len(find_faults([], [Measured("f", 31)] * 2 + [Measured("g", 13)] * 8)) == 2
