"""An event may overtake its registry: what it told of is looked for until it is there, whatever else was found."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from temporalio.exceptions import ApplicationError

from card.tables import CaseRecord
from desk.opening import Opening
from tests.activities.life import Life
from tests.activities.people import ON, child, kandas, mother
from tests.activities.test_rights import TODAY, by_event, close, detect, ended, looks, newborn
from workflows.model import Case, CloseInput, Detected, Outcome, Step, StepInput


class Gateway:
    """What the gateway opens for looks that are due, without the start in Temporal."""

    def __init__(self, life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
        self.life = life
        self.opened: list[Case] = []

        async def start(_: Opening, case: Case) -> Case:
            self.opened.append(case)
            return case

        monkeypatch.setattr(Opening, "_start_or_wait", start)

    async def looks_again(self, ago: int = 0) -> Case | None:
        """The day of what waits has come, or came days ago: the case that looks now."""
        async with self.life.card.transaction() as session:
            await session.execute(text("UPDATE looks SET day = :day"), {"day": TODAY - timedelta(days=ago)})
        self.opened.clear()
        await Opening(self.life.card, None, "queue").look_again()  # type: ignore[arg-type]
        return self.opened[-1] if self.opened else None

    async def finds(self, ago: int = 0) -> Detected | None:
        """What the next look finds; the case ends if that is nothing."""
        case = await self.looks_again(ago)
        if case is None:
            return None
        found = await detect(self.life, case)
        if found.ended is not None:
            await close(self.life, case, found.ended)
        return found


@pytest.fixture
def gateway(life: Life, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    return Gateway(life, monkeypatch)


async def test_the_second_twin_whose_record_comes_later(life: Life, gateway: Gateway) -> None:
    a, b = (
        child(1, k, born=TODAY - timedelta(days=3)) | {"birth_record": f"ACT-{k}", "birth_order": k} for k in (1, 2)
    )
    await life.settle(mother(children=0) | {"children": [a]})
    case, _ = await by_event(life, "childbirth", "zags:1:childbirth", TODAY)
    assert (await detect(life, case)).amount is not None
    await close(life, case, Outcome.CREDITED)
    await life.settle(mother(children=0) | {"children": [a, b]})
    found = await gateway.finds()
    assert found is not None
    assert found.ended is None
    assert found.amount is not None


async def test_a_child_whose_event_took_up_the_lapsed_right_of_another(life: Life, gateway: Gateway) -> None:
    a = newborn(0, "ACT-1", birth_order=1)
    await life.settle(mother(children=0) | {"children": [a]})
    await ended(life, Outcome.LAPSED, "childbirth")
    born = ON + timedelta(days=318)
    case, _ = await by_event(life, "childbirth", "zags:B:childbirth", born)
    assert (await detect(life, case)).ended is None
    await close(life, case, Outcome.CREDITED)
    b = child(1, 5, born=born) | {"birth_record": "ACT-2", "birth_order": 2}
    await life.settle(mother(children=0) | {"children": [a, b]})
    found = await gateway.finds()
    assert found is not None
    assert found.ended is None


async def test_a_fifth_child_whose_event_was_answered_for_four(life: Life, gateway: Gateway) -> None:
    await life.settle(mother(children=4))
    case, _ = await by_event(life, "multi-child", "zags:5:multi-child", TODAY)
    four = (await detect(life, case)).amount
    await close(life, case, Outcome.CREDITED)
    await life.settle(mother(children=5))
    found = await gateway.finds()
    assert found is not None
    assert (found.ended, found.was) == (None, four)


async def test_the_looks_after_an_event_that_found_something_end(life: Life, gateway: Gateway) -> None:
    await life.settle(mother(children=4))
    case, _ = await by_event(life, "multi-child", "zags:5:multi-child", TODAY)
    await detect(life, case)
    await close(life, case, Outcome.CREDITED)
    ends: list[Outcome | None] = []
    while (found := await gateway.finds(ago=len(ends) + 1)) is not None:
        ends.append(found.ended)
    assert ends == [Outcome.ALREADY_PAID] * 2


async def test_a_decision_of_a_later_day_does_not_stand_for_that_of_the_event(life: Life, gateway: Gateway) -> None:
    later = {
        "number": "M-2",
        "group": "I",
        "from_date": (TODAY + timedelta(days=150)).isoformat(),
        "decided_on": TODAY.isoformat(),
    }
    now = {"number": "M-1", "group": "II", "from_date": TODAY.isoformat(), "decided_on": TODAY.isoformat()}
    await life.settle(mother(disability=[later]))
    case, _ = await by_event(life, "disability", "cbdi:1:disability", TODAY)
    assert (await detect(life, case)).ended is Outcome.NO_RIGHT
    await close(life, case, Outcome.NO_RIGHT)
    (look,) = await looks(life)
    assert look.day == TODAY + timedelta(days=1)
    await life.settle(mother(disability=[now, later]))
    found = await gateway.finds()
    assert found is not None
    assert found.amount is not None


async def test_a_later_decision_alone_is_still_looked_at_on_its_day(life: Life, gateway: Gateway) -> None:
    day = TODAY + timedelta(days=150)
    later = {"number": "M-2", "group": "I", "from_date": day.isoformat(), "decided_on": TODAY.isoformat()}
    await life.settle(mother(disability=[later]))
    case, _ = await by_event(life, "disability", "cbdi:1:disability", TODAY)
    found: Detected | None = await detect(life, case)
    await close(life, case, Outcome.NO_RIGHT)
    for n in range(1, 5):
        found = await gateway.finds(ago=n)
        assert found is not None
        assert found.ended is Outcome.NO_RIGHT
    (look,) = await looks(life)
    assert look.day == day


async def test_a_look_opens_a_case_though_one_of_its_key_has_ended(life: Life, gateway: Gateway) -> None:
    """A case that a look opened today tells of a change when it ends: the next look would have been itself."""
    await life.settle(mother(children=3))
    case, _ = await by_event(life, "multi-child", "zags:1:multi-child", TODAY)
    await detect(life, case)
    await close(life, case, Outcome.NO_RIGHT)
    await life.settle(mother(children=4))
    mine = await gateway.looks_again()
    assert mine is not None
    assert (await detect(life, mine)).ended is None
    async with life.card.transaction() as session:
        (await session.get_one(CaseRecord, mine.ref)).look_on = TODAY
    await close(life, mine, Outcome.CREDITED)
    await life.settle(mother(children=5))
    again = await gateway.looks_again()
    assert again is not None
    assert again.ref != mine.ref
    assert (await detect(life, again)).was is not None


async def test_whom_the_register_does_not_know_yet_is_asked_for_again_and_then_by_a_person(
    life: Life, gateway: Gateway
) -> None:
    """A newborn's mother who came home yesterday: each event went straight to an operator."""
    await life.outside.forget()
    case, _ = await by_event(life, "multi-child", "zags:1:multi-child", TODAY)
    found = await detect(life, case)
    assert (found.ended, found.reason) == (Outcome.NO_RIGHT, "unknown_person")
    await close(life, case, Outcome.NO_RIGHT)
    days = [(await looks(life))[0].day]
    for _ in range(3):
        assert (await gateway.finds() or found).reason == "unknown_person"
        days.append((await looks(life))[0].day)
    waited = [(day - TODAY).days for day in days]
    assert waited == sorted(set(waited)), "ever more rarely"
    last = await gateway.looks_again()
    assert last is not None
    with pytest.raises(ApplicationError, match="unknown_person"):
        await detect(life, last)


