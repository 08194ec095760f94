"""No statement of the payment runs looks through what grows, in a Card of two hundred months that were paid.

As `test_plans`, with a story of its own: a page of entitlements, a stage, a file, the lines of a statement. What sums
up all books by its nature is named in `MAY_SCAN`, with its reason.
"""

import ast
import importlib
import inspect
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

import card
from activities.pay import CURES
from bench.runs import POPULATION
from card import Card, runs
from card.bank_lines import Said
from card.entitlements import Months
from card.overpayments import Part
from card.reckoned_tables import OverpaymentState
from card.reckonings import Anew
from runtime.embedded.servers import Database
from tests.card.test_plans import SET_BY_SET, STATEMENTS, Called, Seen, _lines_noted

pytestmark = pytest.mark.timeout(300)

SIZE, MONTHS = 50_000, 200
FEW = SIZE // MONTHS
OF_CASES = {"persons", "rights", "cases", "accounts", "ledger", "entitlements", "entitlement_amounts", "dues"}
GROWING = OF_CASES | {
    "run_lines",
    "run_turns",
    "run_items",
    "recoveries",
    "overpayments",
    "overpaid_months",
    "reckonings",
}

MAY_SCAN = {
    "books.whole: ledger": "sums up the whole books",
    "books.by": "sums up the whole books",
    "reckonings.changed": "counts all that runs, once a January",
    "run_lines.orders: accounts": "a full file is a fiftieth of all accounts: to read them all costs less",
    "reckonings.due: entitlements": "goes through all that runs, page by page, once on each day of a run",
}

MONTH, DAY = date(2026, 2, 1), date(2026, 2, 5)
PAID = (
    "CREATE TEMP TABLE m AS SELECT n, id, (n - 1) / (:size / 200) + 1 AS stage,"
    " (date '2009-07-01' + make_interval(months => (n - 1) / (:size / 200)))::date AS month FROM n",
    "ALTER TABLE m ADD file text",
    "UPDATE m SET file = 'payment-run/' || to_char(month, 'YYYY-MM') || '\\:s1\\:125\\:1'",
    "INSERT INTO runs (month, played, state) SELECT DISTINCT month, false, 'closed' FROM m",
    "INSERT INTO run_stages (id, month, number, day, state)"
    " SELECT DISTINCT stage, month, 1, month + 4, 'frozen' FROM m",
    "INSERT INTO run_batches (key, month, part, kind, bank, number, state, lines, count, total)"
    " SELECT file, month, 's1', 'benefit', '125', 1, CASE WHEN stage < 200 THEN 'answered' ELSE 'open' END,"
    " count(*), count(*), 1 FROM m GROUP BY file, stage, month",
    "UPDATE dues SET month = '2009-06-01'",
    "INSERT INTO dues (id, entitlement_id, month, stage_id, is_difference, gross, withheld, payer, region)"
    " SELECT 1000000 + n, id, month, stage, false, 69330, 0, 'budget', 'KZ-71' FROM m ORDER BY n",
    "INSERT INTO run_lines (id, due_id, stage_id, kind, n, end_to_end_id, amount, account_id, bank, batch_key, state,"
    " reason, again_on, made_at)"
    " SELECT n, 1000000 + n, stage, 'benefit', 1, 'name-' || n, 69330, id, '125',"
    " CASE WHEN n % 2000 <> 7 THEN file END,"
    " CASE WHEN n % 2000 = 7 THEN 'held' WHEN n % 2000 = 8 THEN 'rejected' WHEN stage < 200 THEN 'settled'"
    " ELSE 'ordered' END,"
    " CASE n % 2000 WHEN 7 THEN 'account_needed' WHEN 8 THEN 'AC04' END, CASE WHEN n % 2000 = 7 THEN month END, month"
    " FROM m ORDER BY n",
    "INSERT INTO run_totals (stage_id, kind, service, bank, region, count, total)"
    " SELECT DISTINCT stage, 'benefit', 'multi-child', '125', 'KZ-71', 1, 1 FROM m WHERE stage < 200",
    "INSERT INTO run_turns (line_id, cancelled) SELECT n, true FROM m WHERE n % 10 = 0",
    "INSERT INTO run_items (source, number, why, closed_at) SELECT 'statement ' || n, 1, 'unknown',"
    " CASE WHEN n % 1000 > 0 THEN now() END FROM m WHERE n % 5 = 0",
    "INSERT INTO overpayments (id, entitlement_id, found_on, state, told_on, from_day)"
    " SELECT n, id, month, CASE WHEN n % 1000 = 5 THEN 'found' ELSE 'told' END, month, month + 30"
    " FROM m WHERE n % 5 = 0",
    "INSERT INTO overpaid_months (overpayment_id, month, entitlement_id, net, withheld)"
    " SELECT n, month, id, 1000, 0 FROM m WHERE n % 5 = 0",
    "INSERT INTO recoveries (overpayment_id, due_id, net, withheld)"
    " SELECT n, 1000000 + n, 1000, 0 FROM m WHERE n % 5 = 0",
    "INSERT INTO reckonings (entitlement_id, day, facts) SELECT id, month, '{}' FROM m",
    "UPDATE entitlements SET law = 'law', next_review = '2027-01-01'",
    "SELECT setval(pg_get_serial_sequence(t, 'id'), 2000000)"
    " FROM unnest(ARRAY['dues', 'run_lines', 'overpayments', 'run_stages']) t",
)


def _id(n: int) -> UUID:
    return UUID(f"00000000-0000-4000-8000-{n:012x}")


