"""A real browser on the page's own modules, served as the site serves them."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from netra.config import PROJECT_FOLDER
from tests.page.site_files import SiteFiles, serve_site
from tests.page.visit import Visit

# The browser's driver keeps a loop in this thread, which Django takes for a reason to refuse queries.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


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


@pytest.fixture
def visit(page: Page, site: str, page_errors: list[str]) -> Iterator[Visit]:
    """A visit to the chat page whose far end the test plays."""
    yield Visit(page, site)
    SiteFiles.pages = {path: body for path, body in SiteFiles.pages.items() if path == "/blank"}
