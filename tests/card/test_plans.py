"""No statement of the running system looks through what grows, in a Card of 100 000 stories: three million rows.

Nobody lists the statements: every public function of `card` is called on that Card, with arguments by their names, and
PostgreSQL is asked how it would do what the function asks of it. A function whose plan may scan is named with its
reason in `MAY_SCAN`; a statement that no call reaches fails too, so that a new one is looked at by itself.
"""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

import card
from card import Card, cases, entitlements, money, parts
from card.tables import CaseRecord, Consent, IncomingMessage, Look, OutgoingMessage, Payment, Question, RightRow
from runtime.embedded.servers import Database

pytestmark = pytest.mark.timeout(600)  # half a minute, but on a machine that does much else

ROWS = 100_000
FULL = Path(__file__).with_name("full.sql")
SMALL = {"findings", "ledger_accounts"}
"""Tables that don't grow with the years: what waits for a person, and the books' accounts."""

SET_BY_SET = {"runs", "run_lines", "bank_lines", "books", "reckonings", "overpayments"}
"""Modules that work on a whole month, or on all that runs, range by range: their story is `test_plans_of_runs`."""

BEGIN = ("run", "statement_days", "reckonings", "overpa", "recoveries")
OF_RUNS = {name for name in SQLModel.metadata.tables if name.startswith(BEGIN)}
"""Their tables, which no case reads, but what was paid to one right."""

SERVICE, OPERATOR, OTHER = "multi-child", "smsc", "Z"
NOW = datetime.now(UTC)
TODAY = NOW.date()

MAY_SCAN = {
    "money.money: ledger": "without a case it sums up the whole books, for the demo and the tests",
    "findings.listed: ledger": "sums up the books of what is over, when a person asks what is amiss",
    "findings.listed: cases": "the same",
    "entitlements.missing: entitlements": "gives rights from before entitlements were kept theirs, once",
    "entitlements.missing: rights": "the same",
    "entitlements.missing: cases": "the same",
}
"""Functions that may look through these tables, and why."""

NEVER_REACHED = {
    "rights.take": "what is asked after another case was quicker, as it was asked before",
}
"""Functions with a statement that no story reaches, and why."""


@dataclass(frozen=True)
class Story:
    """Whose rows the arguments name: those of the story with this number."""

    number: int
    key: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.key or f"key-{self.number}")

    @property
    def id(self) -> UUID:
        return UUID(f"00000000-0000-4000-8000-{self.number:012x}")

    @property
    def ref(self) -> str:
        return f"case-{self.number}"

    @property
    def phone(self) -> str:
        return f"+7701{self.number:07}"

    @property
    def iin(self) -> str:
        return f"{self.number:012}"


PAID, OPEN, STOPPED, UNHEARD = (Story(ROWS - n) for n in (1, 2_000, 499, 10_000))
"""One that has ended with the money, one that goes on, one that an operator has ended, one whose answer waits."""
NEW_KEY = "a new key"
STRANGER = Story(ROWS + 7)
STORIES = [PAID, OPEN, STOPPED, UNHEARD, *(replace(one, key=NEW_KEY) for one in (PAID, OPEN)), STRANGER]


async def _row(session: AsyncSession, story: Story, of: type[SQLModel]) -> SQLModel | None:
    """The story's own row, or one as it is before it is written."""
    s = story
    match of.__name__:
        case "CaseRecord":
            return await session.get(CaseRecord, s.ref)
        case "RightRow":
            return await session.get(RightRow, s.id)
        case "Question":
            return await session.get(Question, s.key)
        case "Payment":
            return await session.get(Payment, s.key)
        case "Look":
            return Look(
                root=f"root-{s.number}", right_id=s.id, service=SERVICE, person_id=s.id, day=TODAY, why="lapsed"
            )
        case "OutgoingMessage":
            return _said(s)
        case "IncomingMessage":
            return IncomingMessage(message_id=s.key, phone=s.phone, text=OTHER, received_at=NOW)
        case "Consent":
            asked: dict[str, Any] = {"question_key": f"key-{s.number}", "message_id": f"key-{s.number}"}
            return Consent(key=s.key, case_ref=s.ref, given=True, received_at=NOW, applied_on=TODAY, **asked)
    pytest.fail(f"say in _row of this file which {of.__name__} a story has")


