"""Every part may die, at any time, and be away for long: nobody's word is lost, nobody's money, nothing comes twice.

Cases of people who say yes, yes and later no, or no, while all nine parts are killed in turn and the two servers stay
away for a while. What happens is drawn by a seed: `DEMEU_SEED=7` plays another day, `DEMEU_SOAK=1` the long one.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper

from card import Card
from card.money import money
from card.store import DatabaseError
from card.tables import Consent, IncomingMessage
from demo.crowd import crowd
from demo.outside import Outside, total
from desk.opening import Opening
from runtime.embedded.stack import EVERYTHING, SERVERS, EmbeddedStack
from tests.system.conftest import QUICK
from tests.system.people import ON
from workflows.model import Case, CaseResult, Outcome

T = TypeVar("T")

SOAK = os.environ.get("DEMEU_SOAK") == "1"
CASES = 220 if SOAK else 24
KILLS = 45 if SOAK else 9
AWAY = 30.0 if SOAK else 6.0
"""Seconds for which a server stays away: longer than anybody waits for an answer."""

SEED = int(os.environ.get("DEMEU_SEED", "1414"))
PATIENCE = 1500 if SOAK else 170

YES: tuple[tuple[str, ...], ...] = (("Иә",), ("да",), ("ИӘ", "жоқ"), ("Да", "нет"), ("Иә", "Иә"))
NO: tuple[tuple[str, ...], ...] = (("жоқ",), ("нет",))


@pytest.fixture
async def durable(tmp_path: Path) -> AsyncIterator[EmbeddedStack]:
    """A stack that writes to disk before it answers: its servers are killed too."""
    async with EmbeddedStack(tmp_path, fresh=True, preferred_ports=False, environment=QUICK) as stack:
        yield stack


@pytest.mark.soak
@pytest.mark.timeout(PATIENCE + 120)
async def test_whatever_dies_what_was_said_counts(durable: EmbeddedStack) -> None:
    chance = random.Random(SEED)
    people = crowd(CASES)
    words: dict[str, tuple[str, ...]] = {
        person["phone"]: chance.choice(NO if n % 6 == 5 else YES) for n, person in enumerate(people)
    }
    card = Card(durable.database_url, pool_size=10)
    async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
        outside = Outside.of(durable, http)
        await outside.settle_in(people)
        opening = Opening(card, await durable.client(), durable.settings.task_queue)
        cases = [await _until_it_works(partial(_open, opening, person["iin"])) for person in people]
        said = asyncio.create_task(_everyone_answers(outside, words, random.Random(SEED + 1)))
        killed = asyncio.create_task(_kill_everything_in_turn(durable, chance))
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(killed, said)
            await card.engine.dispose()  # its connections died with the server
            client = await durable.client()
            for case, person in zip(cases, people, strict=True):
                if words[person["phone"]] in NO:
                    # A no may be taken back until the window closes.
                    await _heard(card, case)
                    await TimeSkipper(client).fast_forward(client.get_workflow_handle(case.id), timedelta(days=5))
            results = await asyncio.gather(*(_until_it_works(partial(_result, opening, case)) for case in cases))

        expected = {
            case.ref: Outcome.REFUSED_BY_PERSON if words[person["phone"]] in NO else Outcome.CREDITED
            for case, person in zip(cases, people, strict=True)
        }
        assert {result.ref: result.outcome for result in results} == expected

        # The money: each once, to the tenge, in both books.
        credited = {result.ref: result.credited for result in results if result.outcome is Outcome.CREDITED}
        at_the_bank = await outside.bank_books()
        assert {t["key"].split("/")[1].split(":")[0]: Decimal(t["amount"]) for t in at_the_bank} == credited
        assert len(at_the_bank) == len(credited)
        async with card.statements() as session:
            books = await money(session)
            assert (books.credited, books.pending) == (total(at_the_bank), Decimal(0))

            # What was said is filed under the case that asked, and decided by its first clear word.
            consents = (await session.scalars(select(Consent))).all()
            assert {consent.case_ref: consent.given for consent in consents} == {
                ref: outcome is Outcome.CREDITED for ref, outcome in expected.items()
            }
            filed = select(col(IncomingMessage.message_id), col(IncomingMessage.case_ref)).where(
                col(IncomingMessage.message_id).in_([consent.message_id for consent in consents])
            )
            of_message = {row[0]: row[1] for row in (await session.execute(filed)).all()}
            assert of_message == {consent.message_id: consent.case_ref for consent in consents}
            left = await session.scalars(select(IncomingMessage).where(col(IncomingMessage.relayed_at).is_(None)))
            assert left.all() == []

        # Nobody gets an SMS twice.
        sms = Counter(message["key"] for message in await outside.sms())
        assert set(sms.values()) == {1}
    await card.close()


async def _open(opening: Opening, iin: str) -> Case:
    return (await opening.open(service="multi-child", iin=iin, on=ON, opened_by=f"soak:{iin}")).case


async def _result(opening: Opening, case: Case) -> CaseResult:
    result: CaseResult = await opening.client.get_workflow_handle(case.id, result_type=CaseResult).result()
    return result


async def _heard(card: Card, case: Case) -> None:
    """Her no has been written down."""
    while True:
        async with card.statements() as session:
            if (await session.scalars(select(Consent).where(col(Consent.case_ref) == case.ref))).first() is not None:
                return
        await asyncio.sleep(0.3)


async def _until_it_works(act: Callable[[], Awaitable[T]]) -> T:
    """What a person or another body does when something of ours is away: tries again."""
    while True:
        try:
            return await act()
        except (httpx.HTTPError, RPCError, DatabaseError):
            await asyncio.sleep(0.3)


async def _kill_everything_in_turn(stack: EmbeddedStack, chance: random.Random) -> None:
    """Each part dies as often as any other, in an order that the seed draws; a server may stay away for long."""
    victims = [part for _ in range(-(-KILLS // len(EVERYTHING))) for part in chance.sample(EVERYTHING, len(EVERYTHING))]
    for n, part in enumerate(victims[:KILLS]):
        await asyncio.sleep(chance.uniform(0.3, 2.0))
        await stack.kill(part)
        long = part in SERVERS and n % 3 == 0
        await asyncio.sleep(AWAY if long else chance.uniform(0.1, 1.0))
        await stack.start(part)


async def _everyone_answers(outside: Outside, words: dict[str, tuple[str, ...]], chance: random.Random) -> None:
    """Each phone answers the question that it gets, some with a second word a little later."""
    answering: dict[str, asyncio.Task[None]] = {}

    async def answer(phone: str) -> None:
        for word in words[phone]:
            await asyncio.sleep(chance.uniform(0.0, 2.0))
            await _until_it_works(partial(outside.reply, phone, word))

    while len(answering) < len(words):
        for message in await _until_it_works(outside.sms):
            phone = message["phone"]
            if phone not in answering and message["key"].split(":")[1] == "offer":
                answering[phone] = asyncio.create_task(answer(phone))
        await asyncio.sleep(0.3)
    await asyncio.gather(*answering.values())