async def test_who_is_known_meanwhile_has_the_right_that_the_event_told_of(life: Life, gateway: Gateway) -> None:
    await life.outside.forget()
    case, _ = await by_event(life, "multi-child", "zags:1:multi-child", TODAY)
    await close(life, case, (await detect(life, case)).ended or Outcome.CREDITED)
    await life.settle(mother())
    found = await gateway.finds()
    assert found is not None
    assert found.amount is not None


async def test_who_is_unknown_all_at_once_with_a_right_at_hand_is_an_operators(life: Life) -> None:
    """No case that has come further ends because a register has lost her."""
    case, _ = await by_event(life, "multi-child", "zags:1:multi-child", TODAY)
    assert (await detect(life, case)).amount is not None
    await life.outside.forget()
    with pytest.raises(ApplicationError, match="unknown_person"):
        await detect(life, case)


async def test_a_new_kandas_whom_the_register_does_not_know_yet_is_looked_for_again(
    life: Life, gateway: Gateway
) -> None:
    await life.outside.forget()
    case, _ = await by_event(life, "kandas", "kandas:1:kandas", TODAY)
    found = await life.run(Step.DETECT_NOTICE, StepInput(case=case, key=case.key(Step.DETECT_NOTICE)))
    assert (found.kind, found.reason) == (None, "unknown_person")
    end = CloseInput(case=case, key=case.key(Step.CLOSE), outcome=Outcome.NOT_DUE, reason=found.reason)
    await life.run(Step.CLOSE, end)
    assert [(one.service, one.day > TODAY) for one in await looks(life)] == [("kandas", True)]
    again = await gateway.looks_again()
    assert again is not None
    await life.settle(kandas())
    found = await life.run(Step.DETECT_NOTICE, StepInput(case=again, key=again.key(Step.DETECT_NOTICE)))
    assert found.reason != "unknown_person"