def _said(story: Story) -> OutgoingMessage:
    said: dict[str, Any] = {"language": "kk", "kind": "offer", "text": OTHER, "parts": 1, "paid_by": "budget"}
    return OutgoingMessage(key=story.key, case_ref=story.ref, phone=story.phone, **said)


def _named(story: Story) -> Mapping[str, Any]:
    """The arguments that are told apart by their names alone."""
    s, before, fresh = story, Story(story.number - 1), story.key == NEW_KEY
    member = {"iin": before.iin, "birth_date": date(2020, 1, 1), "sex": "male", "relation": "child"}
    return {
        **dict.fromkeys(("key", "message_id", "question_key", "id", "granted"), s.key),
        **dict.fromkeys(("ref", "case_ref", "but"), s.ref),
        **dict.fromkeys(("person_id", "account_id", "head_id", "right_id"), s.id),
        "refs": [s.ref, before.ref],
        "names": {f"name-{s.number}", f"name-{before.number}"},
        "iins": [s.iin],
        "people": [s.id, before.id],
        "children": [s.iin],
        "iin": s.iin,
        "phone": s.phone,
        "opened_by": f"event-{s.number}",
        "root": f"root-{s.number}",
        "service": SERVICE,
        "monthly": [SERVICE],
        "services": [SERVICE],
        "operator": OPERATOR,
        "smsc_message_id": str(s.number),
        "smsc_message_ids": [str(s.number), "A1"],
        "signature": f"s-{s.number}",
        "kind": "kind",
        "kinds": ["offer"],
        "found": {s.ref: "what"},
        "outcome": "credited" if fresh else "refused_by_person",
        "forget_before": NOW - timedelta(days=1),
        "expects": "account",
        "account": f"{s.number:018}"[-4:],
        "iban": f"KZ{s.number:018}",
        "source": "bank",
        "action": "retry",
        "actions": ["retry"],
        "meaning": "yes",
        "described": {"died_on": None, "region": "75"},
        "members": [] if fresh else [member],
        "payer": "budget",
        "month": TODAY.replace(day=1),
        "on": TODAY,
        "again": cases.Again(TODAY + timedelta(days=90), 3),
        "debit": "entitled",
        "credit": "payable",
        "about": money.About("budget", TODAY.replace(day=1), TODAY),
        "amount": Decimal(1000),
        "anew": True,
        "unless": NOW - timedelta(days=900),
        "delivery": parts.Delivery(_said(s), delivered=True, at=NOW, told=False),
        "receipts": [parts.Received(f"new-{s.number}", delivered=True, at=NOW)],
        "terms": _terms(),
        "limit": 100,
        "most": 100,
    }


def _terms() -> entitlements.Terms:
    month = TODAY.replace(day=1)
    months = entitlements.Months(month, month, Decimal(1000), Decimal(0))
    return entitlements.Terms(month, None, [months], TODAY, months, is_difference=False)


def _by_type(hint: Any) -> Any:
    of: dict[Any, Any] = {
        str: "case-1",
        int: 3,
        bool: True,
        date: TODAY,
        datetime: NOW,
        timedelta: timedelta(days=1),
        Decimal: Decimal(1),
        UUID: UUID(int=0),
        dict[str, Any]: {},
    }
    for one in (hint, *get_args(hint)):
        if one in of:
            return of[one]
        if isinstance(one, type) and issubclass(one, Enum):
            return list(one)[-1]
    raise LookupError


