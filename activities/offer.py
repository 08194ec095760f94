"""Step *offer*: the consent question goes out by SMS to the phone tied to the person's IIN."""

from datetime import UTC, datetime

from temporalio import activity

import benefits
from activities import speech
from activities.consent import given_before, granted_unasked
from activities.world import World
from benefits.days import window_closes
from card import consents, messages, parts
from dialogue import MessageKind
from workflows.model import ConsentRecorded, Delivery, Offered, OfferInput, ReadReceiptInput, Step


class OfferStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.OFFER)
    async def offer(self, step: OfferInput) -> Offered:
        """Open the question, say it, and store until when an answer counts; a receipt may move it.

        A case that has a consent already, and was begun anew, asks nothing; nor does a change of a running right where
        the law's parameter `follows_changes` grants it: the yes to the right itself holds, and the person is told.
        """
        async with self.world.card.statements() as session:
            consent = await given_before(session, step.case)
            declined = consent is None and await consents.has_answered(session, step.case.ref)
        if consent is not None:
            return Offered(sent=True, consent=consent)
        service = benefits.service(step.case.service, step.case.on)
        if step.was is not None and service.grants_changes:
            granted = await self._grant(step, service.frequency)
            if granted is not None:
                return Offered(sent=True, consent=granted, granted=True)
        asked = await speech.ask(
            self.world,
            step,
            at=step.at,
            expects="consent",
            kind=MessageKind.OFFER if step.was is None else MessageKind.OFFER_MORE,
            amount_before=step.was,
            days=service.consent_window_days,
            amount=step.amount,
            frequency=service.frequency,
        )
        if asked.refused is not None:
            return Offered(sent=False, reason=asked.refused)
        return Offered(sent=True, deadline=asked.deadline, declined=declined)

    @activity.defn(name=Step.READ_RECEIPT)
    async def read_receipt(self, step: ReadReceiptInput) -> Delivery:
        """Whether the question arrived, by the receipts that the Card holds, and until when an answer then counts.

        A signal can say anything: two that said "not delivered" would make a person unreachable.
        """
        async with self.world.card.statements() as session:
            question = await messages.question(session, step.question_key)
            if question is None or (question.case_ref, question.expects) != (step.case.ref, "consent"):
                return Delivery(judged=False)
            delivery = await parts.delivery_of(session, question.key)
            if delivery is None:
                return Delivery(judged=False)
        closes = window_closes(delivery.at, question.window_days) if delivery.delivered else None
        return Delivery(judged=True, deadline=closes)

    async def _grant(self, step: OfferInput, frequency: str) -> ConsentRecorded | None:
        async with self.world.card.transaction() as session:
            granted = await granted_unasked(session, step.case)
        to = await speech.listener(self.world, step.case.person_id) if granted is not None else None
        if granted is None or to is None:
            return granted
        async with self.world.card.transaction() as session:
            message = await speech.intend(
                session,
                case=step.case,
                key=step.key,
                kind=MessageKind.CHANGE_GRANTED,
                phone=to.phone,
                language=to.language,
                amount=step.amount,
                amount_before=step.was,
                frequency=frequency,
            )
        # Whatever becomes of the message: the right does not hang on it.
        await speech.say(self.world.card, self.world.sms, message, datetime.now(UTC))
        return granted
