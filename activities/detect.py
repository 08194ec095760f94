"""Step *detect*: fresh facts from the registries, the law applied to them, and the right claimed for this case."""

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

import benefits
from activities.world import World, translated
from adapters.records import DisabilityRecord, ExistingPayment, FamilyRecord, PersonRecord
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

        Raises `BadFacts` for an operator where the registries contradict each other: nothing is guessed.
        """
        world, case = self.world, step.case
        iin = await world.card.iin(case.person_id)
        with translated():
            person, family, disability, payments = await asyncio.gather(
                world.persons.person(iin),
                world.civil.family(iin),
                world.disability.decisions(iin),
                world.emaket.payments(iin, case.service),
            )
        mapping = facts_mapping(case, person, family, disability, payments)
        try:
            decisions = benefits.assess_each(case.service, Facts.from_mapping(mapping), case.on)
        except BadFacts as bad:
            raise ApplicationError(f"the registries contradict: {bad}", type="BadFacts", non_retryable=True) from bad
        async with world.card.transaction() as session:
            await self._remember(session, case, person, family)
            decision, ended = await _settle(session, case, decisions)
            await _keep(session, step, mapping, decision)
        return Detected(
            right=Right(decision.right),
            ended=ended,
            reason=decision.failed.code if decision.failed else decision.question,
            amount=decision.net if decision.right is Found.YES else None,
            frequency=decision.frequency,
            region=person.region,
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

    async def _remember(self, session: AsyncSession, case: Case, person: PersonRecord, family: FamilyRecord) -> None:
        described = person.model_dump(include={"family_name", "given_name", "patronymic", "birth_date", "died_on"})
        described |= {"sex": person.sex, "language": person.language, "region": person.region}
        await people.remember_person(session, case.person_id, described)
        children = [
            {"iin": c.iin, "birth_date": c.birth_date, "sex": str(c.sex), "relation": str(c.relation)}
            for c in family.children
        ]
        await people.remember_family(session, case.person_id, children)


def facts_mapping(
    case: Case,
    person: PersonRecord,
    family: FamilyRecord,
    disability: tuple[DisabilityRecord, ...],
    payments: tuple[ExistingPayment, ...],
) -> dict[str, Any]:
    """What the registries said, in the shape in which the law reads it. JSON; names stay behind."""
    adult = person.model_dump(mode="json", exclude={"family_name", "given_name", "patronymic", "language"})
    return {
        "as_at": case.on.isoformat(),
        "applicant": person.iin,
        "adults": [adult],
        "children": [child.model_dump(mode="json") for child in family.children],
        "disabilities": [{"iin": person.iin, **record.model_dump(mode="json")} for record in disability],
        "payments": [payment.model_dump(mode="json") for payment in payments],
    }


async def _keep(session: AsyncSession, step: StepInput, facts: dict[str, Any], decision: Decision) -> None:
    row = insert(table(FactsSnapshot)).values(
        key=step.key, case_ref=step.case.ref, facts=facts, decision=decision.to_dict()
    )
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
