"""Decided cases held against the law as it is known now: over what the Card kept, in ranges, and without a person."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from benefits import make_iin
from benefits.catalogue import benefit
from card import cases, snapshots
from card.tables import CaseRecord, FactsSnapshot, table
from cli import analysis
from desk import redeciding
from starter import console
from tests.activities.database import BY_FORCE
from tests.activities.life import Life
from tests.activities.people import ON, child, mother
from tests.law.another_law import another_law
from workflows.model import Case, Step, StepInput

SPAN = (date(2025, 3, 1), date(2025, 4, 30))
RATE = "        2023-07-01: 20.04\n"
BACKWARDS = (RATE, f"{RATE}        2025-01-01: {{value: 21, known_since: 2026-06-10}}\n")
DECIDED_AT = datetime(2025, 3, 1, 7, 0, tzinfo=UTC)
OLD, NEW = Decimal("78798.00"), Decimal("82572.00")


async def _decide(life: Life, n: int, children: int = 5, **sections: Any) -> Case:
    await life.settle(mother(n, children, **sections))
    case = await life.open(n)
    await life.run(Step.DETECT, StepInput(case=case, key=case.key(Step.DETECT), n=1))
    async with life.card.transaction() as session:
        await session.execute(BY_FORCE)
        await session.execute(update(table(FactsSnapshot)).values(taken_at=DECIDED_AT))
    return case


async def test_cases_that_differ_are_listed_with_their_months_and_totals(life: Life, tmp_path: Path) -> None:
    five, other, none = await _decide(life, 1), await _decide(life, 2, children=4), await _decide(life, 3, children=2)
    async with life.card.transaction() as session:
        (await session.get_one(CaseRecord, five.ref)).outcome = "no_right"
    same = await redeciding.review(life.card, None, *SPAN)
    assert (same.looked_at, same.differences, same.unread) == (3, [], [])
    with another_law(tmp_path, "multi-child", BACKWARDS):
        review = await redeciding.review(life.card, None, *SPAN)
        elsewhere = await redeciding.review(life.card, "childbirth", *SPAN)
    found = review.to_dict()
    assert found["cases"] == [
        {
            "ref": five.ref,
            "service": "multi-child",
            "outcome": "no_right",
            "first_month": "2025-03",
            "last_month": "2025-04",
            "then": {"right": "yes", "net": str(OLD), "why": None, "open": None},
            "now": {"right": "yes", "net": str(NEW), "why": None, "open": None},
            "difference": str(2 * (NEW - OLD)),
            "as_known": True,
        }
    ]
    totals = found["totals"]
    assert (totals["looked_at"], totals["differ"], totals["more"], totals["question"]) == (3, 1, 1, 0)
    assert (totals["difference"], totals["of_credited"]) == (str(2 * (NEW - OLD)), "0.00")
    review.differences[0] = replace(review.differences[0], outcome="credited")
    assert review.totals()["of_credited"] == str(2 * (NEW - OLD))
    assert (elsewhere.looked_at, elsewhere.differences) == (0, [])
    assert {other.ref, none.ref}.isdisjoint(json.dumps(found))


async def test_every_case_is_looked_at_once_however_small_the_ranges(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = {(await _decide(life, n)).ref for n in range(1, 6)}
    monkeypatch.setattr(redeciding, "PAGE", 2)
    with another_law(tmp_path, "multi-child", BACKWARDS):
        found = await redeciding.review(life.card, "multi-child", *SPAN)
    assert found.looked_at == 5
    assert [one.ref for one in found.differences] == sorted(refs)


async def test_of_a_case_the_last_word_of_the_law_counts(life: Life) -> None:
    case = await _decide(life, 1)
    async with life.card.transaction() as session:
        first = await snapshots.last(session, case.ref)
        assert first is not None
        await snapshots.keep(session, "later", case.ref, first.facts, {**first.decision, "net": "1.00"})
    async with life.card.statements() as session:
        (one,) = await snapshots.last_words(session, ["multi-child"])
        assert (one.ref, one.decision["net"], one.outcome) == (case.ref, "1.00", None)
        assert await snapshots.last_words(session, ["childbirth"]) == []
        assert await snapshots.last_words(session, ["multi-child"], after=case.ref) == []


async def test_questions_and_cases_that_nobody_can_read_are_told_and_never_added(life: Life, tmp_path: Path) -> None:
    case, broken, older = await _decide(life, 1), await _decide(life, 2), await _decide(life, 3)
    async with life.card.transaction() as session:
        kept = table(FactsSnapshot)
        facts = {
            name: (await session.get_one(FactsSnapshot, one.key(Step.DETECT))).facts
            for name, one in (("case", case), ("broken", broken))
        }
        unreadable = {**facts["case"], "unreadable": ["children"]}
        where = col(FactsSnapshot.case_ref)
        await session.execute(update(kept).where(where == case.ref).values(facts=unreadable))
        await session.execute(update(kept).where(where == broken.ref).values(facts={"adults": []}))
        await session.execute(update(kept).where(where == older.ref).values(decision={"right": "yes"}))
    found = (await redeciding.review(life.card, None, *SPAN)).to_dict()
    assert found["unread"] == sorted([broken.ref, older.ref])
    (one,) = found["cases"]
    assert (one["ref"], one["now"]["right"], one["difference"]) == (case.ref, "person_decides", None)
    totals = found["totals"]
    assert (totals["question"], totals["difference"], totals["unread"]) == (1, "0.00", 2)
    assert totals["not_by_what_became_known"] == 1


async def test_notices_are_no_decisions_of_a_service(life: Life) -> None:
    iin = make_iin(date(1985, 3, 12), "female", 1)
    async with life.card.transaction() as session:
        record = (await cases.open_case(session, service="pension", iin=iin, opened_by="somebody", on=ON)).case
        await snapshots.keep(session, "notice", record.ref, {}, {"notice": None})
    assert (await redeciding.review(life.card, None, *SPAN)).looked_at == 0


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_the_table_fits_eighty_columns_and_names_nobody(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: Any
) -> None:
    case = await _decide(life, 1)
    with another_law(tmp_path, "multi-child", BACKWARDS):
        found = (await redeciding.review(life.card, None, *SPAN)).to_dict()
    monkeypatch.setattr(console, "width", 80)
    with console.capture() as captured:
        analysis.show_cases(console, found, language)
    shown = captured.get()
    assert f"{case.ref}  multi-child  2025-03–04" in shown
    for piece in ("78 798", "82 572", "+7 548"):
        assert piece in shown
    assert max(map(len, shown.splitlines())) <= 80
    known = {make_iin(date(1985, 3, 12), "female", 1), child(1, 0)["iin"], "Айсұлу", str(benefit("multi-child"))}
    assert not [one for one in known if one in shown or one in json.dumps(found, ensure_ascii=False)]
