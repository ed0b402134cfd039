"""Twenty people and their runs on two workers, sockets that break: nobody gets a byte of anybody else's."""

from __future__ import annotations

import json
import os
import random
import socket as sockets
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx2
import pytest
from websockets.sync.client import ClientConnection

from netra.config import PROJECT_FOLDER
from tests.agents.bringing import usage
from tests.stack.clients import Caller, SocketClient
from tests.stack.conftest import own_stack
from tests.stack.tenants import Tenant, canary, owners_in
from tests.stack.uploads import wait_imported
from tests.stack_process import Stack, own_environment, wait_until

pytestmark = pytest.mark.long
PEOPLE = 20
THREADS_EACH = 2
RUNS_EACH = 10
QUESTIONS = (
    "What do we spend, by team? {}",
    "Which models are slowest at p95? {}",
    "Which errors do we get, by team? {}",
    "Compare last week with the week before, by team. {}",
)
ADMIN_PAGES = (
    "", "accounts/user/", "accounts/apikey/", "accounts/auditentry/", "chat/thread/", "chat/run/", "chat/agent/",
    "agents/dataset/", "agents/agentsettings/", "chat/run/?q={run}", "chat/thread/?q={thread}", "chat/thread/?q=canary",
    "agents/dataset/?q=canary", "chat/run/?q=canary", "chat/run/{run}/change/", "chat/thread/{thread}/change/",
    "agents/dataset/{data_set}/change/", "agents/priceoverride/",
)  # fmt: skip
DATA_PATHS = ("", "rows/", "rejects/", "rejects/?download", "spend/")


class BreakingClient(SocketClient):
    """A socket client whose line is cut now and then."""

    socket: ClientConnection | None = None

    def _talk(self, socket: ClientConnection) -> None:
        self.socket = socket
        super()._talk(socket)

    def cut(self) -> None:
        """The line is gone without a word."""
        if self.socket is not None:
            try:
                self.socket.socket.shutdown(sockets.SHUT_RDWR)
            except OSError:
                return


class House:
    """A running Netra and the people in it."""

    def __init__(self, stack: Stack, runs_each: int) -> None:
        self.runs_each = runs_each
        environment = own_environment() | stack.addresses
        environment |= {"NETRA_DATA_DIR": str(stack.data_dir), "DJANGO_SETTINGS_MODULE": "netra.settings"}
        made = subprocess.run(
            [sys.executable, "-m", "tests.stack.tenants", str(PEOPLE)],
            cwd=PROJECT_FOLDER,
            env=environment | {"NETRA_ENV": "test", "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        *people, staff = [json.loads(line) for line in made.stdout.splitlines() if line[0] in '{"']
        self.stack = stack
        self.tenants = [Tenant(**person) for person in people]
        self.staff_session: str = staff
        self.threads: dict[int, list[str]] = {}
        self.imported: dict[int, str] = {}
        self.runs: dict[int, list[str]] = {tenant.number: [] for tenant in self.tenants}

    def caller(self, tenant: Tenant) -> Caller:
        return Caller(self.stack.port, tenant.key)

    def browser(self, session: str) -> httpx2.Client:
        return httpx2.Client(base_url=self.stack.url, cookies={"sessionid": session}, timeout=30)

    def begin(self, tenant: Tenant) -> None:
        """Threads about the person's own data, with a marked title, and an upload of marked rows, one of them bad."""
        caller = self.caller(tenant)
        rows = [{**usage(number), "team": canary(tenant.number)} for number in range(50)]
        bad = {**usage(99), "output_tokens": canary(tenant.number)}
        upload = {"title": canary(tenant.number), "rows": [*rows, bad]}
        self.imported[tenant.number] = caller.post("datasets/", upload)["id"]
        self.threads[tenant.number] = [
            caller.post("threads/", {"title": canary(tenant.number)})["id"] for _ in range(THREADS_EACH)
        ]
        for thread in self.threads[tenant.number]:
            caller.put(f"threads/{thread}/dataset/", {"dataset_id": tenant.data_set_id})

    def ask(self, order: tuple[Tenant, int]) -> None:
        """One marked question."""
        tenant, number = order
        thread = self.threads[tenant.number][number % THREADS_EACH]
        text = QUESTIONS[number % len(QUESTIONS)].format(canary(tenant.number))
        body = {"text": text, "client_id": uuid.uuid4().hex}
        answer = self.caller(tenant).post(f"threads/{thread}/messages/", body)
        self.runs[tenant.number].append(answer["run"]["id"])


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with own_stack({"NETRA_WORKERS": "2", "NETRA_LOG_LEVEL": "INFO"}) as stack:
        yield House(stack, RUNS_EACH)


@pytest.fixture(scope="module")
def clients(house: House) -> Iterator[dict[int, list[BreakingClient]]]:
    """Two sockets a person, all runs done, all sockets at the head of their person's log."""
    source = random.Random(7)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(house.begin, house.tenants))
    orders = [(tenant, number) for tenant in house.tenants for number in range(house.runs_each)]
    source.shuffle(orders)
    with ExitStack() as stack:
        opened = {tenant.number: [BreakingClient(house.caller(tenant)) for _ in range(2)] for tenant in house.tenants}
        everyone = [client for pair in opened.values() for client in pair]
        for client in everyone:
            stack.enter_context(client)
        wait_until(lambda: all(client.is_ready for client in everyone), 60, "not every socket was ready")
        done = threading.Event()
        breaker = threading.Thread(target=cut_lines, args=(everyone, done, source), daemon=True)
        breaker.start()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(house.ask, orders))
        wait_until(lambda: all_ended(house, opened), 30 * house.runs_each + 60, "not every run ended on every socket")
        done.set()
        breaker.join(5)
        print(f"{len(orders)} runs, {sum(client.close_codes.total() for client in everyone)} lines cut")
        yield opened


