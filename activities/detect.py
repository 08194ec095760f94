"""Steps *detect* and *reassess*: fresh facts from the registries, the law applied to them, and the right taken up."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

import benefits
from activities import attempts
from activities.attempts import YES, Found
from activities.facts import Asked, ask_registries
from activities.newcomers import UNKNOWN_PERSON, is_awaited, is_unknown
from activities.renumbered import names_of, rename_payments
from activities.world import World, translated
from benefits.decision import Decision
from benefits.facts import BadFacts
from benefits.iin import is_iin
from card import Session, applications, entitlements, money, payments, people, rulings, snapshots
from workflows.model import Case, Detected, Outcome, Policy, ReassessInput, Right, Step, StepInput

UNKNOWN = "unknown"
"""What a member is to the family where its register cannot be read."""


class DetectStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.DETECT)
    async def detect(self, step: StepInput) -> Detected:
        """Ask the registries, apply the law, keep facts and trace as a snapshot, make this case the attempt at a right.

        The amount is the net one, which is compared with the body's and credited; gross and withheld are in the
        snapshot. Raises `BadFacts` for an operator where of the registries' records as a whole nothing can be made.
        """
        case = step.case
        try:
            asked = await facts_of(self.world, case, case.on)
        except ApplicationError as refused:
            if not is_unknown(refused):
                raise
            again = benefits.service(case.service, case.on).again_after_days
            if not await is_awaited(self.world, case, again):
                raise
            return Detected(right=Right.NO, ended=Outcome.NO_RIGHT, reason=UNKNOWN_PERSON)
        with possible():
            decisions = _decided(case.service, asked.mapping, case.on)
            unpaid = decisions
            if asked.mapping.get("payments"):
                unpaid = _decided(case.service, {**asked.mapping, "payments": []}, case.on)
        begun_anew = await self._begun_anew(case)
        if begun_anew:
            # What this very case has applied for may show among the payments before its money has moved.
            decisions = unpaid
        await self._holders_live(case, asked.mapping, decisions)
        async with self.world.card.transaction() as session:
            await remember(session, case, asked)
            if begun_anew and (await money.money(session, case.ref)).pending:
                # What a body has assigned it owes: that this is no longer due is for a person to say.
                ruling = await rulings.of_case(session, case.ref)
                was = ruling.was if ruling is not None else None
                found = await attempts.again(session, case, asked.mapping, decisions, was=was)
            else:
                found = await attempts.settle(session, case, asked.mapping, decisions, unpaid)
            await snapshots.keep(session, step.key, case.ref, asked.mapping, found.decision.to_dict())
            at_stake = await payments.may_be_on_its_way(session, case.ref)
        return self._detected(case, found, asked).model_copy(update={"at_stake": at_stake})

    @activity.defn(name=Step.REASSESS)
    async def reassess(self, step: ReassessInput) -> Detected:
        """The law once more, on fresh facts and for the day that counts: time has passed since the right was found.

        Which day's law an amount follows (of the right, of the application) each rule says itself. Raises as `detect`.
        """
        case = step.case
        asked, decisions = await look_again(self.world, case, step.on, step.was)
        async with self.world.card.transaction() as session:
            await remember(session, case, asked)
            found = await attempts.again(session, case, asked.mapping, decisions, was=step.was)
            await snapshots.keep(session, step.key, case.ref, asked.mapping, found.decision.to_dict())
        return self._detected(case, found, asked)

    async def _holders_live(self, case: Case, facts: Mapping[str, Any], decisions: Sequence[Decision]) -> None:
        """Who is paid by the Card what this person may have a right to is asked after: they may have died since."""
        names = {name for one in decisions if one.right is YES for name in names_of(one.basis or "", facts)}
        async with self.world.card.statements() as session:
            holders = await entitlements.holders(session, case.service, names, but=case.person_id)
        for holder, iin in holders:
            with translated():
                person = await self.world.registries.persons.person(iin)
            if person.died_on is not None:
                async with self.world.card.transaction() as session:
                    await people.remember_person(session, holder, {"died_on": person.died_on})
                    await entitlements.look_at(session, [holder], case.on)

    async def _begun_anew(self, case: Case) -> bool:
        async with self.world.card.statements() as session:
            return await applications.is_there(session, case.ref)

    def _detected(self, case: Case, found: Found, asked: Asked) -> Detected:
        decision = found.decision
        reason = decision.failed.code if decision.failed else decision.question
        return Detected(
            right=Right.PERSON_DECIDES if found.question else Right(decision.right),
            ended=found.ended,
            reason=found.question or reason,
            amount=decision.net if decision.right is YES else None,
            was=found.was,
            same_right=found.same_right,
            may_be_due=found.may_be_due,
            awaits_law=found.question is None and benefits.awaits_law(decision),
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


async def facts_of(world: World, case: Case, on: date) -> Asked:
    """What the registries say, with payments under the name that their right has now."""
    iin = await world.card.iin(case.person_id)
    with translated(), possible():
        reads = benefits.service(case.service, on).reads
        asked = await ask_registries(world, iin, reads, on, case.service)
    if asked.mapping.get("payments"):
        async with world.card.statements() as session:
            await rename_payments(session, case.service, asked.mapping)
    return asked


async def look_again(world: World, case: Case, day: date, was: Decimal | None) -> tuple[Asked, tuple[Decision, ...]]:
    """The law on fresh facts, for the day of application, of a right that was found before. `was`: what runs of it."""
    asked = await facts_of(world, case, day)
    with possible():
        facts = {**asked.mapping, "payments": []} if was else asked.mapping
        return asked, _decided(case.service, facts, day)


def _decided(service: str, facts: Mapping[str, Any], on: date) -> tuple[Decision, ...]:
    """What the law says to facts as the registers hold them, with whatever is wrong in them."""
    return benefits.assess_readings(service, benefits.readings(facts), on)


@contextmanager
def possible() -> Iterator[None]:
    """Facts of which nothing can be made are final: an operator is asked, and nothing is guessed."""
    try:
        yield
    except BadFacts as bad:
        raise ApplicationError(f"the registries contradict: {bad}", type="BadFacts", non_retryable=True) from bad


async def remember(session: Session, case: Case, asked: Asked) -> None:
    """Bring the person, and the family if it was asked about, up to date on the Card."""
    person = asked.person
    columns = {"family_name", "given_name", "patronymic", "birth_date", "died_on", "sex", "language", "region"}
    # What cannot be read this time takes the place of nothing that could be read before.
    described = {name: getattr(person, name) for name in columns - {*person.unreadable}}
    if person.language is None:
        described.pop("language", None)
    await people.remember_person(session, case.person_id, described)
    if asked.family is None:
        return
    children = [
        {"iin": c.iin, "birth_date": c.birth_date, "sex": c.sex, "relation": c.relation or UNKNOWN}
        for c in asked.family.children
        if c.iin is not None and is_iin(c.iin)  # who has no number yet, or none that can be, is no person of the Card
    ]
    await people.remember_family(session, case.person_id, children)
