"""One worker's world in a test: real stubs, a real database, and the steps, run as Temporal runs them.

Every run is watched: no database connection may be held while somebody outside is called, and nothing private may be
in an error, a result or a key.
"""

import dataclasses
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, cast

from pydantic import BaseModel
from sqlalchemy import event, select, update
from sqlmodel import col
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import World, all_activities
from adapters.registries import Registries
from card import Card, accounts, cases, consents, messages, money
from card.tables import Consent, IncomingMessage, OutgoingMessage, Payment, Question, table
from tests.activities.centre import MemoryCentre
from tests.activities.database import BY_FORCE, applied, of_a_right, owed
from tests.activities.people import ON, ibans_of, iin_of, kandas, mother, phone_of, private
from tests.adapters.outside import Outside
from workflows.model import (
    Action,
    AskAccountInput,
    AssignInput,
    Attention,
    Case,
    CheckAccountInput,
    CloseInput,
    ConsentInput,
    CreditInput,
    DecideInput,
    HearInput,
    Meaning,
    NoticeInput,
    NoticeKind,
    OfferInput,
    Outcome,
    QuietHours,
    ReadReceiptInput,
    ReassessInput,
    RegisterInput,
    Reply,
    SettleInput,
    Step,
    StepInput,
    TellInput,
)

AMOUNT = Decimal("78798")
AT = datetime(2025, 3, 1, 7, 0, tzinfo=UTC)
BODIES = ("emaket", "body", "bank", "sms")

NOTICE_STEPS = {Step.DETECT_NOTICE, Step.TELL}
"""The steps of a notice; all others are of a service."""

_numbers = count(1)

Around = Callable[[str, Callable[[], Awaitable[Any]]], Awaitable[Any]]


class Killed(Exception):
    """The worker ends here, in the middle."""


class Watched:
    """A port; `around` gets each call of it, by name."""

    def __init__(self, port: object, around: Around) -> None:
        self._port, self._around = port, around

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        return lambda *args: self._around(name, lambda: getattr(self._port, name)(*args))


def watched(world: World, around: Around) -> World:
    """The same world, each outside call of which goes through `around`."""
    return _each_port(world, lambda port: Watched(port, around))


def _each_port(world: World, other: Callable[[Any], Any]) -> World:
    """The same world, with another in the place of each port."""
    registries: dict[str, Any] = {
        one.name: other(getattr(world.registries, one.name)) for one in dataclasses.fields(Registries)
    }
    bodies: dict[str, Any] = {name: other(getattr(world, name)) for name in BODIES}
    return dataclasses.replace(world, registries=Registries(**registries), **bodies)


class Fate:
    """The worker dies at its n-th moment: before a statement to the database, before or after a call outside."""

    def __init__(self, card: Card, world: World, at: int) -> None:
        self._engine, self._left = card.engine.sync_engine, at
        self.world = watched(world, self._called)

    def _pass(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            raise Killed

    async def _called(self, _: str, call: Callable[[], Awaitable[Any]]) -> Any:
        self._pass()
        answer = await call()
        self._pass()
        return answer

    def __enter__(self) -> World:
        event.listen(self._engine, "before_cursor_execute", self._pass)
        return self.world

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._pass)


