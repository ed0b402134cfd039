"""A real browser on the page's own modules, served as the site serves them."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page

from netra.config import PROJECT_FOLDER

# The browser's driver keeps a loop in this thread, which Django takes for a reason to refuse queries.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; object-src 'none'; base-uri 'none'; form-action 'self'"
)
BLANK = (
    b"<!doctype html><html lang=en><meta charset=utf-8><link rel=icon href=data:,>"
    b"<title>Test</title><main id=root></main></html>"
)


class SiteFiles(SimpleHTTPRequestHandler):
    """Static files below /static/, and pages that tests put there, under the site's policy."""

    pages: dict[str, bytes] = {"/blank": BLANK}

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix("/static"))

    def do_GET(self) -> None:
        body = self.pages.get(self.path)
        if body is None:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Tests tell what went wrong; a line for each request would hide it."""


@contextmanager
def serve_site(static: Path) -> Iterator[str]:
    """Serve until the block ends; gives the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SiteFiles, directory=str(static)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    with serve_site(PROJECT_FOLDER / "static") as address:
        yield address


@pytest.fixture
def page_errors(page: Page) -> Iterator[list[str]]:
    """What the page complained about, refused styles and scripts included; the test fails when there is any."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield errors
    assert errors == []


Run = Callable[..., Any]


@pytest.fixture
def run(page: Page, site: str, page_errors: list[str]) -> Run:
    """Runs `async (modules..., argument) => …` in a blank page: run("store", source, argument)."""
    page.goto(f"{site}/blank")

    def run_source(names: str, source: str, argument: Any = None) -> Any:
        paths = [f"/static/js/{name}.js" for name in names.split()]
        script = "async ([paths, argument]) => { const modules = await Promise.all(paths.map((path) => import(path)));"
        return page.evaluate(f"{script} return ({source})(...modules, argument); }}", [paths, argument])

    return run_source
