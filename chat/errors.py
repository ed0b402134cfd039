"""What can be wrong with a thread, a run, a message or a frame; each with a stable code."""

from __future__ import annotations

from accounts.errors import NetraError


class ThreadNotFound(NetraError):
    """No such thread, or not this person's."""

    code = "thread_not_found"
    status = 404
    message = "There is no such conversation."


class RunNotFound(NetraError):
    """No such run, or not this person's."""

    code = "run_not_found"
    status = 404
    message = "There is no such run."


class NoticeNotFound(NetraError):
    """No such notice, or not this person's."""

    code = "notice_not_found"
    status = 404
    message = "There is no such notice."


class RunAlreadyFinished(NetraError):
    """The run has its terminal event."""

    code = "run_already_finished"
    status = 409
    message = "This run has already ended."


class RunNotFinished(NetraError):
    """The run still works, so it cannot be tried again."""

    code = "run_not_finished"
    status = 409
    message = "This run has not ended yet. Stop it first, or wait for its end."


class AgentNotFound(NetraError):
    """Nobody of this name may be asked."""

    code = "agent_not_found"
    status = 404
    message = "There is no agent of this name."


class AgentUnavailable(NetraError):
    """Staff switched the agent off, or the account's tier does not include it."""

    code = "agent_unavailable"
    status = 409
    message = "This agent is not available to your account. Ask an administrator."


class TextUnusable(NetraError):
    """The text is empty, too long or holds what cannot be stored."""

    code = "text_unusable"
    status = 400
    message = "Write a message of 1 to 32,000 characters."


class ClientIdUnusable(NetraError):
    """The client's id of a command is missing or malformed."""

    code = "client_id_unusable"
    status = 400
    message = "client_id must be 1 to 64 letters, digits, dots, dashes or underscores."


class ClientIdTaken(NetraError):
    """The same client id came with another command."""

    code = "client_id_taken"
    status = 409
    message = "This client_id was already used for another message."


class BadFrame(NetraError):
    """A frame that is not one of the protocol's commands."""

    code = "bad_frame"
    message = "Send one JSON object a frame, with a known command."


class UnknownCommand(NetraError):
    """A command the protocol does not have."""

    code = "unknown_command"
    message = "There is no such command."


class HelloRequired(NetraError):
    """The socket has not said hello, so it has no cursor."""

    code = "hello_required"
    message = "Say hello first."


class InvalidQuery(NetraError):
    """A query parameter is not usable."""

    code = "invalid"
    message = "A query parameter is not usable."


class CursorAhead(NetraError):
    """A place nobody has been sent yet."""

    code = "cursor_ahead"
    status = 400
    message = "This place is ahead of the log. Acknowledge only what you have received."


class EpochChanged(NetraError):
    """A place in a log that has been replaced."""

    code = "epoch_changed"
    status = 409
    message = "The log was replaced by another one. Fetch the snapshot and go on from its as_of_seq and epoch."


class ChannelOff(NetraError):
    """The operator has switched this way of delivery off."""

    code = "channel_off"
    status = 503
    message = "Direct connections are switched off here. Use the socket, or ask for events without wait."


class ForeignOrigin(NetraError):
    """A page of another site asks with this person's session."""

    code = "foreign_origin"
    status = 403
    message = "Only pages of this site may read the log with a session. Use an API key."


class TooManyConnections(NetraError):
    """The tier's number of open pages and connections is reached."""

    code = "too_many_connections"
    status = 429
    message = "You have as many open pages and connections as your plan allows. Close one and try again."


class EventInvalid(Exception):
    """Our own code built an event the schema does not know: a bug, never a client's mistake."""


class Fenced(Exception):
    """The run is no longer this worker's: somebody ended it or took it over."""
