"""Real runs for a scene: people ask, the product's own workers answer, a made-up provider streams the words."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from tests.campaign.people import Person, make_people
from tests.campaign.recording import MARK, mark_of
from tests.campaign.scene import Scene
from tests.models.replies import Asked, Fault, Reply, Text, say
from tests.models.server import Brain
from tests.stack.clients import Caller
from tests.stack.wire_team import agent_of, play

ASKERS: Final = 8
PATIENCE_SECONDS: Final = 60.0
WORDS: Final = 70
# Id, status and attempt of each run.
Runs = Sequence[tuple[str, str, int]]


def stream_long(asked: Asked) -> Reply:
    """Triage as it is; whoever answers people streams a long text with the canary of who asked."""
    if agent_of(asked) != "data_helper":
        return play(asked)
    marks = MARK.findall(asked.text)
    return say(Text("".join(f"{marks[-1] if marks else '?'} answer {number} " for number in range(WORDS // 5))))


def with_fault(fault: Fault) -> Brain:
    """The long answer with a fault of the provider in it."""

    def answer(asked: Asked) -> Reply:
        reply = stream_long(asked)
        return reply if agent_of(asked) != "data_helper" else Reply(reply.parts, reply.tokens, fault)

    return answer


def invite(scene: Scene, count: int, *, brain: Brain = stream_long, pause_seconds: float = 0.01) -> None:
    """People who may ask, all of them listening, and a provider that takes its time."""
    scene.stage.enter_product()
    scene.stage.models.brain = brain
    scene.stage.models.pause_seconds = pause_seconds
    scene.people = make_people(count)
    scene.listen(scene.people)


def ask_everybody(scene: Scene, times: int = 1) -> list[tuple[Caller, str]]:
    """Each person asks in so many threads at once; the runs that were accepted."""
    asking = [person for person in scene.people for _ in range(times)]
    with ThreadPoolExecutor(ASKERS) as pool:
        return list(pool.map(lambda person: ask(scene, person), asking))


def ask(scene: Scene, person: Person) -> tuple[Caller, str]:
    """One question in a thread of its own, asked until it is accepted."""
    caller = Caller(scene.stage.stack.port, person.key)
    thread = insist(caller, "threads/", {})["id"]
    text = f"What do we spend? {mark_of(scene.secret, person.id)}"
    run = insist(caller, f"threads/{thread}/messages/", {"text": text, "client_id": uuid.uuid4().hex})["run"]["id"]
    scene.note_asked(person.id, run)
    return caller, run


def insist(caller: Caller, path: str, body: dict[str, Any]) -> Any:
    """The content of an answer that is good in the end."""
    answer = caller.insist("POST", path, body, PATIENCE_SECONDS)
    assert answer.status == 201, answer.body
    return answer.content


def wait_runs(scene: Scene, is_true: Callable[[Runs], bool], failure: str) -> None:
    """Returns once the runs of this scene (id, status, attempt) are as wanted."""
    scene.wait(lambda: is_true(read_runs(scene)), failure)


def read_runs(scene: Scene) -> list[tuple[str, str, int]]:
    """Id, status and attempt of every run of these people."""
    from tests.campaign.truth import connect

    with connect(scene.stage.database_url) as connection:
        return connection.execute(
            "SELECT id::text, status, attempt FROM chat_run WHERE user_id = ANY(%s::uuid[])", (scene.users,)
        ).fetchall()


def all_ended(runs: Runs) -> bool:
    """True once none is on its way."""
    return all(status not in ("queued", "running") for _, status, _ in runs)
