"""What a statement may be: one SELECT; from a guest, one made of known parts only. And how errors read."""

# ruff: noqa: S608 - a guest's statement is wrapped only after it was taken apart and found harmless

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import duckdb

from agents.errors import QueryFailed, QueryRefused
from agents.usage.vocabulary import (
    CLASSES,
    FUNCTIONS,
    KINDS,
    LONGEST_STATEMENT,
    MOST_CELL_CHARACTERS,
    MOST_COLUMNS,
    MOST_JOINED,
    MOST_STARS,
    MOST_USES,
    OPERATORS,
    TABLE_FUNCTIONS,
)

Node = dict[str, Any]
PATH: Final = re.compile(r"(?<![\w)\]])/(?:[^\s/'\"]+/)+[^\s/'\",;)]*")
LONGEST_ERROR: Final = 300
OWN_NAME: Final = re.compile(r"(?!duckdb_|pg_|sqlite_|pragma_)[a-z][a-z0-9_]*")
# Kept as they are in a result; everything else becomes text of a bounded length.
PLAIN_TYPES: Final = re.compile(r"(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|BOOLEAN|DATE|DECIMAL\(.*\))$")


def check_select(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The statement without its closing semicolon, if it is exactly one SELECT."""
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryFailed(f"The query could not be read: {say_error(error)}") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryRefused()
    return cut_end(connection, sql).strip()


def cut_end(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The statement without the semicolon that ends it and the comments behind that."""
    start, semicolon, rest = sql.rpartition(";")
    try:
        is_end = bool(semicolon) and not connection.extract_statements(rest)
    except duckdb.Error:
        return sql
    return cut_end(connection, start) if is_end else sql


def check_guest(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuses every part of the statement that is not known to be harmless, and says which.

    The database's limits do not hold inside a scalar function: one `repeat` takes gigabytes and cannot be
    interrupted. What is not listed is therefore not executed.
    """
    if len(sql) > LONGEST_STATEMENT:
        raise QueryRefused(f"The query is longer than {LONGEST_STATEMENT:,} characters.")
    tree = read_tree(connection, sql)
    nodes = list(walk(tree))
    for node in nodes:
        check_node(node)
    check_uses(nodes)
    check_tables(tree)


def read_tree(connection: duckdb.DuckDBPyConnection, sql: str) -> Node:
    """The statement's parts as the database's own parser sees them."""
    row = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    try:
        read: Node = json.loads(row[0]) if row else {"error": True}
    except RecursionError as error:
        raise QueryRefused("The query is nested too deeply.") from error
    if read["error"] or len(read["statements"]) != 1:
        raise QueryRefused()
    tree: Node = read["statements"][0]["node"]
    return tree


def walk(tree: Any) -> Iterator[Node]:
    """Every object of the tree, however deep it is."""
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def check_node(node: Node) -> None:
    """Refuses an expression, a table or a function that is not listed."""
    kind, group = str(node.get("type", "")), node.get("class")
    is_known = kind in KINDS or not kind
    if group is not None:
        is_known = group in CLASSES and (group != "OPERATOR" or kind in OPERATORS)
    if not is_known:
        raise QueryRefused(f"{name_part(kind)} is not allowed here.")
    if kind == "TABLE_FUNCTION" and name_function(node["function"]) not in TABLE_FUNCTIONS:
        raise QueryRefused(f"Only the table calls can be read, not {name_function(node['function'])}.")
    if "function_name" in node:
        check_function(node)


def check_function(node: Node) -> None:
    """Refuses a function that is not listed, or that is named by its schema."""
    name = name_function(node)
    if name not in FUNCTIONS | TABLE_FUNCTIONS or node.get("schema") or node.get("catalog"):
        raise QueryRefused(f"The function {name} is not allowed here.")


def check_uses(nodes: list[Node]) -> None:
    """Refuses what grows with every use beyond a few of them, and a list of numbers where no table stands."""
    tables = {id(node["function"]) for node in nodes if node.get("type") == "TABLE_FUNCTION"}
    names = [name_function(node) for node in nodes if "function_name" in node and id(node) not in tables]
    for name, most in MOST_USES.items():
        if names.count(name) > most:
            raise QueryRefused(f"The query uses {name} too often.")
    if sum(node.get("class") == "STAR" for node in nodes) > MOST_STARS:
        raise QueryRefused("The query uses * too often.")


def name_function(node: Node) -> str:
    """The name of a called function; names are not case sensitive."""
    return str(node["function_name"]).lower()[:80]


def check_tables(tree: Node) -> None:
    """Refuses other tables than `calls` and the query's own, and more of them joined than a plan can take."""
    own: dict[str, Node] = {}
    for name, part in list_parts(tree):
        if name in own or not OWN_NAME.fullmatch(name):
            raise QueryRefused(f"A part of the query cannot be called {say_name(name)}.")
        own[name] = part
    if count_tables(own, tree, ()) > MOST_JOINED:
        raise QueryRefused("The query joins too many tables.")


def list_parts(tree: Node) -> Iterator[tuple[str, Node]]:
    """The parts a query names with WITH."""
    for node in walk(tree):
        named = node.get("cte_map")
        for entry in named["map"] if isinstance(named, dict) else ():
            yield str(entry["key"]).lower(), entry["value"]


def count_tables(own: Mapping[str, Node], tree: Node, seen: tuple[str, ...]) -> int:
    """How many times a table is read once every named part is put in its place; stops beyond the limit."""
    total = 0
    for node in walk(tree):
        if node.get("type") == "BASE_TABLE":
            name = name_table(node)
            if name in seen or (name not in own and name != "calls"):
                raise QueryRefused(f"Only the table calls can be read, not {say_name(name)}.")
            total += max(1, count_tables(own, own[name], (*seen, name))) if name in own else 1
        if total > MOST_JOINED:
            break
    return total


def name_table(node: Node) -> str:
    """The table's name; one of another schema, catalog or version is refused."""
    name = str(node["table_name"]).lower()
    if node.get("schema_name") or node.get("catalog_name") or node.get("at_clause"):
        raise QueryRefused(f"Only the table calls can be read, not {say_name(name)}.")
    return name


def bound_cells(
    connection: duckdb.DuckDBPyConnection, select: str, calls: str, parameters: Mapping[str, Any], most_rows: int
) -> str:
    """The guest's statement with long cells cut, so that a result is bounded before it reaches us."""
    described = connection.execute(f"{calls}SELECT * FROM (\n{select}\n) LIMIT 0", dict(parameters) or None).description
    if not described or len(described) > MOST_COLUMNS:
        raise QueryRefused(f"The result would have more than {MOST_COLUMNS} columns.")
    names = [f"column_{number}" for number, _ in enumerate(described)]
    cells = ", ".join(
        f"{bound_cell(name, str(item[1]))} AS {quote_name(item[0])}"
        for name, item in zip(names, described, strict=True)
    )
    return f"SELECT {cells}\nFROM (\n{select}\n) AS wanted({', '.join(names)})\nLIMIT {most_rows + 1}"


def bound_cell(name: str, kind: str) -> str:
    """The column as it is, or the beginning of its text."""
    return name if PLAIN_TYPES.match(kind) else f"left({name}::VARCHAR, {MOST_CELL_CHARACTERS})"


def quote_name(name: str) -> str:
    """A column's name as an SQL identifier."""
    return '"' + name.replace('"', '""')[:MOST_CELL_CHARACTERS] + '"'


def say_name(name: str) -> str:
    """A table's name; a path is not repeated."""
    return name[:80] if re.fullmatch(r"\w+", name) else "a file"


def name_part(kind: str) -> str:
    """A part of a statement in words."""
    return kind.replace("_", " ").capitalize() or "This part"


def describe_statement(sql: str, parameters: Mapping[str, Any]) -> str:
    """The statement as shown to people; the values stand in comments, each on one line."""
    listed = [f"-- ${name} = {json.dumps(value, default=str)}" for name, value in parameters.items()]
    return "\n".join([sql.strip(), *listed])


def say_error(error: Exception) -> str:
    """The database's own words, without its hints and without the path of any file."""
    return PATH.sub("(a file)", str(error).strip().partition("\n")[0])[:LONGEST_ERROR]