STAGE = runs.Stage(1, DAY, ("KZ-71", "KZ-10"), others=True, share=Decimal("0.25"), minimum=Decimal(1000))
LINE = Said(1, "settled", f"name-{SIZE - 20}", Decimal(69330), None, "BR", DAY, None)
WHOSE = SIZE - 20
GIVEN: dict[str, Any] = {
    "month": MONTH,
    "stage_": STAGE,
    "played": False,
    "named": ["KZ-71"],
    "upto": _id(200),
    "fund": "PF1",
    "number": 1,
    "part": "s1",
    "execution_day": DAY,
    "day": DAY,
    "key": "payment-run/2026-02:s1:125:1",
    "batch_key": "payment-run/2026-02:s1:125:1",
    "people": [_id(WHOSE)],
    "deaths": [(_id(WHOSE), DAY)],
    "why": "why",
    "reason": "AC04",
    "lines": [LINE],
    "reasons": CURES,
    "entitlement": _id(WHOSE),
    "right_id": _id(WHOSE),
    "laws": {"multi-child": "law"},
    "stood": [],
    "anew": Anew([Months(MONTH, MONTH, Decimal(1), Decimal(0))], None, None, "law", {}, DAY),
    "months": [Part(MONTH, Decimal(1), Decimal(0))],
    "law": "law",
    "round_": 1,
    "iban": "KZ22",
    "since": DAY - timedelta(days=62),
    "count": 1,
    "debits": Decimal(1),
    "credits": Decimal(0),
    "whole": True,
    "most": 100,
    "line_id": WHOSE,
    "item_id": 1000,
    "by": "a.omarova",
    "note": "why",
    "net": Decimal(1),
    "withheld": Decimal(0),
    "from_day": DAY,
    "what": "month",
    "locked": False,
}


def _functions() -> Iterator[tuple[str, Called]]:
    for name in sorted(SET_BY_SET):
        module = importlib.import_module(f"card.{name}")
        for called, one in vars(module).items():
            own = inspect.iscoroutinefunction(one) and one.__module__ == module.__name__
            if own and not called.startswith("_"):
                yield f"{name}.{called}", one


def _arguments(name: str, function: Called) -> dict[str, Any]:
    hints = inspect.signature(function).parameters
    # Pages follow a number of some kind, and states are of what is decided.
    own = {
        "after": 3 if name == "overpayments.untold" else _id(100),
        "stages": [1] if name == "runs.close" else [STAGE],
        "state": OverpaymentState.FORGIVEN if name == "overpayments.decided" else "held",
    }
    return {one: (GIVEN | own)[one] for one in hints if one != "session"}


@pytest.fixture(scope="module")
async def paid(postgres_server: Database, _migrated_template: str) -> AsyncIterator[Card]:
    """The Card with two hundred months, each of 250 payments."""
    made = Card(await postgres_server.create("paid", template=_migrated_template))
    async with made.transaction() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        for sql in (*POPULATION, *PAID):
            await session.execute(text(sql), {"size": SIZE} if ":size" in sql else {})
    async with await postgres_server.connect("paid") as connection:
        await connection.execute("VACUUM ANALYZE")
    yield made
    await made.close()


@pytest.fixture(scope="module")
async def seen(paid: Card) -> Seen:
    """Every function called; nothing of it stays."""
    found = Seen(growing=GROWING)
    async with paid.statements() as session:
        large = text("SELECT relname FROM pg_class WHERE relkind = 'i' AND reltuples > :few")
        found.large = set(await session.scalars(large, {"few": FEW}))
    event.listen(paid.engine.sync_engine, "before_cursor_execute", found.explain)
    with pytest.MonkeyPatch.context() as monkeypatch, _lines_noted(found, monkeypatch):
        for name, function in _functions():
            for state in ("selecting", "frozen"):
                async with AsyncSession(paid.engine, expire_on_commit=False) as session:
                    await session.execute(text("SET LOCAL session_replication_role = replica"))
                    at = datetime.now(UTC) if state == "frozen" else None
                    turned = "UPDATE run_stages SET state = :state, frozen_at = :at"
                    await session.execute(text(turned), {"state": state, "at": at})
                    await session.execute(text("UPDATE runs SET state = 'open'"))
                    found.function = name
                    try:
                        await function(session, **_arguments(name, function))
                    except runs.NotDeclared:
                        assert state == "selecting"
                    except SQLAlchemyError as refused:
                        pytest.fail(f"{name}: {refused.__cause__}")
                    finally:
                        found.function = ""
                        await session.rollback()
    return found


def test_no_statement_of_a_run_looks_through_what_grows(seen: Seen) -> None:
    found = [
        f"{function}: {why}\n    {' '.join(statement.split())[:3000]}"
        for (function, statement), reasons in seen.plans.items()
        for why in sorted(set(reasons))
        if function not in MAY_SCAN and f"{function}: {re.split('[, ]', why)[0]}" not in MAY_SCAN
    ]
    assert not found, "\n".join(found)


def test_every_statement_of_a_run_was_seen(seen: Seen) -> None:
    unseen = []
    for name in sorted(SET_BY_SET):
        path = Path(card.__file__).with_name(f"{name}.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in STATEMENTS
                and isinstance(call.func.value, ast.Name)
                and call.func.value.id == "session"
                and not any((name, line) in seen.lines for line in range(call.lineno, (call.end_lineno or 0) + 1))
            ):
                unseen.append(f"{name}, line {call.lineno}")
    assert not unseen, "no story reaches\n" + "\n".join(unseen)
