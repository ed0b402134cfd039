"""What can be wrong with usage data, a query, a tool or a model; each with a stable code."""

from __future__ import annotations

from accounts.errors import NetraError


class DataSetNotFound(NetraError):
    """No such data set, or not this person's."""

    code = "data_set_not_found"
    status = 404
    message = "There is no such data set."


class DataSetNotReady(NetraError):
    """The data set has no finished version yet."""

    code = "data_set_not_ready"
    status = 409
    message = "This data set is still being imported. Try again when its import has finished."


class DataSetReadOnly(NetraError):
    """The shared demo data set is changed by nobody."""

    code = "data_set_read_only"
    status = 403
    message = "The demo data set is shared and cannot be changed. Upload your own data instead."


class QueryRefused(NetraError):
    """The statement is not one single SELECT over the data set."""

    code = "query_refused"
    status = 400
    message = "Only one SELECT over the chosen data set is allowed."


class QueryFailed(NetraError):
    """The database could not execute the statement."""

    code = "query_failed"
    status = 400
    message = "The query could not be executed."


class QueryTimedOut(NetraError):
    """The query ran longer than the account's limit."""

    code = "query_timed_out"
    status = 408
    message = "The query took longer than allowed. Ask about a shorter period or fewer groups."


class QueryMemoryExceeded(NetraError):
    """The query needed more memory or disk than the account's limit."""

    code = "query_memory_exceeded"
    status = 413
    message = "The query needed more memory than allowed. Ask about a shorter period or fewer groups."


class NoDataChosen(NetraError):
    """A tool was called in a thread without a data set."""

    code = "no_data_chosen"
    status = 409
    message = "No data set is chosen in this conversation. Choose one, or the demo data set, and ask again."


class ToolArgumentsWrong(NetraError):
    """A tool was called with arguments that contradict each other."""

    code = "tool_arguments_wrong"
    status = 400
    message = "These arguments do not go together."


class UnknownModel(NetraError):
    """No provider offers a model of this name."""

    code = "unknown_model"
    status = 400
    message = "No model of this name is configured."


class UnknownAgent(NetraError):
    """The team has no agent of this name."""

    code = "unknown_agent"
    status = 404
    message = "There is no agent of this name."
