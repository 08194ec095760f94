"""Step *detect*: fresh facts from the registries, the law applied to them, and the right claimed for this case."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

import benefits
from activities.facts import Asked, ask_registries
from activities.world import World, translated
from benefits.decision import Decision
from benefits.decision import Right as Found
from benefits.facts import BadFacts, Facts
from card import cases, people
from card.tables import FactsSnapshot, table
from workflows.model import Case, Detected, Outcome, Policy, Right, Step, StepInput


class DetectStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.DETECT)
    async def detect(self, step: StepInput) -> Detected:
        """Ask the registries, apply the law, keep facts and trace as a snapshot, claim the right.

        The amount is the net one, which is compared with the body's and credited; gross and withheld are in the
        snapshot. Raises `BadFacts` for an operator where the registries contradict each other: nothing is guessed.
        """
        world, case = self.world, step.case
        iin = await world.card.iin(case.person_id)
        with translated(), possible():
            reads = benefits.service(case.service, case.on).reads
            asked = await ask_registries(world, iin, reads, case.on, case.service)
            decisions = benefits.assess_each(case.service, Facts.from_mapping(asked.mapping), case.on)
        async with world.card.transaction() as session:
            await remember(session, case, asked)
            decision, ended = await _settle(session, case, decisions)
            await keep(session, step, asked.mapping, decision.to_dict())
        return Detected(
            right=Right(decision.right),
            ended=ended,
            reason=decision.failed.code if decision.failed else decision.question,
            amount=decision.net if decision.right is Found.YES else None,
            frequency=decision.frequency,
            region=asked.person.region,
            policy=self._policy(case),
        )

    def _policy(self, case: Case) -> Policy:
        terms = benefits.service(case.service, case.on)
        return Policy(
            reminder_after_days=terms.reminder_after_days,
            late_reply_days=terms.late_reply_days,
            account_days=terms.account_days,
            document_days=terms.document_days,
            quiet_hours=self.world.quiet_hours,
        )


@contextmanager
def possible() -> Iterator[None]:
    """Facts that cannot be are final: an operator is asked, and nothing is guessed."""
    try:
        yield
    except BadFacts as bad:
        raise ApplicationError(f"the registries contradict: {bad}", type="BadFacts", non_retryable=True) from bad


async def remember(session: AsyncSession, case: Case, asked: Asked) -> None:
    """Bring the person, and the family if it was asked about, up to date on the Card."""
    person = asked.person
    described = person.model_dump(include={"family_name", "given_name", "patronymic", "birth_date", "died_on"})
    described |= {"sex": person.sex, "language": person.language, "region": person.region}
    await people.remember_person(session, case.person_id, described)
    if asked.family is None:
        return
    children = [
        {"iin": c.iin, "birth_date": c.birth_date, "sex": str(c.sex), "relation": str(c.relation)}
        for c in asked.family.children
    ]
    await people.remember_family(session, case.person_id, children)


async def keep(session: AsyncSession, step: StepInput, facts: dict[str, Any], decision: dict[str, Any]) -> None:
    """Keep the snapshot of a step: what the registries said, and what the law answered."""
    row = insert(table(FactsSnapshot)).values(key=step.key, case_ref=step.case.ref, facts=facts, decision=decision)
    await session.execute(
        # An attempt that was cut off after its commit is made again: the last word on the facts stands.
        row.on_conflict_do_update(
            index_elements=["key"], set_={"facts": row.excluded.facts, "decision": row.excluded.decision}
        )
    )


async def _settle(session: AsyncSession, case: Case, decisions: Sequence[Decision]) -> tuple[Decision, Outcome | None]:
    """The right that this case is about, and how the case ends if there is none left for it.

    One family may have several rights of one service (twins): each case takes the first that no other case has.
    """
    taken: Outcome | None = None
    rights = [decision for decision in decisions if decision.right is Found.YES]
    for right in rights:
        assert right.basis is not None  # noqa: S101  (a right always rests on something)
        holder = await cases.claim_right(session, case.ref, right.basis, right.net)
        if holder is None:
            return right, None
        taken = taken or (Outcome.ALREADY_PAID if holder.outcome == Outcome.CREDITED else Outcome.ALREADY_OFFERED)
    if taken is not None:
        return rights[0], taken
    open_question = next((decision for decision in decisions if decision.right is Found.PERSON_DECIDES), None)
    if open_question is not None:
        return open_question, None
    failed = decisions[0]
    paid = failed.failed is not None and failed.failed.code == "already_paid"
    return failed, Outcome.ALREADY_PAID if paid else Outcome.NO_RIGHT
