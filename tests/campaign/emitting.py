"""An emitter's process: runs of made-up text through the product's emitter, as a worker writes them.

The first line on its input is an Order, those that follow are commands; each commit is noted before and after.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.campaign import recording
from tests.campaign.people import Person, make_people
from tests.campaign.recording import Recorder, mark_of

if TYPE_CHECKING:
    from chat.emitter import RunStream
    from chat.runs import ClaimedRun
    from tests.campaign.writing import RecordingWriter

OWNER: Final = f"campaign:{os.getpid()}"
WORDS: Final = ("log", "truth", "push", "speed", "lost", "way", "on", "and", "of", "all")
RENEW_SECONDS: Final = 1.0
MOST_BEHIND_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Order:
    """What the emitter is to do; `runs_a_person` are written side by side, each in a thread of its own."""

    people: int
    file: str
    secret: str
    seed: int
    events_a_second: float
    events_a_run: int = 150
    runs_a_person: int = 1

    def encode(self) -> str:
        """One line."""
        return json.dumps(asdict(self))


class Emitter:
    """All runs of this process: one writer, one publisher, and one run after the other in each lane."""

    def __init__(self, order: Order, people: list[Person], recorder: Recorder) -> None:
        self.order = order
        self.people = people
        self.recorder = recorder
        self.stopping = asyncio.Event()
        self.streams: dict[Any, RunStream] = {}
        self.ended = 0
        self.lost = 0

    async def work(self) -> None:
        """Emits until told to stop, then ends every run that is open."""
        from chat.emitter import publisher_thread
        from tests.campaign.writing import RecordingWriter

        publisher_thread.start()
        writer = RecordingWriter(publisher_thread.submit, self.recorder)
        background = [asyncio.create_task(writer.run()), asyncio.create_task(self.renew_leases())]
        lanes = [person for person in self.people for _ in range(self.order.runs_a_person)]
        await asyncio.gather(*(self.serve(writer, lane, person) for lane, person in enumerate(lanes)))
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await writer.close()

    async def serve(self, writer: RecordingWriter, lane: int, person: Person) -> None:
        """One run of this person after the other."""
        from chat.emitter import RunStream

        chance = random.Random(f"{self.order.seed} {lane}")
        pause = len(self.people) * self.order.runs_a_person / self.order.events_a_second
        await asyncio.sleep(chance.uniform(0, pause))
        thread = None
        while not self.stopping.is_set():
            claimed = await begin_run(person, thread)
            thread = claimed.run.thread_id
            self.recorder.write_through(recording.BEGUN, person.id, str(claimed.run.id))
            # Every fifth person's deltas are merged, as on the smaller plans.
            stream = RunStream.of(writer, claimed.run, merge_deltas=lane % 5 == 0)
            self.streams[claimed.run.id] = stream
            try:
                await self.write_run(claimed, stream, chance, pause)
            finally:
                del self.streams[claimed.run.id]
                stream.close()

    async def write_run(self, claimed: ClaimedRun, stream: RunStream, chance: random.Random, pause: float) -> None:
        """A start, deltas on a clock, and the end a worker gives it."""
        from agents.engine.specs import Outcome, RunStatus
        from agents.execution import finish
        from chat.errors import Fenced
        from chat.serializers import shape_run

        mark, texts = mark_of(self.order.secret, str(claimed.user.id)), []
        length = chance.randint(self.order.events_a_run // 2, self.order.events_a_run * 3 // 2)
        try:
            start = {"run": shape_run(claimed.run), "title": "Campaign", "model": "none"}
            await stream.emit("agent_started", start, "netra")
            due = time.monotonic()
            for _ in range(length):
                # On a clock, so that a slow moment costs no events; a long one is not made up for.
                due = max(due + pause * chance.uniform(0.5, 1.5), time.monotonic() - MOST_BEHIND_SECONDS)
                await asyncio.sleep(due - time.monotonic())
                texts.append(f"{mark} {' '.join(chance.choices(WORDS, k=4))} ")
                await stream.emit("message_delta", {"delta": texts[-1], "part": 0}, "netra")
                if self.stopping.is_set():
                    break
            await finish(claimed, stream, Outcome(RunStatus.COMPLETED, "".join(texts), "[]"))
            self.recorder.write_through(recording.ENDED, str(claimed.run.id))
            self.ended += 1
        except Fenced as error:
            self.recorder.write_through(recording.LOST, str(claimed.run.id), str(error))
            self.lost += 1

    async def renew_leases(self) -> None:
        """Keeps the runs, as a worker does."""
        from agents.worker import note_renewal
        from chat.log import Connections
        from chat.log.connections import DATABASE_GONE
        from chat.runs import renew_leases

        connections = Connections(1)
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            open_streams = {run: stream.writes for run, stream in self.streams.items() if stream.writes.ending is None}
            try:
                async with connections.lend() as connection:
                    kept = await renew_leases(connection, OWNER, list(open_streams))
            except DATABASE_GONE:
                continue
            for run, writes in open_streams.items():
                note_renewal(writes, kept.get(run))


async def begin_run(person: Person, thread_id: Any) -> ClaimedRun:
    """A run of this person, claimed by this process, once the database lets it."""
    import uuid

    from agents.engine.database import in_database

    return await in_database(create_and_claim, person, thread_id, uuid.uuid4().hex)


def create_and_claim(person: Person, thread_id: Any, client_id: str) -> ClaimedRun:
    """One transaction, so that no worker sees the run queued; one whose commit was in doubt is found again."""
    from django.db import transaction

    from chat.models import Agent, Message, Run, Thread
    from chat.runs import ClaimedRun, claim_run

    known = Run.objects.select_related("user", "question").filter(client_id=client_id, user_id=person.id).first()
    if known is not None:
        return ClaimedRun(known, known.question, known.user, OWNER)
    with transaction.atomic():
        # After a backup was put back the thread may not be there any more, or be busy with a run that has no end yet.
        free = Thread.objects.filter(id=thread_id).exclude(runs__status__in=("queued", "running"))
        thread = free.first() or Thread.objects.create(user_id=person.id)
        question = Message.objects.create(thread=thread, role="user", text="campaign")
        agent = Agent.objects.get(name="netra")
        run = Run.objects.create(
            user_id=person.id, thread=thread, question=question, agent=agent, mode="performance", client_id=client_id
        )
        claimed = claim_run(run.id, OWNER)
        assert claimed is not None, "a run nobody else can see was not to be had"
    return claimed


def listen_to_commands(emitter: Emitter, loop: asyncio.AbstractEventLoop) -> None:
    """Commands come from another thread, one a line: `disturb {...}`, `stop`; the end of the input stops too."""
    from tests.campaign.disturbing import disturb_layer

    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "disturb":
            disturb_layer(**json.loads(rest))
        elif word == "stop":
            break
    loop.call_soon_threadsafe(emitter.stopping.set)


async def main() -> None:
    """Makes the people, says who they are, waits for the word, emits."""
    order = Order(**json.loads(sys.stdin.readline()))
    people = await asyncio.to_thread(make_people, order.people)
    print(json.dumps(people), flush=True)
    assert sys.stdin.readline().strip() == "pour"
    recorder = Recorder(Path(order.file))
    emitter = Emitter(order, people, recorder)
    loop = asyncio.get_running_loop()
    threading.Thread(target=listen_to_commands, args=(emitter, loop), daemon=True).start()
    await emitter.work()
    recorder.close()
    print(json.dumps({"ended": emitter.ended, "lost": emitter.lost}), flush=True)


if __name__ == "__main__":
    import django

    django.setup()
    from chat.readiness import settle_memory

    settle_memory()
    asyncio.run(main())