def cut_lines(everyone: list[BreakingClient], done: threading.Event, source: random.Random) -> None:
    while not done.wait(0.1):
        source.choice(everyone).cut()


def all_ended(house: House, opened: dict[int, list[BreakingClient]]) -> bool:
    return all(
        set(house.runs[number]) <= client.received.ended for number, pair in opened.items() for client in pair
    ) and all(len(runs) == house.runs_each for runs in house.runs.values())


def test_every_socket_has_its_owners_words_and_nobody_elses(
    house: House, clients: dict[int, list[BreakingClient]]
) -> None:
    seen = 0
    for number, pair in clients.items():
        for client in pair:
            body = client.received.joined
            assert owners_in(body) == {number}
            assert {event["user_id"] for event in client.received.events} == {client.received.events[0]["user_id"]}
            seen += len(body)
            # The marks are where they should be: in what was asked and in what a tool found.
            types = {event["type"] for event in client.received.events if owners_in(json.dumps(event).encode())}
            assert {"message_posted", "tool_completed", "agent_completed"} <= types
    print(f"{seen:,} bytes on sockets, 0 of them foreign")


def test_every_answer_of_the_api_has_its_owners_words_and_nobody_elses(
    house: House, clients: dict[int, list[BreakingClient]]
) -> None:
    seen = 0
    for tenant in house.tenants:
        caller = house.caller(tenant)
        thread = house.threads[tenant.number][0]
        paths = ("threads/?limit=200", f"threads/{thread}/", f"snapshot/?thread={thread}", "events/?limit=2000",
                 "datasets/", "usage/", "me/", "keys/", f"runs/{house.runs[tenant.number][0]}/")  # fmt: skip
        dataset = f"datasets/{house.imported[tenant.number]}/"
        assert wait_imported(caller, house.imported[tenant.number])["import"]["rows_rejected"] == 1
        answers = [caller.call("GET", path) for path in (*paths, *(f"{dataset}{path}" for path in DATA_PATHS))]
        assert {answer.status for answer in answers} == {200}
        bodies = [answer.body for answer in answers]
        assert set().union(*(owners_in(body) for body in bodies)) == {tenant.number}
        seen += sum(len(body) for body in bodies)
    print(f"{seen:,} bytes of answers, 0 of them foreign")