@dataclass
class Life:
    """The world, what is private in it, and the means to run its steps."""

    card: Card
    outside: Outside
    impatient: Outside
    sms: MemoryCentre = field(default_factory=MemoryCentre)
    secrets: set[str] = field(default_factory=set)
    quiet_hours: QuietHours | None = None

    def world(self, outside: Outside | None = None) -> World:
        seen = outside or self.outside
        world = World(
            card=self.card,
            registries=seen.registries,
            emaket=seen.emaket,
            body=seen.body,
            bank=seen.bank,
            sms=self.sms,
            quiet_hours=self.quiet_hours,
            ask_again=timedelta(milliseconds=20),
        )
        return watched(world, self._with_no_connection)

    def world_with(self, **ports: Any) -> World:
        """The same with other ports."""
        return dataclasses.replace(self.world(), **ports)

    def bare_world(self) -> World:
        """The same without its watcher, which knows of one activity at a time."""
        return _each_port(self.world(), lambda port: port._port)

    async def _with_no_connection(self, name: str, call: Callable[[], Awaitable[Any]]) -> Any:
        pool = cast(Any, self.card.engine.pool)
        assert pool.checkedout() == 0, f"a database session is held open across {name}"
        return await call()

    # --- people and cases ------------------------------------------------------------------------------------------

    async def settle(self, *people: dict[str, Any]) -> None:
        """These people live here, and are known to every agency."""
        await self.outside.cast(*people)
        self.secrets |= private(*people)

    async def open(self, n: int = 1, service: str = "multi-child", on: Any = ON) -> Case:
        """A new case of the n-th mother."""
        async with self.card.transaction() as session:
            by = f"test:{next(_numbers)}"
            row = (await cases.open_case(session, service=service, iin=iin_of(n), opened_by=by, on=on)).case
        return Case(ref=row.ref, service=service, person_id=row.person_id, on=row.assessed_on)

    async def open_for(self, step: Step, n: int = 1) -> Case:
        """A new case of the n-th mother that comes to this step."""
        return await self.open(n, "kandas" if step in NOTICE_STEPS else "multi-child")

    async def asked(self, case: Case, n: int = 1, expects: str = "consent") -> None:
        """The case has put a question to the mother's phone, an hour before she writes."""
        async with self.card.transaction() as session:
            question = await messages.ask(
                session,
                key=case.key(Step.OFFER),
                case_ref=case.ref,
                phone=phone_of(n),
                expects=expects,
                window_days=3,
                deadline=AT + timedelta(days=3),
            )
            await session.execute(BY_FORCE)  # it was asked on the day of the cast
            question.opened_at = AT - timedelta(hours=1)
            session.add(question)

    async def close_on_the_day(self) -> None:
        """What is closed was closed on the day of the cast, before the mother writes."""
        closed = update(table(Question)).where(col(Question.closed_at).is_not(None))
        async with self.card.transaction() as session:
            await session.execute(BY_FORCE)
            await session.execute(closed.values(closed_at=AT - timedelta(minutes=1)))

    async def said(self, case: Case, n: int = 1) -> None:
        """The question has gone out in one part, which the centre calls by the key."""
        key = case.key(Step.OFFER)
        async with self.card.transaction() as session:
            message = OutgoingMessage(
                key=key,
                case_ref=case.ref,
                phone=phone_of(n),
                language="kk",
                kind="offer",
                text="?",
                parts=1,
                paid_by="budget",
            )
            await messages.intend(session, message)
            await messages.mark_sent(session, key, [key], AT)

    async def agreed(self, case: Case, n: int = 1) -> None:
        """The mother has said yes to the case, which is about a right."""
        async with self.card.transaction() as session:
            await of_a_right(session, case.ref)
            if await consents.given(session, case.ref) is not None:
                return
        await self.asked(case, n)
        await self.said(case, n)
        await self.heard(f"op:{case.ref}:yes", "ИӘ", n)
        yes: dict[str, Any] = {"given": True, "question_key": case.key(Step.OFFER), "applied_on": ON}
        async with self.card.transaction() as session:
            message = f"op:{case.ref}:yes"
            agreed = Consent(key=f"{case.ref}:yes", case_ref=case.ref, message_id=message, received_at=AT, **yes)
            await consents.record(session, agreed)

    async def heard(self, message_id: str, text: str, n: int = 1) -> None:
        """The mother has written."""
        async with self.card.transaction() as session:
            await session.execute(BY_FORCE)  # it came on the day of the cast
            sms: dict[str, Any] = {"message_id": message_id, "phone": phone_of(n), "text": text}
            await messages.store_incoming(session, IncomingMessage(**sms, received_at=AT, stored_at=AT))

    async def rows(self, table: type[Any], case: Case) -> list[Any]:
        """What the Card holds of the case in this table."""
        async with self.card.transaction() as session:
            return list(await session.scalars(select(table).where(col(table.case_ref) == case.ref)))

    async def money(self, case: Case) -> money.Money:
        async with self.card.transaction() as session:
            return await money.money(session, case.ref)

    # --- steps -----------------------------------------------------------------------------------------------------

    async def ready(self, step: Step, case: Case, n: int = 1) -> StepInput:
        """An input for the step, with everything in place that the steps before it leave behind."""
        common: dict[str, Any] = {"case": case, "key": case.key(step)}
        match step:
            case Step.OFFER:
                return OfferInput(**common, amount=AMOUNT, at=AT)
            case Step.RECORD_CONSENT:
                await self.asked(case, n)
                await self.said(case, n)
                await self.heard(f"op:{case.ref}", "ИӘ", n)
                reply = Reply(message_id=f"op:{case.ref}", meaning=Meaning.YES, received_at=AT)
                return ConsentInput(**common, reply=reply, given=True)
            case Step.REASSESS:
                await self.run(Step.DETECT, await self.ready(Step.DETECT, case, n))
                return ReassessInput(**common, on=ON)
            case Step.HEAR:
                await self.asked(case, n)
                await self.said(case, n)
                await self.heard(f"op:{case.ref}", "ИӘ", n)
                return HearInput(**common, message_id=f"op:{case.ref}", deadline=AT + timedelta(days=3))
            case Step.READ_RECEIPT:
                await self.asked(case, n)
                await self.said(case, n)
                return ReadReceiptInput(**common, question_key=case.key(Step.OFFER))
            case Step.NOTIFY:
                await self.asked(case, n)
                return NoticeInput(**common, kind=NoticeKind.LAPSED)
            case Step.ASK_ACCOUNT:
                return AskAccountInput(**common, at=AT, days=10)
            case Step.CHECK_ACCOUNT:
                await self.asked(case, n, "account")
                await self.heard(f"op:{case.ref}", ibans_of(n)[0], n)
                return CheckAccountInput(**common, message_id=f"op:{case.ref}")
            case Step.REGISTER:
                await self.agreed(case, n)
                return RegisterInput(**common, applied_on=ON, amount=AMOUNT)
            case Step.ASSIGN:
                async with self.card.transaction() as session:
                    await applied(session, case.ref, f"EM-{case.ref}")
                return AssignInput(**common, application_number=f"EM-{case.ref}", applied_on=ON, amount=AMOUNT)
            case Step.ACCEPT_AMOUNT:
                await self.settle(mother(n, behaviour={"body": {"assign": "63030.00"}}))
                await self.run(Step.ASSIGN, await self.ready(Step.ASSIGN, case, n))
                await self.decided(case, Action.ACCEPT_AMOUNT, Attention.AMOUNTS_DIFFER)
                return StepInput(**common)
            case Step.CREDIT:
                await self.agreed(case, n)
                async with self.card.transaction() as session:
                    account = await accounts.know(session, case.person_id, ibans_of(n)[0], "bank")
                    about = money.About("budget", ON, ON)
                    await owed(session, case.key(Step.ASSIGN), case.ref, AMOUNT, about)
                return CreditInput(**common, account_id=account.id, amount=AMOUNT)
            case Step.SETTLE:
                credit = await self.ready(Step.CREDIT, case, n)
                assert isinstance(credit, CreditInput)
                async with self.card.transaction() as session:
                    to = credit.account_id
                    session.add(Payment(key=credit.key, case_ref=case.ref, account_id=to, amount=AMOUNT))
                await self.decided(case, Action.CONFIRM_PAID, Attention.PAID_BEFORE)
                return SettleInput(case=case, key=credit.key, paid=True)
            case Step.DECIDE:
                return DecideInput(**common, action=Action.RETRY, why="law_undecided", by="a.omarova", note="", at=AT)
            case Step.DETECT_NOTICE:
                await self.settle(kandas(n))
                return StepInput(**common)
            case Step.TELL:
                found = await self.run(Step.DETECT_NOTICE, await self.ready(Step.DETECT_NOTICE, case, n))
                assert found.kind == "kandas_ends"
                return TellInput(**common, at=AT)
            case Step.CLOSE:
                await self.asked(case, n)
                await self.said(case, n)
                return CloseInput(**common, outcome=Outcome.LAPSED)
            case _:
                return StepInput(**common)

    async def decided(self, case: Case, action: Action, why: Attention) -> None:
        """An operator has decided so."""
        key = f"{case.key(Step.DECIDE)}:{action}"
        decision = DecideInput(
            case=case, key=key, action=action, why=why, by="a.omarova", note="seen", at=datetime.now(UTC)
        )
        await self.run(Step.DECIDE, decision)

    async def run(self, step: Step, arg: StepInput, attempt: int = 1, world: World | None = None) -> Any:
        """One attempt, as Temporal makes it."""
        (activity,) = [one for one in all_activities(world or self.world()) if one.__name__ == step]
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(environment.info, attempt=attempt)
        self._nothing_private(arg.key)
        try:
            result = await environment.run(activity, arg)
        except Exception as error:
            self._nothing_private("".join(traceback.format_exception(error)) + repr(error))
            raise
        self._nothing_private(result.model_dump_json() if isinstance(result, BaseModel) else str(result))
        return result

    async def until_done(self, step: Step, arg: StepInput, *, first: World | None = None, start: int = 1) -> Any:
        """Attempts until one succeeds, as Temporal makes them; `first` is the world of the first of them."""
        for attempt in range(start, start + 60):
            try:
                return await self.run(step, arg, attempt, first if attempt == start else None)
            except ApplicationError as error:
                if error.non_retryable:
                    raise
        raise AssertionError("still not done after sixty attempts")

    def _nothing_private(self, text: str) -> None:
        leaked = sum(secret in text for secret in self.secrets)
        assert not leaked, f"{leaked} private values in: {text[:400]}"
