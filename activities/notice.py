"""The steps of a notice: whether it is due to the person, and saying it by SMS. No consent, no money.

What is said once is not said again: the basis of a notice is claimed in the Card as the basis of a right is.
"""

from temporalio import activity
from temporalio.exceptions import ApplicationError

import benefits
import dialogue
from activities import speech
from activities.detect import possible, remember
from activities.facts import Asked, ask_registries
from activities.newcomers import UNKNOWN_PERSON, is_awaited, is_unknown
from activities.world import World, translated
from benefits import Notice
from card import Session, messages, rights, snapshots
from card.tables import OutgoingMessage, RightState
from dialogue import MessageKind
from workflows.model import NOTICE_WORKFLOW, WORKFLOW, Case, NoticeFound, Step, StepInput, TellInput, Told

SAID_BEFORE, NOTHING_TO_SAY = "said_before", "nothing_to_say"
PAYER = "budget"
"""Notices are the ministry's own."""


def workflow_of(code: str) -> str:
    """The type of the workflow that the cases of this service or notice are, on whatever day."""
    return NOTICE_WORKFLOW if code in {topic.code for topic in benefits.notice_topics()} else WORKFLOW


class NoticeStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.DETECT_NOTICE)
    async def detect_notice(self, step: StepInput) -> NoticeFound:
        """Ask the registries, apply the law, keep facts and notice as a snapshot, claim the first that is not yet said.

        Raises `BadFacts` for an operator where the registries contradict each other.
        """
        world, case = self.world, step.case
        iin = await world.card.iin(case.person_id)
        topic = benefits.notice_topic(case.service, case.on)
        try:
            with translated(), possible():
                asked = await ask_registries(world, iin, topic.reads, case.on)
        except ApplicationError as refused:
            if not is_unknown(refused) or not await is_awaited(world, case, topic.again_after_days):
                raise
            return NoticeFound(reason=UNKNOWN_PERSON)
        with possible():
            due = benefits.notices_in(benefits.readings(asked.mapping), case.on, code=case.service)
        found = await self._claim(step, asked, due)
        reason = None if found else SAID_BEFORE if due else NOTHING_TO_SAY
        return NoticeFound(
            kind=found.kind if found else None,
            reason=reason,
            region=asked.person.region,
            quiet_hours=world.quiet_hours,
        )

    async def _claim(self, step: StepInput, asked: Asked, due: tuple[Notice, ...]) -> Notice | None:
        case = step.case
        async with self.world.card.transaction() as session:
            await remember(session, case, asked)
            found = None
            for notice in due:
                if await _claimed(session, case, notice):
                    found = notice
                    break
            decision = {"code": case.service, "right": "yes" if found else "no"}
            kept = {**decision, "notice": found.to_dict() if found else None}
            await snapshots.keep(session, step.key, case.ref, asked.mapping, kept)
        return found

    @activity.defn(name=Step.TELL)
    async def tell(self, step: TellInput) -> Told:
        """Say the notice to the phone tied to the person's IIN. One that reached nobody may be said by a later case.

        It is claimed again here: an attempt that was cut off may have given it up, and a later case may have said it.
        """
        world, case = self.world, step.case
        to = await speech.listener(world, case.person_id)
        if to is None:
            await self._give_up(case)
            return Told(sent=False, reason="no_phone")
        async with world.card.transaction() as session:
            snapshot = await snapshots.find(session, case.key(Step.DETECT_NOTICE))
            notice = Notice.from_dict(snapshot.decision["notice"])
            if not await _claimed(session, case, notice):
                return Told(sent=False, reason=SAID_BEFORE)
            kind = MessageKind(notice.kind)
            with speech.written():
                text = dialogue.compose(kind, to.language, **notice.values)
            message = await messages.intend(
                session,
                OutgoingMessage(
                    key=step.key,
                    case_ref=case.ref,
                    phone=to.phone,
                    language=to.language,
                    kind=kind,
                    text=text,
                    parts=len(dialogue.segments(text)),
                    paid_by=PAYER,
                ),
            )
        refused = await speech.say(world.card, world.sms, message, step.at)
        if refused is not None:
            await self._give_up(case)
        return Told(sent=refused is None, reason=refused)

    async def _give_up(self, case: Case) -> None:
        async with self.world.card.transaction() as session:
            await rights.let_go(session, case.ref)


async def _claimed(session: Session, case: Case, notice: Notice) -> bool:
    """Whether this case may tell the notice: nobody has told it, and no other case is about to."""
    # A notice's basis names it for one person; the Card's must name it among all.
    basis = f"{notice.basis}@{case.person_id}"
    row = await rights.known_as(session, case.service, {basis})
    if row.state == RightState.SETTLED:
        return False
    return await rights.take(session, case.ref, row, basis=basis, amount=None, ground=None) is None