def test_every_page_has_its_owners_words_and_nobody_elses(
    house: House, clients: dict[int, list[BreakingClient]]
) -> None:
    for tenant in house.tenants:
        with house.browser(tenant.session) as browser:
            thread, dataset = house.threads[tenant.number][0], house.imported[tenant.number]
            for path in ("/", f"/t/{thread}/", "/data/", f"/data/{dataset}/", "/account/", "/account/keys/"):
                answer = browser.get(path)
                assert answer.status_code == 200, path
                assert owners_in(answer.content) <= {tenant.number}
            assert owners_in(browser.get("/").content) == {tenant.number}


def test_what_is_somebody_elses_is_not_there(house: House, clients: dict[int, list[BreakingClient]]) -> None:
    for tenant, other in zip(house.tenants, [*house.tenants[1:], house.tenants[0]], strict=True):
        thread, run = house.threads[other.number][0], house.runs[other.number][0]
        caller, own_thread = house.caller(tenant), house.threads[tenant.number][0]
        calls = [
            caller.call("GET", f"threads/{thread}/"),
            caller.call("GET", f"snapshot/?thread={thread}"),
            caller.call("GET", f"threads/?before={thread}"),
            caller.call("GET", f"runs/{run}/"),
            caller.call("POST", f"runs/{run}/cancel/", {}),
            caller.call("POST", f"runs/{run}/retry/", {}),
            caller.call("POST", f"threads/{thread}/messages/", {"text": "hello", "client_id": uuid.uuid4().hex}),
            caller.call("PUT", f"threads/{thread}/dataset/", {"dataset_id": None}),
            caller.call("PUT", f"threads/{own_thread}/dataset/", {"dataset_id": other.data_set_id}),
            *(caller.call("GET", f"datasets/{house.imported[other.number]}/{path}") for path in DATA_PATHS),
            caller.call("POST", f"datasets/{house.imported[other.number]}/rows/", {"rows": [usage(1)]}),
            caller.call("DELETE", f"datasets/{house.imported[other.number]}/"),
        ]
        assert {answer.status for answer in calls} == {404}
        assert set().union(*(owners_in(answer.body) for answer in calls)) == set()
        with house.browser(tenant.session) as browser:
            for path in (f"/t/{thread}/", f"/data/{house.imported[other.number]}/"):
                page = browser.get(path)
                assert (page.status_code, owners_in(page.content)) == (404, set())


def test_staff_without_the_right_see_no_words_in_any_admin_page(
    house: House, clients: dict[int, list[BreakingClient]]
) -> None:
    seen = 0
    with house.browser(house.staff_session) as browser:
        for tenant in house.tenants:
            ids = {
                "run": house.runs[tenant.number][0],
                "thread": house.threads[tenant.number][0],
                "data_set": tenant.data_set_id,
            }
            for page in ADMIN_PAGES:
                answer = browser.get(f"/admin/{page.format(**ids)}")
                assert answer.status_code == 200, page
                assert owners_in(answer.content) == set(), page
                seen += len(answer.content)
    print(f"{seen:,} bytes of admin pages without a word")


def test_no_log_has_anybodys_words(house: House, clients: dict[int, list[BreakingClient]]) -> None:
    # What was logged last is written by now: the log is unbuffered.
    time.sleep(0.5)
    paths = [path for path in (house.stack.data_dir / "logs").rglob("*") if path.is_file()]
    assert {"web.log", "worker.log", "worker-2.log", "duties.log"} <= {path.name for path in paths}
    for path in [*paths, house.stack.output]:
        assert owners_in(path.read_bytes()) == set(), path
    print(f"{sum(path.stat().st_size for path in paths):,} bytes of logs without a word")


def test_both_workers_did_their_part(house: House, clients: dict[int, list[BreakingClient]]) -> None:
    for worker in ("worker", "worker-2"):
        assert house.stack.log(worker).count("run_ended") >= 10
