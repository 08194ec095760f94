"""Step *offer*: the consent question goes out by SMS to the phone tied to the person's IIN."""

from temporalio import activity

import benefits
from activities import speech
from activities.consent import given_before
from activities.world import World
from card import consents
from dialogue import MessageKind
from workflows.model import Offered, OfferInput, Step


class OfferStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.OFFER)
    async def offer(self, step: OfferInput) -> Offered:
        """Open the question, say it, and store until when an answer counts; a receipt may move it.

        A case that has a consent already, and was begun anew, asks nothing.
        """
        async with self.world.card.statements() as session:
            consent = await given_before(session, step.case)
            declined = consent is None and await consents.has_answered(session, step.case.ref)
        if consent is not None:
            return Offered(sent=True, consent=consent)
        service = benefits.service(step.case.service, step.case.on)
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