Called = Callable[..., Awaitable[Any]]


def _functions() -> Iterator[tuple[str, Called]]:
    """What others call of the Card: each public function that is given a session."""
    for found in pkgutil.iter_modules(card.__path__):
        if found.ispkg or found.name in SET_BY_SET:
            continue
        module = importlib.import_module(f"card.{found.name}")
        for name, one in vars(module).items():
            own = inspect.iscoroutinefunction(one) and one.__module__ == module.__name__
            if own and not name.startswith("_") and next(iter(inspect.signature(one).parameters), "") == "session":
                yield f"{found.name}.{name}", one


@dataclass
class Seen:
    """What the functions have asked of the database, and how it would be done."""

    function: str = ""
    plans: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    """By function and statement: what is wrong with its plans."""
    lines: set[tuple[str, int]] = field(default_factory=set)
    explained: set[tuple[str, str]] = field(default_factory=set)
    growing: set[str] = field(default_factory=set)
    large: set[str] = field(default_factory=set)
    """The indexes of more than a fiftieth of the rows."""

    def explain(
        self, _connection: object, cursor: Any, statement: str, given: Any, _context: object, many: bool
    ) -> None:
        """SQLAlchemy's event before each statement."""
        begins = statement.split(None, 1)[0].upper()
        if not self.function or begins not in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            return
        one = given[0] if many else given
        asked = (statement, repr(one))
        if asked in self.explained:
            return
        self.explained.add(asked)
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", one)
        (answer,) = cursor.fetchone()
        plan = answer if isinstance(answer, list) else json.loads(answer)
        self.plans[self.function, statement] += self._scans(plan[0]["Plan"])

    def _scans(self, node: Mapping[str, Any]) -> Iterator[str]:
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in self.growing:
            yield f"{node['Relation Name']}, for {node.get('Filter')}"
        # An index that is read from end to end is no better, unless it is one of the few rows that wait for something.
        through = node["Node Type"] in ("Index Scan", "Index Only Scan") and not node.get("Index Cond")
        if through and node["Index Name"] in self.large and node.get("Filter"):
            yield f"{node['Relation Name']} by {node['Index Name']}, for {node['Filter']}"
        for below in node.get("Plans", ()):
            yield from self._scans(below)


