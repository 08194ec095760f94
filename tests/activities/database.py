"""One Card for many tests: emptied before each, which is much faster than making a database for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from card import Card, accounts, applications, cases, consents, messages, money, payments, rights
from card.tables import (
    Application,
    ApplicationState,
    Assignment,
    CaseRecord,
    Consent,
    IncomingMessage,
    OutgoingMessage,
    PaymentState,
    table,
)
from runtime.embedded.servers import Database

BY_FORCE = text("SET LOCAL session_replication_role = replica")
"""As only the superuser of the tests can: past what the database keeps, until the transaction ends."""


@asynccontextmanager
async def card_of_its_own(server: Database, name: str, template: str) -> AsyncIterator[tuple[Card, str]]:
    """A database of this name with the newest shape, for as long as the block lasts: its Card and its address."""
    url = await server.create(name, template=template)
    card = Card(url)
    try:
        yield card, url
    finally:
        await card.close()
        await server.drop(name)


async def empty(card: Card) -> None:
    """Every row of every table is gone."""
    tables = [table.name for table in reversed(SQLModel.metadata.sorted_tables) if table.name != "ledger_accounts"]
    async with card.transaction() as session:
        await session.execute(BY_FORCE)
        for name in tables:
            await session.execute(text(f"DELETE FROM {name}"))  # noqa: S608  (our own tables)


async def owed(
    session: AsyncSession, key: str, case_ref: str, amount: Decimal, about: money.About, *, agreed: bool = True
) -> None:
    """A body has assigned so much to the case, to which the person has `agreed`, and it is in the books."""
    ruling = {"application_number": f"EM-{case_ref}", "computed": amount, "amount": amount, "state": "assigned"}
    if agreed:
        await of_a_right(session, case_ref)
        await answered(session, case_ref)
        made = f"applied/{case_ref}"
        await applications.intend(session, made, case_ref, datetime.now(UTC).date())
        await applications.finish(session, made, ApplicationState.REGISTERED, number=f"EM-{case_ref}")
    else:
        await applied(session, case_ref, f"EM-{case_ref}")
    row = insert(table(Assignment)).values(key=key, case_ref=case_ref, **ruling)
    await session.execute(row.on_conflict_do_nothing())
    await money.book_assigned(session, key, case_ref, amount, about)


async def of_a_right(session: AsyncSession, case_ref: str) -> None:
    """The case is about a right, if none had been found: of itself alone."""
    case = await cases.find(session, case_ref)
    if case.right_id is None:
        right = await rights.known_as(session, case.service, {f"of {case_ref}"})
        await rights.take(session, case_ref, right, basis=f"of {case_ref}", amount=case.amount, ground=case.ground)


async def paid(session: AsyncSession, key: str, case: CaseRecord, amount: Decimal, iban: str, on: date) -> None:
    """A payment of what is owed has reached the person's account, and is in the books."""
    account = await accounts.know(session, case.person_id, iban, "bank")
    await payments.intend(session, key, case.ref, account.id, amount)
    await payments.finish(session, key, PaymentState.SETTLED, reason=None, bank_reference=f"BR-{key}")
    await money.book_credited(session, key, case.ref, amount, on)


async def served(session: AsyncSession, case_ref: str) -> None:
    """What was found for the case has been assigned and paid, if it had not: only then does a case end so."""
    case = await cases.find(session, case_ref)
    if (await money.money(session, case_ref)).credited:
        return
    amount, on = case.amount or Decimal(1), case.assessed_on
    await owed(session, f"assigned/{case_ref}", case_ref, amount, money.About("budget", on.replace(day=1), on))
    await paid(session, f"paid/{case_ref}", case, amount, "KZ36125KZT0000000010", on)


async def applied(session: AsyncSession, case_ref: str, number: str) -> None:
    """E-Maket has taken an application of the case under this number, if it had not, whoever has agreed."""
    await of_a_right(session, case_ref)
    row = {"key": f"applied/{case_ref}", "case_ref": case_ref, "applied_on": datetime.now(UTC).date()}
    row |= {"number": number, "state": "registered"}
    await session.execute(BY_FORCE)
    await session.execute(insert(table(Application)).values(**row).on_conflict_do_nothing())
    await session.execute(text("SET LOCAL session_replication_role = origin"))


async def ends_as(session: AsyncSession, case_ref: str, outcome: str) -> None:
    """What must have been before a case ends so: asked, and answered by the person, the bodies, the bank."""
    at, key = datetime.now(UTC), f"before/{case_ref}"
    match outcome:
        case "credited":
            await served(session, case_ref)
        case "refused_by_person":
            await answered(session, case_ref, given=False)
        case "no_account":
            await answered(session, case_ref)
        case "lapsed" | "late_yes" if await messages.last_question(session, case_ref) is None:
            asked: dict[str, Any] = {"phone": "+77019990000", "expects": "consent", "window_days": 3, "deadline": at}
            await messages.ask(session, key=key, case_ref=case_ref, **asked)
            await sent(session, key, case_ref, "+77019990000")
        case "missing_document" | "refused_by_body":
            await answered(session, case_ref)
            await applications.intend(session, key, case_ref, at.date())
            turned = ApplicationState.MISSING_DOCUMENT if outcome == "missing_document" else ApplicationState.REJECTED
            await applications.finish(session, key, turned)
        case "told":
            await sent(session, key, case_ref, "+77019990000")


async def sent(session: AsyncSession, key: str, case_ref: str, phone: str) -> None:
    """The question under this key has gone out by SMS."""
    said: dict[str, Any] = {"language": "kk", "kind": "offer", "text": "?", "parts": 1, "paid_by": "budget"}
    await messages.intend(session, OutgoingMessage(key=key, case_ref=case_ref, phone=phone, **said))
    await messages.mark_sent(session, key, [key], datetime.now(UTC))


async def answered(session: AsyncSession, case_ref: str, *, given: bool = True) -> None:
    """Somebody was asked by this case, and has answered, if nobody had: without a yes nothing is paid."""
    if await consents.has_answered(session, case_ref):
        return
    at, key, said = datetime.now(UTC), f"asked/{case_ref}", f"said/{case_ref}"
    await messages.ask(
        session,
        key=key,
        case_ref=case_ref,
        phone="+77019990000",
        expects="consent",
        window_days=3,
        deadline=at,
    )
    await sent(session, key, case_ref, "+77019990000")
    words = "ИӘ" if given else "ЖОҚ"
    message = IncomingMessage(message_id=said, phone="+77019990000", text=words, received_at=at, relayed_at=at)
    await messages.store_incoming(session, message)
    answer = Consent(
        key=f"yes/{case_ref}",
        case_ref=case_ref,
        given=given,
        question_key=key,
        message_id=said,
        received_at=at,
        applied_on=at.date(),
    )
    await consents.record(session, answer)
