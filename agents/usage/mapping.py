"""Which column of generic data is which field: our fields, the rules of a mapping, and the reader compiled from one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from agents.errors import MappingWrong
from agents.usage import naming, numbers, times
from agents.usage.records import Grain, Match, Reader, Reading, Record, UsageRow

Getter = Callable[[Record], Any]
GetterFor = Callable[[str], Getter]
Step = tuple[str, Getter, Callable[[Any], Any]]


@dataclass(frozen=True, slots=True)
class TargetField:
    """One of our fields, as the mapping form shows it."""

    name: str
    label: str
    description: str
    kind: str = "name"
    required: bool = False


FIELDS: Final = (
    TargetField("time", "Time", "When the call began, or the day or hour a total is about.", "time", required=True),
    TargetField("end_time", "End time", "When the call ended; gives the latency where no column does.", "moment"),
    TargetField("provider", "Provider", "Who runs the model, for example openai."),
    TargetField("model", "Model", "The model's name; without it rows have no list price."),
    TargetField("input_tokens", "Input tokens", "Tokens sent to the model.", "count"),
    TargetField("output_tokens", "Output tokens", "Tokens the model wrote.", "count"),
    TargetField("cached_read_tokens", "Cached input tokens", "Input tokens read from a cache.", "count"),
    TargetField("cache_write_5m_tokens", "Cache writes", "Input tokens written to a cache (five minutes).", "count"),
    TargetField("cache_write_1h_tokens", "Cache writes, 1 h", "Input tokens written to a cache (one hour).", "count"),
    TargetField("reasoning_tokens", "Reasoning tokens", "Output tokens spent on thinking.", "count"),
    TargetField("total_tokens", "Total tokens", "The source's own total, to check the others.", "count"),
    TargetField("requests", "Requests", "How many calls a row stands for.", "count"),
    TargetField("billed_cost", "Cost", "What was billed.", "amount"),
    TargetField("currency", "Currency", "The currency of the cost."),
    TargetField("latency_ms", "Latency", "How long the call took.", "duration"),
    TargetField("first_token_ms", "First token", "How long until the first token.", "duration"),
    TargetField("status", "Status", "Whether it worked: a word, a HTTP status, or true and false.", "any"),
    TargetField("error", "Error", "The kind of error.", "any"),
    TargetField("user_name", "User", "Who called."),
    TargetField("team", "Team", "The team, project or customer that pays."),
    TargetField("feature", "Feature", "The application or the task it was for."),
    TargetField("session", "Session", "The conversation or the agent run."),
    TargetField("request_id", "Request id", "Names one call; a call is never counted twice.", "id"),
    TargetField("prompt_hash", "Prompt hash", "Tells equal prompts."),
    TargetField("prompt", "Prompt", "The prompt's text; only a hash of it is kept.", "text"),
    TargetField("finish_reason", "Finish reason", "Why the answer ended.", "extra"),
    TargetField("max_tokens", "Output limit", "The limit that was asked for.", "extra"),
    TargetField("temperature", "Temperature", "The temperature that was asked for.", "extra"),
    TargetField("service_tier", "Service tier", "Standard, batch, priority or flex.", "extra"),
    TargetField("batch", "Batch", "Whether it was sent by a batch API.", "extra"),
    TargetField("tool", "Tool", "The tool that was called.", "extra"),
    TargetField("api_key_id", "API key id", "The id or alias of the key, never the key itself.", "extra"),
)
KINDS: Final = {field.name: field.kind for field in FIELDS}
LABELS: Final = {field.name: field.label for field in FIELDS}
TOKENS: Final = frozenset(("input_tokens", "output_tokens"))
COUNTED: Final = TOKENS | {"billed_cost", "requests"}
TESTS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "time": times.is_time,
    "moment": times.is_date,
    "count": numbers.is_number,
    "amount": numbers.is_number,
    "duration": numbers.is_duration,
    "text": lambda value: not numbers.is_number(value),
}
CHOICES: Final[Mapping[str, Sequence[object]]] = {
    "input_includes_cached": (True, False),
    "output_includes_reasoning": (True, False),
    "grain": tuple(Grain),
    "latency_unit": tuple(numbers.UNITS),
    "first_token_unit": tuple(numbers.UNITS),
}


def check_mapping(mapping: Mapping[str, Any], options: Mapping[str, Any], columns: Iterable[str] = ()) -> None:
    """MappingWrong with a sentence for a mapping or options nothing can be read with."""
    known = set(columns)
    for field, source in mapping.items():
        if field not in KINDS:
            raise MappingWrong(f"There is no field “{field}”.")
        if not isinstance(source, str) and not is_constant(source):
            raise MappingWrong(f"{LABELS[field]} must be the name of a column, or a constant: {{“value”: …}}.")
        if known and isinstance(source, str) and source not in known:
            raise MappingWrong(f"The file has no column “{source}” (chosen for {LABELS[field]}).")
    needs = {"the time": {"time"}, "tokens, a cost or a number of requests": COUNTED}
    missing = [what for what, fields in needs.items() if not fields & set(mapping)]
    if missing:
        raise MappingWrong(f"The mapping does not say which column holds {' and which '.join(missing)}.")
    check_options(options)


def is_constant(source: Any) -> bool:
    """Whether a field gets one value for all rows."""
    return isinstance(source, Mapping) and set(source) == {"value"} and isinstance(source["value"], str | int | float)


def check_options(options: Mapping[str, Any]) -> None:
    """MappingWrong for an option that is none."""
    for name, choices in CHOICES.items():
        if options.get(name) is not None and options[name] not in choices:
            raise MappingWrong(f"The option {name} must be one of: {', '.join(map(str, choices))}.")
    if not isinstance(options.get("currency") or "", str):
        raise MappingWrong("The option currency must be a code such as USD.")
    try:
        times.check_time_options(options)
    except ValueError as error:
        raise MappingWrong(str(error)) from error


def open_mapped_reader(reading: Reading, getter_for: GetterFor) -> Reader:
    """The reader of a checked mapping; what can be decided once is decided here, not for each record."""
    check_mapping(reading.mapping, reading.options)
    return MappedReader(reading, getter_for)


class MappedReader:
    """Turns one generic record into its row."""

    def __init__(self, reading: Reading, getter_for: GetterFor) -> None:
        mapping, options = reading.mapping, reading.options
        self._get = {field: make_getter(source, getter_for) for field, source in mapping.items()}
        self._grain = find_grain(mapping, options)
        self._requests = 1 if self._grain == Grain.CALL else 0
        self._clock = times.open_clock(options)
        self._steps = list(self._make_steps(options))
        self._extras = [(name, get) for name, get in self._get.items() if KINDS[name] == "extra"]
        self._input_inclusive = numbers.input_includes_cached(mapping, options)
        self._output_inclusive = numbers.output_includes_reasoning(mapping, options)
        self._splits = any(name in mapping for name in (*numbers.CACHED_FIELDS, "reasoning_tokens"))
        self._finishers = list(self._make_finishers(options))

    def __call__(self, record: Record) -> tuple[UsageRow]:
        row = UsageRow(self._grain, requests=self._requests)
        for name, get, convert in self._steps:
            value = get(record)
            if value is not None and value != "":
                setattr(row, name, convert(value))
        if row.model is not None or row.provider is not None:
            row.provider, row.model = naming.name_model(row.provider, row.model)
        if self._splits:
            numbers.make_disjoint(row, input_inclusive=self._input_inclusive, output_inclusive=self._output_inclusive)
        for finish in self._finishers:
            finish(row, record)
        return (row,)

    def _make_steps(self, options: Mapping[str, Any]) -> Iterable[Step]:
        converters: dict[str, Callable[[Any], Any]] = {
            "time": self._clock,
            "latency_ms": numbers.duration_reader("The latency", options.get("latency_unit")),
            "first_token_ms": numbers.duration_reader("The time to the first token", options.get("first_token_unit")),
            "total_tokens": partial(numbers.read_count, name="The total of tokens"),
            "error": naming.read_error,
        }
        for field, get in self._get.items():
            kind = KINDS[field]
            if kind == "count" and self._grain != Grain.COST:
                name = "source_total" if field == "total_tokens" else field
                yield name, get, converters.get(field) or numbers.count_reader(f"The number of {LABELS[field].lower()}")
            elif kind in {"name", "id"}:
                yield field, get, naming.clean_name
            elif field in converters and kind != "count":
                yield field, get, converters[field]

    def _make_finishers(self, options: Mapping[str, Any]) -> Iterable[Callable[[UsageRow, Record], None]]:
        if "billed_cost" in self._get:
            currency = naming.clean_name(options.get("currency"))
            yield partial(self._add_cost, get=self._get["billed_cost"], currency=currency)
        if "status" in self._get or "error" in self._get:
            yield self._add_status
        if "end_time" in self._get:
            yield self._add_latency
        if "prompt" in self._get:
            yield self._add_prompt
        if self._extras:
            yield self._add_extra

    def _add_cost(self, row: UsageRow, record: Record, *, get: Getter, currency: str | None) -> None:
        found = numbers.read_cost(get(record), "The cost")
        row.billed_cost, written = found or (None, None)
        row.currency = None if found is None else (written or row.currency or currency)
        if row.currency is not None:
            row.currency = row.currency.upper()

    def _add_status(self, row: UsageRow, record: Record) -> None:
        get = self._get.get("status")
        row.status, number = naming.read_status(get(record)) if get else (None, None)
        row.error = row.error or number
        if row.error is not None and row.status is None:
            row.status = "error"

    def _add_latency(self, row: UsageRow, record: Record) -> None:
        value = self._get["end_time"](record)
        if row.latency_ms is None and value not in (None, ""):
            row.latency_ms = times.count_elapsed(row.time, self._clock(value))

    def _add_prompt(self, row: UsageRow, record: Record) -> None:
        row.prompt_hash = row.prompt_hash or naming.hash_prompt(self._get["prompt"](record))

    def _add_extra(self, row: UsageRow, record: Record) -> None:
        row.extra = naming.make_extra(**{name: naming.clean_extra(get(record)) for name, get in self._extras})


def make_getter(source: Any, getter_for: GetterFor) -> Getter:
    """What finds the value in a record: a column, or a constant."""
    if isinstance(source, Mapping):
        constant = source["value"]
        return lambda record: constant
    return getter_for(source)


def find_grain(mapping: Mapping[str, Any], options: Mapping[str, Any]) -> Grain:
    """What a row stands for: with a number of requests a total, with nothing but money a bill, else a call."""
    if options.get("grain"):
        return Grain(options["grain"])
    if "requests" in mapping:
        return Grain.BUCKET
    return Grain.CALL if TOKENS & set(mapping) or "request_id" in mapping else Grain.COST


def propose_mapping(columns: Sequence[str], records: Sequence[Record], getter_for: GetterFor) -> Reading:
    """Which column is which field, by names and sampled values, and what had to be assumed."""
    getters = {column: getter_for(column) for column in columns}
    sampled = {column: numbers.given_values(map(get, records)) for column, get in getters.items()}
    mapping = match_columns(sampled)
    values = {field: sampled[column] for field, column in mapping.items()}
    of_trace = "hash_ids" in columns  # Mooncake's traces count milliseconds
    clock = times.assume_times(values.get("time", ()), in_milliseconds=of_trace)
    options, notes = dict(clock.options), list(clock.notes)
    rows = [{field: getters[column](record) for field, column in mapping.items()} for record in records]
    for name, chosen, note in (
        *assume_units(mapping, values),
        *naming.assume_currency(mapping.get("billed_cost"), mapping.get("currency")),
        *assume_days(mapping, values),
        *numbers.assume_inclusion(mapping, rows),
    ):
        options[name] = chosen
        notes.append(note)
    return Reading(mapping, options, tuple(notes))


def match_columns(sampled: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """The likeliest column of each field; no column is two fields."""
    mapping: dict[str, str] = {}
    for field, kind in KINDS.items():
        free = [column for column in sampled if column not in mapping.values()]
        fitting = (column for column in naming.find_columns(field, free) if fits(kind, column, sampled[column]))
        if (column := next(fitting, None)) is not None:
            mapping[field] = column
    return mapping


def fits(kind: str, column: str, values: Sequence[Any]) -> bool:
    """Whether sampled values can be what their column's name promises; an empty column may be."""
    if kind == "id":
        # A bare id may number the lines of this file only; other files have the same numbers.
        is_long = bool(values) and all(isinstance(value, str) and len(value) > 7 for value in values)
        return is_long or naming.snake(column) != "id"
    if kind in TESTS:
        good = sum(map(TESTS[kind], values)) * 2 >= len(values)
        return good and (bool(values) or kind not in {"time", "moment", "text"})
    return kind == "any" or not any(isinstance(value, dict | list) for value in values)


