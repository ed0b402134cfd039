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


class ImportNotFound(NetraError):
    """The data set has no import this could be about."""

    code = "import_not_found"
    status = 404
    message = "There is no import to do this with."


class ImportUnderWay(NetraError):
    """A data set takes one import at a time."""

    code = "import_under_way"
    status = 409
    message = "This data set is being imported right now. Wait for the end, or cancel it."


class TooManyImports(NetraError):
    """More uploads wait than one person may have waiting."""

    code = "too_many_imports"
    status = 409
    message = "Several of your imports are still open. Wait for one to end, or cancel it, and try again."


class ImportAlreadyFinished(NetraError):
    """Too late to cancel or to map again."""

    code = "import_already_finished"
    status = 409
    message = "This import has already ended."


class NothingToImport(NetraError):
    """A request for an import without anything in it."""

    code = "nothing_to_import"
    status = 400
    message = "Send a file, a text or rows."


class UploadTooLarge(NetraError):
    """More bytes than the account's tier allows at once."""

    code = "upload_too_large"
    status = 413
    message = "The file is larger than this account may upload at once. Split it, or compress it with gzip."


class UploadUnreadable(NetraError):
    """The upload as a whole cannot be read; the sentence says what is wrong with it."""

    code = "upload_unreadable"
    status = 400
    message = "The file cannot be read."


class FormatUnknown(NetraError):
    """Nothing is known that looks like this file; a mapping helps."""

    code = "format_unknown"
    status = 400
    message = "The format of this file is not known. Say which column is what."


class DataLimitReached(NetraError):
    """More rows than the account's tier may keep."""

    code = "data_limit_reached"
    status = 413
    message = "This account may not keep so many rows. Delete a data set you no longer need, or import less."


class ImportLost(NetraError):
    """The import was interrupted again and again."""

    code = "worker_lost"
    status = 500
    message = "The import was interrupted three times. Nothing was kept of it; try again."


class NoUsableRows(NetraError):
    """Every row was rejected."""

    code = "no_usable_rows"
    status = 400
    message = "No row of this file could be used. The list of rejected rows says why."


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


class CallNotRepeated(NetraError):
    """A tool call that gave a result gives none a second time."""

    code = "call_not_repeated"
    status = 500
    message = "This result could not be computed again."


class TeamOrderImpossible(NetraError):
    """What the agents need and yield does not fit together."""

    code = "team_order_impossible"
    status = 500
    message = "The agents of the team cannot be put in an order. Tell the administrator."


class UnknownAgent(NetraError):
    """The team has no agent of this name."""

    code = "unknown_agent"
    status = 404
    message = "There is no agent of this name."


class MappingWrong(NetraError):
    """A column mapping that cannot be used."""

    code = "mapping_wrong"
    status = 400
    message = "This mapping cannot be used."


class UnknownFormat(NetraError):
    """No format of this name."""

    code = "unknown_format"
    status = 400
    message = "There is no format of this name."


class PricesUnknown(NetraError):
    """No price book there ever was goes by this version."""

    code = "prices_unknown"
    status = 404
    message = "These prices can no longer be looked up."


class DataLacking(NetraError):
    """The data set has not what a tool needs; the sentence names exactly what is missing."""

    code = "data_lacking"
    status = 409
    message = "This data set lacks what the question needs."


class ModelResting(NetraError):
    """A model that failed five times in a row is not asked for a while."""

    code = "model_resting"
    status = 503

    def __init__(self, seconds: float) -> None:
        self.retry_after = seconds
        whole = max(1, -int(-seconds // 1))
        super().__init__(
            "The model failed five times in a row and is given a rest. "
            f"Retry in {whole} seconds, or choose another model.",
            retry_after=whole,
        )


class ModelNotConfigured(NetraError):
    """A model whose provider this installation has no access to."""

    code = "model_not_configured"
    status = 503
    message = "This model is not set up here. Ask the administrator to set it up, or to choose another one."
