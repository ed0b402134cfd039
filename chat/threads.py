"""Services of threads: create, post, rename, archive."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat.emitter import append_now
from chat.errors import AgentNotFound, ClientIdTaken, TextUnusable
from chat.events import EventType, NewEvent, build_event
from chat.log import lock_stream
from chat.models import Agent, Message, Run, Thread
from chat.runs import announce_queued, check_client_id, queue_run
from chat.selectors import thread_for
from chat.serializers import shape_message, shape_thread

MOST_CHARACTERS: Final = 32_000
TITLE_CHARACTERS: Final = 80
DEFAULT_AGENT: Final = "netra"
AGENT_NAME: Final = re.compile(r"[a-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Posted:
    """What a message became."""

    message: Message
    run: Run


def create_thread(user: User, title: str = "") -> Thread:
    """A new, empty thread."""
    with transaction.atomic():
        lock_stream(user.id)
        thread = Thread.objects.create(user=user, title=title, titled_by="user" if title else "auto")
        append_now([thread_event(thread)])
    return thread


def post_message(
    user: User,
    *,
    text: str,
    client_id: str,
    thread_id: uuid.UUID | None = None,
    agent_name: str = DEFAULT_AGENT,
    request_id: str = "",
) -> Posted:
    """Stores what the user said and queues its run, in one transaction; the same client_id gives the same answer.

    Without a thread a new one is begun.
    """
    check_client_id(client_id)
    check_text(text)
    with transaction.atomic():
        lock_stream(user.id)
        known = Run.objects.filter(user=user, client_id=client_id).select_related("question").first()
        if known:
            return known_answer(known, text, thread_id, agent_name)
        thread = thread_for(user, thread_id) if thread_id else Thread.objects.create(user=user)
        message = add_question(thread, text)
        run = queue_run(
            user=user,
            thread=thread,
            question=message,
            agent=find_agent(agent_name),
            client_id=client_id,
            request_id=request_id,
        )
        append_now([message_event(message, thread)])
        announce_queued(run)
    return Posted(message, run)


def find_agent(name: object) -> Agent:
    """The agent of this name in the directory of those who may be asked."""
    if not isinstance(name, str) or not AGENT_NAME.fullmatch(name):
        raise AgentNotFound
    found = Agent.objects.filter(name=name).first()
    if found is None:
        raise AgentNotFound
    return found


def check_text(text: object) -> None:
    """TextUnusable for what cannot be a message."""
    if not isinstance(text, str) or not text.strip():
        raise TextUnusable("Write something first.")
    if len(text) > MOST_CHARACTERS:
        raise TextUnusable(f"A message may have {MOST_CHARACTERS:,} characters; this one has {len(text):,}.")
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise TextUnusable("The message contains characters that cannot be stored (NUL or half a surrogate pair).")


def known_answer(run: Run, text: str, thread_id: uuid.UUID | None, agent_name: str) -> Posted:
    """The answer this client_id already got; ClientIdTaken if it now stands for something else."""
    if run.question.text != text or run.agent_id != agent_name or (thread_id and run.thread_id != thread_id):
        raise ClientIdTaken
    return Posted(run.question, run)


def add_question(thread: Thread, text: str) -> Message:
    """The user's message at the end of the thread, which moves to the top of the list and gets a title."""
    last = Message.objects.filter(thread=thread).order_by("-id").first()
    message = Message.objects.create(thread=thread, parent=last, role=Message.Role.USER, text=text)
    thread.updated_at = timezone.now()
    if not thread.title:
        thread.title = title_from(text)
    thread.save(update_fields=["updated_at", "title"])
    return message


def title_from(text: str) -> str:
    """The first line of a question, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= TITLE_CHARACTERS:
        return line
    return line[:TITLE_CHARACTERS].rsplit(" ", 1)[0] + "…"


def message_event(message: Message, thread: Thread) -> NewEvent:
    """message_posted."""
    return build_event(
        user_id=thread.user_id,
        thread_id=thread.id,
        run_id=message.run_id,
        type=EventType.MESSAGE_POSTED,
        data={"message": shape_message(message), "thread": shape_thread(thread)},
    )


def thread_event(thread: Thread) -> NewEvent:
    """thread_changed."""
    return build_event(
        user_id=thread.user_id,
        thread_id=thread.id,
        type=EventType.THREAD_CHANGED,
        data={"thread": shape_thread(thread)},
    )
