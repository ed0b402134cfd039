"""A provider's model behind our rules: short prompts out, whole answers in, its key in no error."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import httpx2
from pydantic_ai import RunContext as LibraryContext
from pydantic_ai import exceptions as library
from pydantic_ai.messages import ModelMessage, ModelResponseStreamEvent
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from agents.engine.failures import AnswerCutOff, AnswerUnreadable
from agents.engine.hiding import hide_secret
from agents.engine.trimming import trim_messages

Read = Callable[[], AsyncGenerator[ModelResponseStreamEvent]]
# What the SDKs and the library raise over JSON that is none, or of another shape than agreed.
UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)


class CheckedModel(WrapperModel):
    """The wrapped model; every failure of its provider is one of the library's, and tells nobody the key."""

    def __init__(self, wrapped: Model, secret: str) -> None:
        super().__init__(wrapped)
        self.secret = secret

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: LibraryContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Asks for an answer and hands it on piece by piece."""
        opening = self.wrapped.request_stream(
            trim_messages(messages), model_settings, model_request_parameters, run_context
        )
        async with AsyncExitStack() as stack:
            with self.told_faults():
                response = await stack.enter_async_context(opening)
            # The library has no public place between a provider's stream and its own reading of it.
            read: Read = response._get_event_iterator  # type: ignore[assignment]
            response._get_event_iterator = partial(self.check_events, response, read)  # type: ignore[method-assign]
            yield response

    async def check_events(self, response: StreamedResponse, read: Read) -> AsyncIterator[ModelResponseStreamEvent]:
        """The events of an answer, which has to come to its end."""
        async with aclosing(read()) as events:
            while True:
                with self.told_faults():
                    event = await anext(events, None)
                if event is None:
                    break
                yield event
        if not response.cancelled:
            check_end(response, self.model_name)

    @contextmanager
    def told_faults(self) -> Iterator[None]:
        """Tells whatever a provider does wrong as an error of the library."""
        try:
            yield
        except library.AgentRunError as error:
            hide_secret(error, self.secret)
            if says_no_end(error):
                raise AnswerCutOff(self.model_name) from error
            raise
        except httpx2.HTTPError as error:
            hide_secret(error, self.secret)
            raise library.ModelConnectionError(self.model_name, type(error).__name__) from error
        except UNREADABLE as error:
            hide_secret(error, self.secret)
            raise AnswerUnreadable(self.model_name) from error


def says_no_end(error: library.AgentRunError) -> bool:
    """Whether the library itself noticed that an answer had no end."""
    return type(error) is library.ModelAPIError and error.__cause__ is None and "finish_reason" in error.message


def check_end(response: StreamedResponse, model_name: str) -> None:
    """Makes sure that an answer came to its end, and that this was no refusal."""
    if response.state == "incomplete" or response.finish_reason is None:
        raise AnswerCutOff(model_name)
    if response.finish_reason == "content_filter":
        raise library.ContentFilterError("The model refused to go on.")
