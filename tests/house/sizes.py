"""Counts the lines of modules and functions: small ones are read, long ones are feared."""

import ast
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
PACKAGES = ("netra", "accounts", "chat", "agents")
LONGEST_MODULE = 300
LONGEST_FUNCTION = 60
LONG_FUNCTION = 30
SHARE_NOT_LONG = 0.9
LONGEST_MEDIAN = 12


@dataclass(frozen=True)
class Measured:
    """The number of lines of one module or function."""

    name: str
    lines: int


def python_modules(root: Path) -> list[Path]:
    """The Python modules we write; migrations are written by Django."""
    found = (path for package in PACKAGES for path in (root / package).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def script_modules(root: Path) -> list[Path]:
    """The browser modules we write; vendored ones lie elsewhere."""
    return sorted((root / "static" / "js").rglob("*.js"))


def measure_modules(root: Path) -> list[Measured]:
    """Lines of every module."""
    paths = python_modules(root) + script_modules(root)
    return [Measured(str(path.relative_to(root)), len(path.read_text().splitlines())) for path in paths]


def measure_functions(root: Path) -> list[Measured]:
    """Lines of every Python function, from `def` to its last line."""
    return [measured for path in python_modules(root) for measured in _functions_of(path, root)]


def find_faults(modules: list[Measured], functions: list[Measured]) -> list[str]:
    """Each rule that is broken, in a sentence."""
    faults = [
        f"{module.name} has {module.lines} lines; the limit is {LONGEST_MODULE}. Split it."
        for module in modules
        if module.lines > LONGEST_MODULE
    ]
    faults += [
        f"{function.name} has {function.lines} lines; the limit is {LONGEST_FUNCTION}. Split it."
        for function in functions
        if function.lines > LONGEST_FUNCTION
    ]
    return faults + _distribution_faults([function.lines for function in functions])


def describe(modules: list[Measured], functions: list[Measured]) -> str:
    """The figures in one line."""
    lines = [function.lines for function in functions]
    return (
        f"{len(modules)} modules, the longest {max(module.lines for module in modules)} lines; "
        f"{len(lines)} functions, median {statistics.median(lines):g} lines, "
        f"{_share_not_long(lines):.0%} up to {LONG_FUNCTION}, the longest {max(lines)}"
    )


def main() -> int:
    """Print the figures and every fault; 1 when there is one."""
    modules, functions = measure_modules(PROJECT_FOLDER), measure_functions(PROJECT_FOLDER)
    faults = find_faults(modules, functions)
    sys.stdout.write("\n".join([describe(modules, functions), *faults]) + "\n")
    return 1 if faults else 0


def _functions_of(path: Path, root: Path) -> Iterator[Measured]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            end = node.end_lineno or node.lineno
            yield Measured(f"{path.relative_to(root)}:{node.lineno} {node.name}", end - node.lineno + 1)


def _distribution_faults(lines: list[int]) -> list[str]:
    faults = []
    if _share_not_long(lines) < SHARE_NOT_LONG:
        faults.append(
            f"Only {_share_not_long(lines):.0%} of the functions have up to {LONG_FUNCTION} lines; "
            f"at least {SHARE_NOT_LONG:.0%} must."
        )
    if statistics.median(lines) > LONGEST_MEDIAN:
        faults.append(f"The median function has more than {LONGEST_MEDIAN} lines.")
    return faults


def _share_not_long(lines: list[int]) -> float:
    return sum(count <= LONG_FUNCTION for count in lines) / len(lines)


if __name__ == "__main__":
    sys.exit(main())
