"""Step *consent*: what the person wrote is read from the Card, and recorded with the question it answers.

Nothing that a message to the case claims is believed, for whoever reaches Temporal can send one: the text, the phone,
the time and the question are the Card's, looked at under one lock in the transaction that records the consent.
"""

from datetime import UTC, datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError

import benefits
from activities import hearing
from activities.hearing import Heard
from activities.world import World
from benefits.days import day_of, term_ends
from card import Session, consents, decisions, snapshots
from card.tables import Consent
from workflows.model import Answer, Case, ConsentInput, ConsentRecorded, HearInput, Meaning, Step

UNKNOWN = "no such message has reached us"
CLOSING = "the case is being closed, and no yes consents to it any more"
BEYOND = "it came later than any window of this question can end"


class ConsentStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.HEAR)
    async def hear(self, step: HearInput) -> Answer:
        """Read what the person wrote. A yes within the window, or a no, is recorded here, once.

        Anything that is no answer to this case's question changes nothing, and is noted for an auditor.
        """
        case, card = step.case, self.world.card
        async with card.transaction() as session:
            heard = await self._answering(session, case, step.message_id)
            if isinstance(heard, str):
                return Answer(refused=heard)
            recorded = await consents.of_message(session, case.ref, step.message_id)
        said = Meaning(heard.said.meaning)
        if said is Meaning.YES and hearing.in_time(heard, step.deadline) and not hearing.in_any_window(heard):
            # No receipt moves a window so far: whoever told the case of this deadline was no SMS centre.
            async with card.transaction() as session:
                await consents.refuse(session, case.ref, step.message_id, BEYOND)
            return Answer(refused=BEYOND)
        if step.closing and said is not Meaning.NO:
            return Answer(refused=CLOSING)
        yes = said is Meaning.YES and hearing.in_time(heard, step.deadline)
        # The number may have a new owner since the question went out: nothing that they say is hers.
        if recorded is None and not await hearing.still_hers(self.world, case, heard.message.phone):
            moved = await hearing.refuse_moved(card, case, heard.message)
            return Answer(refused=hearing.MOVED, moved=moved)
        async with card.transaction() as session:
            heard = await self._answering(session, case, step.message_id)
            if isinstance(heard, str):
                return Answer(refused=heard)
            consent = None
            if yes or said is Meaning.NO:
                consent = await _record(session, case, heard, given=yes)
        return Answer(meaning=said, received_at=heard.message.received_at, consent=_told(case, consent))

    @activity.defn(name=Step.RECORD_CONSENT)
    async def record_consent(self, step: ConsentInput) -> ConsentRecorded:
        """As `hear`, for cases that had read a reply before they knew that step. Raises `NoAnswer` for an operator."""
        case, wanted = step.case, Meaning.YES if step.given else Meaning.NO
        async with self.world.card.transaction() as session:
            heard = await self._answering(session, case, step.reply.message_id)
            if not isinstance(heard, str) and Meaning(heard.said.meaning) is not wanted:
                heard = "it does not say so"
                await consents.refuse(session, case.ref, step.reply.message_id, heard)
            consent = None if isinstance(heard, str) else await _record(session, case, heard, given=step.given)
        told = _told(case, consent)
        if told is None:
            raise ApplicationError(f"an answer that does not count: {heard}", type="NoAnswer", non_retryable=True)
        return told

    async def _answering(self, session: Session, case: Case, message_id: str) -> Heard | str:
        """The answer, or why it is none, which is noted."""
        heard = await hearing.hear(session, message_id)
        objection = UNKNOWN if heard is None else heard.objection(case)
        if objection is not None:
            await consents.refuse(session, case.ref, message_id, objection)
            return objection
        assert heard is not None  # noqa: S101  (else there is an objection)
        return heard


async def _record(session: Session, case: Case, heard: Heard, *, given: bool) -> Consent:
    received_at: datetime = heard.message.received_at
    assert heard.question is not None  # noqa: S101  (it answers one)
    return await consents.record(
        session,
        Consent(
            key=f"{case.key(Step.RECORD_CONSENT)}:{heard.message.message_id}",
            case_ref=case.ref,
            given=given,
            question_key=heard.question.key,
            message_id=heard.message.message_id,
            received_at=received_at,
            applied_on=day_of(received_at),
        ),
    )


def _told(case: Case, consent: Consent | None) -> ConsentRecorded | None:
    """The consent as the case goes on with it: its day, and the end of the legal term from there."""
    if consent is None:
        return None
    service = benefits.service(case.service, consent.applied_on)
    due = term_ends(consent.applied_on, service.term_working_days)
    return ConsentRecorded(applied_on=consent.applied_on, due=due)


async def given_before(session: Session, case: Case) -> ConsentRecorded | None:
    """The yes that this case has already: a case that was begun anew does not ask again."""
    told = _told(case, await consents.given(session, case.ref))
    if told is None:
        return None
    found_at = await snapshots.taken_at(session, case.key(Step.DETECT))
    return told.model_copy(update={"found_on": day_of(found_at) if found_at else None})


async def granted_unasked(session: Session, case: Case) -> ConsentRecorded | None:
    """A change of a running right, granted by the yes that the person gave to the right itself; None if there is none.

    The day on which it was granted first is that of the application. It is a decision, kept as the operators' are.
    """
    first = await consents.to_the_right_of(session, case.ref)
    if first is None:
        return None
    at = await decisions.write(
        session,
        key=granted_key(case),
        case_ref=case.ref,
        action=GRANTED,
        why="follows_changes",
        by="the law's parameter",
        note=f"the yes of case {first.case_ref} holds",
        at=datetime.now(UTC),
    )
    applied_on = day_of(at)
    due = term_ends(applied_on, benefits.service(case.service, applied_on).term_working_days)
    return ConsentRecorded(applied_on=applied_on, due=due)


GRANTED = "granted-unasked"


def granted_key(case: Case) -> str:
    return f"{case.key(Step.OFFER)}:{GRANTED}"