@contextmanager
def _lines_noted(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in STATEMENTS:
        real = getattr(AsyncSession, name)

        def noting(*given: Any, _real: Any = real, **named: Any) -> Any:
            caller = sys._getframe(1)
            seen.lines.add((Path(caller.f_code.co_filename).stem, caller.f_lineno))
            return _real(*given, **named)

        monkeypatch.setattr(AsyncSession, name, noting)
    yield
    monkeypatch.undo()


STATEMENTS = ("execute", "scalars", "scalar", "get", "get_one", "flush")


@pytest.fixture(scope="session")
async def full(postgres_server: Database, _migrated_template: str) -> AsyncIterator[Card]:
    """The Card with all its stories."""
    url = await postgres_server.create("full", template=_migrated_template)
    async with await postgres_server.connect("full") as connection, connection.transaction():
        for statement in FULL.read_text(encoding="utf-8").replace(":rows", str(ROWS)).split(";\n"):
            if statement.strip():
                await connection.execute(statement.encode())
    async with await postgres_server.connect("full") as connection:
        await connection.execute("VACUUM ANALYZE")
    made = Card(url)
    yield made
    await made.close()


@pytest.fixture(scope="session")
async def seen(full: Card) -> Seen:
    """Every function called with every story; nothing of it stays."""
    found = Seen(growing={one.name for one in SQLModel.metadata.sorted_tables} - SMALL - OF_RUNS)
    async with full.statements() as session:
        large = text("SELECT relname FROM pg_class WHERE relkind = 'i' AND reltuples > :few")
        found.large = set(await session.scalars(large, {"few": ROWS // 50}))
    event.listen(full.engine.sync_engine, "before_cursor_execute", found.explain)
    with pytest.MonkeyPatch.context() as monkeypatch, _lines_noted(found, monkeypatch):
        for name, function in _functions():
            for story in STORIES:
                # What a guard refuses goes on once more without the guards: what comes after it is to be seen too.
                if not await _call(full, found, name, function, story, "origin"):
                    await _call(full, found, name, function, story, "replica")
            await _call(full, found, name, function, PAID, "origin", at_least=True)
        for name, method in inspect.getmembers(full, inspect.iscoroutinefunction):
            if not name.startswith("_") and name != "close":
                found.function = f"store.{name}"
                named = _named(PAID)
                await method(**{one: named[one] for one in inspect.signature(method).parameters})
    return found


async def _call(
    full: Card, seen: Seen, name: str, function: Called, story: Story, guards: str, *, at_least: bool = False
) -> bool:
    """Whether no guard of the database was in the way. `at_least`: without what has a default."""
    defaults = {one.name for one in inspect.signature(function).parameters.values() if one.default is not one.empty}
    async with AsyncSession(full.engine, expire_on_commit=False) as session:
        await session.execute(text(f"SET LOCAL session_replication_role = {guards}"))
        arguments: dict[str, Any] = {}
        for parameter, hint in get_type_hints(function).items():
            if parameter in ("session", "return") or (at_least and parameter in defaults):
                continue
            model = next(
                (one for one in (hint, *get_args(hint)) if isinstance(one, type) and issubclass(one, SQLModel)), None
            )
            if model is not None:
                arguments[parameter] = await _row(session, story, model)
                if arguments[parameter] is None:
                    return True  # a stranger has none
                continue
            try:
                named = _named(story)
                arguments[parameter] = named[parameter] if parameter in named else _by_type(hint)
            except LookupError:
                pytest.fail(f"{name}: say in _named of this file what a story has as {parameter}: {hint}")
        seen.function = name
        try:
            await function(session, **arguments)
            await session.flush()
        except (SQLAlchemyError, ValueError) as refused:
            return isinstance(refused, ValueError)
        finally:
            seen.function = ""
            await session.rollback()
    return True


async def test_every_table_is_full(full: Card) -> None:
    empty = []
    async with full.statements() as session:
        for one in SQLModel.metadata.sorted_tables:
            if one.name not in SMALL | OF_RUNS:
                there = await session.scalar(text(f"SELECT count(*) FROM {one.name}"))  # noqa: S608
                if (there or 0) < ROWS // 2:
                    empty.append(one.name)
    assert not empty, f"full.sql puts too few rows into {', '.join(empty)}"


def test_no_statement_looks_through_what_grows(seen: Seen) -> None:
    found = [
        f"{function}: {why}\n    {' '.join(statement.split())[:3000]}"
        for (function, statement), reasons in seen.plans.items()
        for why in sorted(set(reasons))
        if f"{function}: {re.split('[, ]', why)[0]}" not in MAY_SCAN
    ]
    assert not found, "\n".join(found)


def test_every_statement_was_seen(seen: Seen) -> None:
    unseen = []
    paths = sorted(Path(card.__file__).parent.glob("*.py"))
    for path in (one for one in paths if one.stem not in SET_BY_SET):
        for inside in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(inside, ast.AsyncFunctionDef):
                continue
            for call in ast.walk(inside):
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and call.func.attr in STATEMENTS
                    and isinstance(call.func.value, ast.Name)
                    and call.func.value.id == "session"
                    and not any(
                        (path.stem, line) in seen.lines for line in range(call.lineno, (call.end_lineno or 0) + 1)
                    )
                    and f"{path.stem}.{inside.name}" not in NEVER_REACHED
                ):
                    unseen.append(f"{path.stem}.{inside.name}, line {call.lineno}")
    assert not unseen, "no story reaches\n" + "\n".join(unseen)
