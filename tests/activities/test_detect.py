"""Detect: what was known is kept with what the law said of it, and the right is claimed for one case alone."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from benefits import make_iin
from benefits.decision import Decision
from benefits.facts import read_facts
from card import cases
from card.tables import CaseRecord, FactsSnapshot, Member, Person
from tests.activities.database import ends_as
from tests.activities.life import Life
from tests.activities.people import ON, child, iin_of, mother
from workflows.model import Case, Detected, Outcome, QuietHours, Right, Step, StepInput

FIVE = Decimal("78798.00")  # 20.04 times the monthly calculation index of 2025, 3 932 tenge


async def detect(life: Life, case: Case, n: int = 1) -> Detected:
    found: Detected = await life.run(Step.DETECT, StepInput(case=case, key=case.key(Step.DETECT, n), n=n))
    return found


async def basis(life: Life, case: Case) -> str | None:
    async with life.card.transaction() as session:
        return (await session.get_one(CaseRecord, case.ref)).basis


def newborns(n: int = 1, **members: Any) -> list[dict[str, Any]]:
    """Twins, the third and fourth child of the mother."""
    elder = [child(n, k) for k in range(2)]
    return [*elder, *(child(n, k, born=date(2025, 2, 10), birth_record=f"ACT-{n}-{k}", **members) for k in (2, 3))]


async def test_a_right_is_found_with_its_amount_its_terms_and_its_region(life: Life) -> None:
    life.quiet_hours = QuietHours(start=1260, end=540)
    found = await detect(life, await life.open())
    assert (found.right, found.ended, found.amount, found.frequency) == (Right.YES, None, FIVE, "monthly")
    assert found.region == "KZ-71"
    assert found.policy is not None
    assert found.policy.quiet_hours == life.quiet_hours


async def test_the_snapshot_holds_facts_decision_and_trace_and_they_can_be_read_again(life: Life) -> None:
    case = await life.open()
    await detect(life, case)
    (kept,) = await life.rows(FactsSnapshot, case)
    decision = Decision.from_dict(kept.decision)
    assert (decision.net, decision.on) == (FIVE, ON)
    assert {"common.mrp", "multi-child.rate[5]"} <= {line.code for line in decision.trace}
    assert all(line.ground for line in decision.trace if line.reference)
    assert len(read_facts(kept.facts).children) == 5, "the law can be applied to it again"
    assert "Айсұлу" not in str(kept.facts), "names are no facts"


async def test_the_family_is_remembered_as_the_registries_describe_it(life: Life) -> None:
    case = await life.open()
    await detect(life, case)
    async with life.card.transaction() as session:
        person = await session.get_one(Person, case.person_id)
        assert (person.family_name, person.language, person.region) == ("Үлгібаева", "kk", "KZ-71")
        members = (await session.scalars(Member.__table__.select())).all()  # type: ignore[attr-defined]
    assert len(members) == 5


async def test_no_right_says_which_condition_failed(life: Life) -> None:
    await life.settle(mother(children=3))
    case = await life.open()
    found = await detect(life, case)
    assert (found.right, found.ended, found.reason) == (Right.NO, Outcome.NO_RIGHT, "too_few_children")
    assert await basis(life, case) is None, "what is no right blocks nobody"
    assert len(await life.rows(FactsSnapshot, case)) == 1


async def test_what_is_paid_already_is_not_offered(life: Life) -> None:
    paying = {"service": "multi-child", "basis": iin_of(1), "from_date": "2024-01-01"}
    await life.settle(mother(payments=[paying]))
    found = await detect(life, await life.open())
    assert (found.ended, found.reason) == (Outcome.ALREADY_PAID, "already_paid")


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        (None, Outcome.ALREADY_OFFERED),
        (Outcome.REFUSED_BY_PERSON, Outcome.ALREADY_OFFERED),
        (Outcome.CREDITED, Outcome.ALREADY_PAID),
    ],
)
async def test_the_same_right_is_not_offered_by_a_second_case(
    life: Life, ended: Outcome | None, expected: Outcome
) -> None:
    first, second = await life.open(), await life.open()
    await detect(life, first)
    async with life.card.transaction() as session:
        if ended is not None:
            await ends_as(session, first.ref, ended)
            await cases.close(session, first.ref, ended, None)
    found = await detect(life, second)
    assert found.ended is expected
    assert await basis(life, second) is None


async def test_of_both_parents_one_case_is_offered_the_allowance(life: Life) -> None:
    """At the same moment; the children live with the mother, and the father's case counts none of them for him."""
    children = [one | {"father_iin": iin_of(2)} for one in mother()["children"]]
    await life.settle(mother() | {"children": children}, mother(2) | {"children": []})
    cases = [await life.open(1), await life.open(2)]
    found = await asyncio.gather(*(detect_bare(life, case) for case in cases))
    assert [one.ended for one in found] == [None, Outcome.NO_RIGHT]


