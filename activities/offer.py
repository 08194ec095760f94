"""Step *offer*: the consent question goes out by SMS to the phone tied to the person's IIN."""

from temporalio import activity

import benefits
from activities import speech
from activities.calendar import window_closes
from activities.world import World
from card import messages
from dialogue import MessageKind
from workflows.model import Offered, OfferInput, Step


class OfferStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.OFFER)
    async def offer(self, step: OfferInput) -> Offered:
        """Open the question, say it, and store until when an answer counts; a receipt may move it."""
        world, case = self.world, step.case
        to = await speech.listener(world, case.person_id)
        if to is None:
            return Offered(sent=False, reason="no_phone")
        service = benefits.service(case.service, case.on)
        deadline = window_closes(step.at, service.consent_window_days)
        async with world.card.transaction() as session:
            question = await messages.ask(
                session,
                key=step.key,
                case_ref=case.ref,
                phone=to.phone,
                expects="consent",
                window_days=service.consent_window_days,
                deadline=deadline,
            )
            message = await speech.intend(
                session,
                case=case,
                key=step.key,
                kind=MessageKind.OFFER,
                phone=to.phone,
                language=to.language,
                amount=step.amount,
                frequency=service.frequency,
                until=deadline,
                number=question.shown_number,
            )
        refused = await speech.say(world.card, world.sms, message, step.at)
        if refused is not None:
            return Offered(sent=False, reason=refused)
        return Offered(sent=True, deadline=deadline)
