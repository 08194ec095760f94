"""The handset page in a real browser, on the SMS centre as a process of its own: a newcomer's way through a case."""

import asyncio
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from adapters.sms import IncomingSms
from adapters.sms.port import OutgoingSms
from dialogue import Meaning, MessageKind, compose, segments, understand
from tests.adapters.sms_link import PASSWORD, SOON, clients, until

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = "+77010000001"
OFFER = compose(
    MessageKind.OFFER,
    "kk",
    service="multi-child",
    amount=Decimal(78798),
    frequency="monthly",
    until=datetime(2025, 3, 5, 13, tzinfo=UTC),
)

browser_needed = pytest.mark.skipif(
    CHROMIUM is None, reason="Debian's chromium is not installed (apt install chromium)"
)


@dataclass
class Stub:
    """The SMS centre as a process."""

    process: asyncio.subprocess.Process
    url: str
    smpp_port: int


@asynccontextmanager
async def started(data: Path, smpp_port: int = 0) -> AsyncIterator[Stub]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-m", "stubs", "smsc", "--port", "0", "--smpp-port", str(smpp_port), "--data", str(data)),
        cwd=ROOT,
        env={"STUB_PASSWORD": PASSWORD, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        found = re.fullmatch(r"smsc (http://127\.0\.0\.1:\d+) smpp://127\.0\.0\.1:(\d+)\n", line)
        assert found, line
        yield Stub(process, found[1], int(found[2]))
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), 10)
        assert process.returncode == 0
        assert errors.decode() == ""


async def test_the_centre_as_a_process_stops_when_asked_and_remembers(tmp_path: Path) -> None:
    taken: list[IncomingSms] = []

    async def take(sms: IncomingSms) -> None:
        taken.append(sms)

    async with started(tmp_path) as stub, httpx.AsyncClient(base_url=stub.url) as http:
        port = stub.smpp_port
        assert (await http.get("/healthz")).json() == {"agency": "smsc", "smpp_port": port}
        sender, inbox = clients(port, take)
        async with sender, inbox:
            assert await sender.wait_bound(SOON)
            await sender.send(OutgoingSms(key="k:1", phone=PHONE, parts=segments(OFFER)))
            await http.post("/admin/reply", json={"phone": PHONE, "text": "Иә"})
            await until(lambda: taken)
            await asyncio.sleep(0.1)
    async with started(tmp_path, port) as stub, httpx.AsyncClient(base_url=stub.url) as http:
        assert stub.smpp_port == port
        known = (await http.get("/admin/messages")).json()
        assert [message["text"] for message in known["messages"]] == [OFFER]
        assert [(reply["text"], reply["acknowledged_at"] is None) for reply in known["replies"]] == [("Иә", False)]


@asynccontextmanager
async def opened() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def on_page(browser: Browser, url: str, **more: Any) -> AsyncIterator[Page]:
    """A page on which any error of a script, or any request elsewhere, fails the test."""
    troubles: list[str] = []
    page = await browser.new_page(**more)
    page.on("pageerror", lambda error: troubles.append(f"script error: {error}"))
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith(url) else troubles.append(f"asked for {asked.url}"))
    await page.goto(url)
    yield page
    await page.close()
    assert troubles == []


@pytest.mark.browser
@browser_needed
async def test_reading_and_answering_by_hand(tmp_path: Path) -> None:
    taken: list[IncomingSms] = []

    async def take(sms: IncomingSms) -> None:
        taken.append(sms)

    async with started(tmp_path) as stub, opened() as browser, httpx.AsyncClient(base_url=stub.url) as http:
        sender, inbox = clients(stub.smpp_port, take)
        async with sender, inbox, on_page(browser, stub.url) as page:
            assert await sender.wait_bound(SOON)
            await expect(page.get_by_text("No phone has had a message yet.")).to_be_visible()

            await sender.send(OutgoingSms(key="k:1", phone=PHONE, parts=segments(OFFER)))
            await expect(page.get_by_label("1 new")).to_be_visible()
            await page.get_by_role("link", name=re.compile("701 000 00 01")).click()
            messages = page.get_by_role("log", name="Messages")
            await expect(messages.locator(".theirs .text")).to_have_text(OFFER)
            await expect(messages.locator(".theirs small")).to_contain_text("4 SMS")
            await expect(page.get_by_label("1 new")).to_be_hidden()

            box = page.get_by_label("Message to 1414")
            await box.fill("<img src=x onerror=alert(1)> & бұл не?")
            await box.press("Enter")
            await expect(messages.locator(".mine .text")).to_have_text("<img src=x onerror=alert(1)> & бұл не?")
            await expect(box).to_have_value("")
            await until(lambda: len(taken) == 1)
            assert understand(taken[0].text).meaning is Meaning.UNCLEAR

            await page.get_by_role("button", name="ИӘ").click()
            await until(lambda: len(taken) == 2)
            assert (taken[1].phone, understand(taken[1].text).meaning) == (PHONE, Meaning.YES)
            await expect(messages.locator(".mine small").last).to_contain_text("delivered")

            script = "<script>document.title = 'taken over'</script>"
            await sender.send(OutgoingSms(key="k:2", phone=PHONE, parts=segments(script)))
            await expect(messages.locator(".theirs .text").last).to_have_text(script)
            assert await page.title() == "+7 701 000 00 01 · Handset"

            await http.put("/admin/people", json=[{"phone": PHONE, "behaviour": {"sms": {"receipt": "EXPIRED"}}}])
            await sender.send(OutgoingSms(key="k:3", phone=PHONE, parts=("secret",)))
            await expect(messages.locator(".missed .text")).to_have_text("An SMS of 1414 did not arrive: expired")


@pytest.mark.browser
@browser_needed
async def test_on_a_small_screen_and_by_keyboard(tmp_path: Path) -> None:
    size = {"width": 360, "height": 640}
    async with started(tmp_path) as stub, opened() as browser, on_page(browser, stub.url, viewport=size) as page:
        number = page.get_by_label("Open a number")
        await number.fill(PHONE)
        await number.press("Enter")
        await page.wait_for_url("**/phone/*")
        await expect(page.get_by_text("No messages yet.")).to_be_visible()
        await expect(page.get_by_role("navigation", name="Phones")).to_be_hidden()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.get_by_label("Message to 1414").focus()
        await page.keyboard.type("да")
        await page.keyboard.press("Enter")
        await expect(page.locator(".mine .text")).to_have_text("да")
        await expect(page.locator(".mine small")).to_contain_text("sending")  # nobody is bound
        await page.get_by_role("link", name="All phones").click()
        await expect(page.get_by_role("heading", name="Handsets")).to_be_visible()


@pytest.mark.browser
@browser_needed
async def test_a_lost_centre_is_said_and_found_again(tmp_path: Path) -> None:
    async with opened() as browser, started(tmp_path) as stub:
        page = await browser.new_page()
        await page.goto(f"{stub.url}/phone/{PHONE}")
        await expect(page.get_by_text("No messages yet.")).to_be_visible()
        await page.route("**/admin/**", lambda route: route.abort())
        await expect(page.get_by_role("alert")).to_have_text("No connection to the SMS centre. Trying again.")
        await page.unroute("**/admin/**")
        await expect(page.get_by_role("alert")).to_be_hidden()
        await page.close()
