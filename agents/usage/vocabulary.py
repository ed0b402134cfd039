"""The parts a guest's statement may be made of: what DuckDB can bound in memory and interrupt in time."""

from __future__ import annotations

from typing import Final

LONGEST_STATEMENT: Final = 10_000
MOST_CELL_CHARACTERS: Final = 2_000
MOST_COLUMNS: Final = 100
MOST_JOINED: Final = 12
MOST_STARS: Final = 6
# What makes a value larger than its parts, so that a few in a row would make gigabytes of one word; and lists.
MOST_USES: Final = {"||": 3, "concat": 1, "concat_ws": 1, "row": 2, "range": 0, "generate_series": 0}

CLASSES: Final = frozenset(
    (
        *("COLUMN_REF", "CONSTANT", "FUNCTION", "COMPARISON", "CONJUNCTION", "OPERATOR", "CASE", "CAST", "BETWEEN"),
        *("SUBQUERY", "STAR", "WINDOW", "TYPE"),
    )
)
OPERATORS: Final = frozenset(
    ("OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_COALESCE", "COMPARE_IN", "COMPARE_NOT_IN")
)
# Everything of a tree that has a type and is no expression: statements, tables, and what modifies them.
KINDS: Final = frozenset(
    (
        *("SELECT_NODE", "SET_OPERATION_NODE", "BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EMPTY"),
        *("EXPRESSION_LIST", "ORDER_MODIFIER", "LIMIT_MODIFIER", "DISTINCT_MODIFIER"),
        *("ORDER_DEFAULT", "ASCENDING", "DESCENDING"),
    )
)
TABLE_FUNCTIONS: Final = frozenset(("range", "generate_series"))
FUNCTIONS: Final = frozenset(
    (
        # arithmetic and comparison
        *("+", "-", "*", "/", "//", "%", "abs", "ceil", "ceiling", "floor", "round", "sign", "sqrt", "pow", "power"),
        *(
            "trunc",
            "row",
            "ln",
            "log",
            "log2",
            "log10",
            "exp",
            "mod",
            "greatest",
            "least",
            "isnan",
            "isfinite",
            "divide",
            "if",
        ),
        # missing values
        *("ifnull", "nullif", "coalesce"),
        # aggregates
        *(
            "count",
            "count_star",
            "trunc",
            "row",
            "count_if",
            "countif",
            "sum",
            "avg",
            "mean",
            "min",
            "max",
            "median",
            "mode",
        ),
        *("any_value", "first", "last", "arg_min", "arg_max", "min_by", "max_by", "bool_and", "bool_or", "fsum"),
        *("quantile", "quantile_cont", "quantile_disc", "approx_quantile", "approx_count_distinct", "product"),
        *("stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp", "corr", "covar_pop", "covar_samp"),
        *("regr_slope", "regr_intercept", "regr_r2", "skewness", "kurtosis", "entropy", "grouping", "grouping_id"),
        # windows
        *("row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"),
        *("first_value", "last_value", "nth_value"),
        # text that does not grow
        *("lower", "upper", "lcase", "ucase", "length", "len", "strlen", "left", "right", "substring", "substr"),
        *("trim", "ltrim", "rtrim", "contains", "starts_with", "ends_with", "prefix", "suffix", "strpos", "position"),
        *("instr", "split_part", "reverse", "md5", "hash", "regexp_matches", "regexp_full_match", "regexp_extract"),
        *("~~", "!~~", "~~*", "!~~*", "~", "!~", "like_escape", "not_like_escape", "ilike_escape", "not_ilike_escape"),
        *("json_extract_string", "json_extract", "->>", "||", "concat", "concat_ws"),
        # time
        *(
            "date_trunc",
            "date_part",
            "datepart",
            "datetrunc",
            "extract",
            "date_diff",
            "datediff",
            "date_add",
            "date_sub",
        ),
        *("datesub", "strftime", "strptime", "try_strptime", "make_date", "make_timestamp", "year", "quarter", "month"),
        *("week", "weekofyear", "yearweek", "day", "dayofmonth", "dayofweek", "dayofyear", "weekday", "isodow", "hour"),
        *("minute", "second", "millisecond", "microsecond", "epoch", "epoch_ms", "epoch_us", "dayname", "monthname"),
        *("last_day", "time_bucket", "to_days", "to_weeks", "to_months", "to_years", "to_hours", "to_minutes"),
        *("to_seconds", "to_milliseconds", "to_timestamp", "isoyear", "era", "century"),
    )
)