def assume_units(mapping: Mapping[str, str], values: Mapping[str, Sequence[Any]]) -> Iterable[numbers.Assumption]:
    """The units of durations."""
    for field, option in (("latency_ms", "latency_unit"), ("first_token_ms", "first_token_unit")):
        if field in mapping:
            unit = numbers.guess_duration_unit(mapping[field], values[field])
            yield option, unit, f"{LABELS[field]} (“{mapping[field]}”) is read in {numbers.UNIT_WORDS[unit]}."


def assume_days(mapping: Mapping[str, str], values: Mapping[str, Sequence[Any]]) -> Iterable[numbers.Assumption]:
    """Whole days instead of times are totals of days."""
    single = {"request_id", "requests"} & set(mapping)
    if TOKENS & set(mapping) and not single and all(map(times.is_day, values.get("time", ()))):
        yield "grain", str(Grain.BUCKET), "Times are whole days, so each row is taken as a total of its day."


def describe_match(reading: Reading) -> Match | None:
    """How sure generic data is, which always gives way to a format of its own; None without a time and a figure."""
    found = [field for field in reading.mapping if field in COUNTED]
    if "time" not in reading.mapping or not found:
        return None
    named = ", ".join(f"{LABELS[field].lower()} (“{reading.mapping[field]}”)" for field in ("time", *found))
    return Match(min(20 + len(reading.mapping), 45), f"It has {named}.")
