"""The connection is cut after an append was sent: whether it was committed is found out, nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from chat.log.connections import connection_parameters
from chat.models import Agent, Run
from tests.chat.writing import RunningWriter, assert_logs_whole, claimed_runs, database_at, stream_of

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS_A_CUT = 6
AN_APPEND = b"chat_append"


class CuttingProxy:
    """Forwards to Postgres; on some appends it cuts both ways, after or before the database has got it."""

    def __init__(self, host: str, port: int, seed: int) -> None:
        self._target = (host, port)
        self._chance = random.Random(seed)
        self.cuts_after = 0
        self.cuts_before = 0

    async def __aenter__(self) -> CuttingProxy:
        self._lines: set[asyncio.Task[Any]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: Any) -> None:
        """Ends every line and waits until its sockets are closed: an open one keeps the database in use."""
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        assert line is not None
        self._lines.add(line)
        from_database, to_database = await asyncio.open_connection(*self._target)
        back = asyncio.create_task(self._copy_back(from_database, writer))
        try:
            await self._copy_there(reader, to_database)
        finally:
            back.cancel()
            for end in (writer, to_database):
                end.close()
            await asyncio.gather(back, writer.wait_closed(), to_database.wait_closed(), return_exceptions=True)

    async def _copy_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)

    async def _copy_there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ends, and with it the connection, at a cut."""
        while data := await reader.read(65536):
            if AN_APPEND in data and self._chance.random() < 0.25:
                await self._cut(data, writer)
                return
            writer.write(data)

    async def _cut(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        if self._chance.random() < 0.25:
            self.cuts_before += 1
            return
        self.cuts_after += 1
        writer.write(data)
        await writer.drain()
        # The database has time to commit: its answer is what gets lost.
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("cuts", [20, pytest.param(200, marks=pytest.mark.long)])
def test_a_cut_after_an_append_neither_loses_nor_doubles(agent: Agent, monkeypatch: Any, cuts: int) -> None:
    runs = claimed_runs(3, 2, "worker-1")
    counted, events_each = asyncio.run(write_through_cuts(runs, monkeypatch, cuts))
    print(
        f"{counted.cuts_after} cuts after an append was sent, {counted.cuts_before} before; {events_each} events a run"
    )
    assert counted.cuts_after >= cuts
    assert_logs_whole(runs, events_each)


async def write_through_cuts(runs: list[Run], monkeypatch: Any, cuts: int) -> tuple[CuttingProxy, int]:
    """All runs write round after round, until enough connections were cut."""
    found = connection_parameters()
    written = 0
    async with CuttingProxy(found.get("host", "127.0.0.1"), int(found.get("port", 5432)), cuts) as proxy:
        with database_at(monkeypatch, "127.0.0.1", proxy.port):
            async with RunningWriter() as writer:
                streams = [stream_of(writer, run) for run in runs]
                while proxy.cuts_after < cuts:
                    for number in range(EVENTS_A_CUT):
                        for stream in streams:
                            await stream.emit("message_delta", {"delta": str(number), "part": 0}, "netra")
                    await asyncio.gather(*(stream.drain() for stream in streams))
                    written += EVENTS_A_CUT
    return proxy, written
