"""Step *consent*: the answer is recorded with the question it answers; its day is the day of application."""

from sqlalchemy.dialects.postgresql import insert
from temporalio import activity

import benefits
from activities.calendar import day_of, term_ends
from activities.world import World
from card import messages
from card.tables import Consent, table
from workflows.model import ConsentInput, ConsentRecorded, Step


class ConsentStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.RECORD_CONSENT)
    async def record_consent(self, step: ConsentInput) -> ConsentRecorded:
        """Write the yes or no once, close the question, and count the legal term from the day of application."""
        case = step.case
        applied_on = day_of(step.reply.received_at)
        async with self.world.card.transaction() as session:
            question = await messages.last_question(session, case.ref)
            await session.execute(
                insert(table(Consent))
                .values(
                    key=step.key,
                    case_ref=case.ref,
                    given=step.given,
                    question_key=question.key,
                    message_id=step.reply.message_id,
                    received_at=step.reply.received_at,
                    applied_on=applied_on,
                )
                .on_conflict_do_nothing(index_elements=["key"])
            )
            await messages.close_questions(session, case.ref)
        service = benefits.service(case.service, applied_on)
        return ConsentRecorded(applied_on=applied_on, due=term_ends(applied_on, service.term_working_days))
