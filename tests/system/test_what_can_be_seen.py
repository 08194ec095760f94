"""What an operator sees of a case, with the codec and without, and that nobody else can read who it is about."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, async_playwright

from demo.crowd import crowd
from demo.outside import Outside
from desk.opening import Opening
from runtime.embedded.stack import EmbeddedStack, Part
from tests.system.people import ON
from workflows.model import Case, SearchAttributes, Stage

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]
FAMILY_NAME, GIVEN_NAME = "Құпиялиева", "Жасырынгүл"


@pytest.fixture(scope="module")
def person() -> dict[str, Any]:
    person = crowd(1)[0]
    person["person"] |= {"family_name": FAMILY_NAME, "given_name": GIVEN_NAME, "language": "kk"}
    return person


@pytest.fixture(scope="module")
async def waiting(outside: Outside, opening: Opening, person: dict[str, Any]) -> Case:
    """A case that waits for the person's answer."""
    await outside.settle_in([person])
    opened = await opening.open(service="multi-child", iin=person["iin"], on=ON, opened_by="seen")
    handle = opening.client.get_workflow_handle(opened.case.id)
    async with asyncio.timeout(30):
        while True:
            seen = (await handle.describe()).typed_search_attributes
            if seen.get(SearchAttributes.STAGE) == Stage.CONSENT:
                return opened.case
            await asyncio.sleep(0.1)


def secrets_of(person: dict[str, Any]) -> list[str]:
    """Everything by which the person could be known."""
    children = [child["iin"] for child in person["children"]]
    phone = person["phone"].removeprefix("+")
    return [person["iin"], FAMILY_NAME, GIVEN_NAME, phone, person["accounts"][0]["iban"], *children]


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


async def _case_page(page: Page, stack: EmbeddedStack, case: Case) -> None:
    await page.goto(f"{stack.web_ui_url}/namespaces/default/workflows/{quote(case.id, safe='')}")
    await page.get_by_text("Event History").first.wait_for()


async def _read(page: Page) -> str:
    """All that can be read; the details of a case are in frames of their own."""
    texts = [await frame.locator("body").inner_text() for frame in page.frames]
    return " ".join(" ".join(texts).split())


async def _read_until(page: Page, words: str) -> str:
    async with asyncio.timeout(20):
        while words not in (text := (await _read(page)).replace("’", "'")):
            await asyncio.sleep(0.3)
    return text


class TestInTheBrowser:
    pytestmark = needs_browser

    async def test_with_the_codec_the_page_says_what_it_waits_for_and_until_when(
        self, stack: EmbeddedStack, waiting: Case, browser: Browser
    ) -> None:
        page = await browser.new_page(viewport={"width": 1400, "height": 900})
        await _case_page(page, stack, waiting)
        await page.get_by_text("waits for the person's answer until").first.wait_for(timeout=15_000)
        await page.get_by_text("User Metadata").click()
        text = await _read_until(page, "Waits for the person")
        assert "right found: 69 330 tenge a month" in text
        assert f"case {waiting.ref}" in text
        assert "until" in text
        await page.close()

    async def test_without_the_codec_nothing_can_be_read(
        self, stack: EmbeddedStack, waiting: Case, browser: Browser, person: dict[str, Any]
    ) -> None:
        page = await browser.new_page(viewport={"width": 1400, "height": 900})
        await page.route("**/codec/**", lambda route: route.abort())
        await _case_page(page, stack, waiting)
        seen = ""
        for tab in ("Timeline", "Event History", "User Metadata", "Search Attributes"):
            await page.get_by_text(tab).first.click()
            await page.wait_for_timeout(1500)
            seen += await _read(page)
        assert waiting.ref in seen
        for hidden in ("person's answer", "tenge", *secrets_of(person)):
            assert hidden not in seen
        await page.close()


async def _shown_by_cli(stack: EmbeddedStack, *words: str) -> str:
    program = shutil.which("temporal", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    assert program is not None
    process = await asyncio.create_subprocess_exec(
        program, *words, "--address", stack.temporal_address, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def test_the_history_names_nobody(
    stack: EmbeddedStack, outside: Outside, opening: Opening, waiting: Case, person: dict[str, Any]
) -> None:
    """Neither while it waits nor after the money has gone out; nor do the logs of any part of ours."""
    await _names_nobody(stack, waiting, person)
    await outside.reply(person["phone"], "Иә")
    async with asyncio.timeout(60):
        await opening.client.get_workflow_handle(waiting.id).result()
    await _names_nobody(stack, waiting, person)


async def _names_nobody(stack: EmbeddedStack, case: Case, person: dict[str, Any]) -> None:
    shown = await _shown_by_cli(stack, "workflow", "show", "--workflow-id", case.id, "--output", "json")
    listed = await _shown_by_cli(stack, "workflow", "list", "--output", "json")
    assert case.ref in listed
    logs = {part: stack.log(part).read_text() for part in (Part.WORKER, Part.GATEWAY, Part.TEMPORAL)}
    assert logs[Part.WORKER]
    assert logs[Part.GATEWAY]
    for secret in secrets_of(person):
        assert secret not in shown
        assert secret not in listed
        assert not [part for part, log in logs.items() if secret in log]