async def test_twins_are_two_rights_for_two_cases_and_not_for_a_third(life: Life) -> None:
    await life.settle(mother() | {"children": newborns()})
    cases = [await life.open(service="childbirth") for _ in range(3)]
    found = [await detect(life, case) for case in cases]
    assert [one.ended for one in found] == [None, None, Outcome.ALREADY_OFFERED]
    assert {await basis(life, case) for case in cases[:2]} == {"ACT-1-2", "ACT-1-3"}
    assert found[0].amount != found[1].amount, "the third child and the fourth have other rates"
    assert [row.decision["basis"] for case in cases[:2] for row in await life.rows(FactsSnapshot, case)] == [
        await basis(life, case) for case in cases[:2]
    ], "each case keeps the decision about its own child"


async def test_twins_cases_at_the_same_moment_take_one_child_each(life: Life) -> None:
    await life.settle(mother() | {"children": newborns()})
    cases = [await life.open(service="childbirth") for _ in range(2)]
    found = await asyncio.gather(*(detect_bare(life, case) for case in cases))
    assert [one.ended for one in found] == [None, None]
    assert {await basis(life, case) for case in cases} == {"ACT-1-2", "ACT-1-3"}


async def detect_bare(life: Life, case: Case) -> Detected:
    """Without the watcher of connections, which knows of one activity at a time."""
    world = life.bare_world()
    found: Detected = await life.run(Step.DETECT, StepInput(case=case, key=case.key(Step.DETECT)), 1, world)
    return found


async def test_what_only_a_person_can_decide_claims_nothing_and_asks(life: Life) -> None:
    homeless = [child(1, k) | {"lives_with": None} for k in range(4)]
    await life.settle(mother() | {"children": homeless})
    case = await life.open()
    found = await detect(life, case)
    assert (found.right, found.ended, found.amount) == (Right.PERSON_DECIDES, None, None)
    assert found.reason
    assert await basis(life, case) is None
    await life.settle(mother())
    again = await detect(life, case, n=2)
    assert (again.right, again.amount) == (Right.YES, FIVE)
    assert len(await life.rows(FactsSnapshot, case)) == 2, "what was known each time"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"birth_date": "2006-01-16"}, "children[0].birth_date"),
        ({"birth_date": "2006-31-12", "iin": None, "birth_record": "ACT-1"}, "children[0].birth_date"),
        ({"died_on": "2011-01-01"}, "children[0].died_on"),
        ({"iin": iin_of(1), "birth_record": "ACT-1"}, "children[0].iin"),
        ({"lives_with": "000000000000"}, "children[0].lives_with"),
        ({"relation": "foster"}, "children[0].counted_elsewhere"),
    ],
)
async def test_a_broken_record_on_which_the_amount_hangs_is_one_question(
    life: Life, wrong: dict[str, Any], field: str
) -> None:
    """Four or five children: two amounts. Nothing is guessed, offered or taken up."""
    children = [child(1, k) for k in range(5)]
    children[0]["wrongly"] = {"counted_elsewhere": 7} | wrong
    await life.settle(mother() | {"children": children})
    case = await life.open()
    found = await detect(life, case)
    assert found.right is Right.PERSON_DECIDES
    assert field in (found.reason or "")
    assert "2006" not in (found.reason or ""), "no value, it may be personal"
    assert await basis(life, case) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"birth_date": "2012-01-16"},
        {"sex": "female"},
        {"sex": "unknown"},
        {"birth_order": "first"},
        {"father_iin": "000000000000"},
        {"father_iin": "800101051239"},
        {"mother_iin": "1985"},
        {"taken_on": "yesterday"},
        {"birth_date": None},
        {"birth_record": None},
        {"iin": "000000000000"},
    ],
    ids=lambda wrong: str(*wrong.items()),
)
async def test_a_broken_record_on_which_nothing_hangs_is_in_nobodys_way(life: Life, wrong: dict[str, Any]) -> None:
    children = [child(1, k) for k in range(5)]
    children[0] |= {"birth_record": "ACT-1", "wrongly": wrong}
    await life.settle(mother() | {"children": children})
    found = await detect(life, await life.open())
    assert (found.right, found.amount) == (Right.YES, FIVE)


@pytest.mark.parametrize("wrong", [{"sex": "?"}, {"region": "nowhere"}, {"given_name": 7}, {"language": "en"}])
async def test_a_broken_record_of_the_person_is_in_nobodys_way(life: Life, wrong: dict[str, Any]) -> None:
    document = mother()
    document["person"] = document["person"] | {"wrongly": wrong}
    await life.settle(document)
    assert (await detect(life, await life.open())).right is Right.YES


async def test_an_adult_of_the_household_without_a_number_is_in_nobodys_way(life: Life) -> None:
    """Whoever it is: nobody is paid, or named as a parent, without one."""
    grandmother = make_iin(date(1955, 1, 1), "female", 1)
    elder = mother(2, children=0) | {"iin": grandmother}
    elder["person"] = elder["person"] | {"birth_date": "1955-01-01", "wrongly": {"iin": None}}
    await life.settle(mother() | {"household": [grandmother]}, elder)
    found = await detect(life, await life.open())
    assert (found.right, found.amount) == (Right.YES, FIVE)


async def test_a_child_without_a_number_is_known_by_its_record(life: Life) -> None:
    """Field case 03: a stillborn child, and one born abroad who has no number yet and counts."""
    stillborn = {"birth_date": "2025-02-20", "sex": "female", "born_alive": False, "birth_record": "S-77"}
    abroad = {"birth_date": "2024-02-20", "sex": "female", "birth_record": "A-12"}
    await life.settle(mother() | {"children": [*(child(1, k) for k in range(5)), stillborn]})
    assert (await detect(life, await life.open())).amount == FIVE
    await life.settle(mother(2) | {"children": [*(child(2, k) for k in range(4)), abroad]})
    assert (await detect(life, await life.open(n=2))).amount == FIVE


async def test_a_day_before_the_law_is_known_is_named(life: Life) -> None:
    with pytest.raises(ApplicationError, match="contradict: on: not before the first parameter"):
        await detect(life, await life.open(on=date(1999, 1, 1)))


async def test_somebody_the_registry_does_not_know_goes_to_an_operator(life: Life) -> None:
    case = await life.open(n=7)
    with pytest.raises(ApplicationError, match="unknown_person") as caught:
        await detect(life, case)
    assert caught.value.non_retryable


@pytest.mark.parametrize("agency", ["registries", "emaket"])
@pytest.mark.parametrize("fault", ["status", "down", "retry_later", "answer_twice"])
async def test_a_registry_that_fails_is_asked_again(life: Life, agency: str, fault: str) -> None:
    case = await life.open()
    await life.outside.fault(agency, fault, times=2)
    found = await life.until_done(Step.DETECT, StepInput(case=case, key=case.key(Step.DETECT)))
    assert found.amount == FIVE


async def test_disability_is_read_from_its_own_database(life: Life) -> None:
    decided = {"number": "MSE-17", "group": "II", "from_date": "2025-01-10", "decided_on": "2025-01-12"}
    await life.settle(mother(children=0, disability=[decided]))
    case = await life.open(service="disability")
    assert (await detect(life, case)).right is Right.YES
    assert await basis(life, case) == "MSE-17"
