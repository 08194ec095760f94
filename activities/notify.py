"""Telling the person how their case goes on: one SMS under its own key, worded in `dialogue`."""

from datetime import UTC, date, datetime

from temporalio import activity

import benefits
from activities import speech
from activities.world import World
from benefits.decision import Decision
from card import Session, cases, messages, payments, rulings, snapshots
from dialogue import MessageKind
from workflows.model import NoticeInput, NoticeKind, Step

OF_THE_QUESTION = frozenset({MessageKind.REMINDER, MessageKind.UNCLEAR, MessageKind.ACCOUNT_BAD})
"""What only makes sense where the question was put."""


class NotifyStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.NOTIFY)
    async def notify(self, step: NoticeInput) -> None:
        """Say it to the phone that is the person's now. What the SMS centre refuses holds up no case."""
        world, case, kind = self.world, step.case, MessageKind(step.kind)
        to = await speech.listener(world, case.person_id)
        if to is None:
            return
        async with world.card.transaction() as session:
            question = await messages.last_question(session, case.ref)
            same = question is not None and question.phone == to.phone
            # A number that has changed its owner is told nothing, and a phone that was not asked nothing of a question.
            if not same and kind in OF_THE_QUESTION:
                return
            if not await speech.may_answer(session, to.phone, kind, step.key):
                return
            if step.kind is NoticeKind.PAID and await payments.paid(session, case.ref) is None:
                return  # it has come back since, and the case pays anew
            values = await _values(session, step)
            message = await speech.intend(
                session,
                case=case,
                key=await _key(session, step),
                kind=kind,
                phone=to.phone,
                language=to.language,
                number=await messages.shown_number(session, question) if question is not None and same else None,
                **values,
            )
            if message.phone != to.phone:
                return
        await speech.say(world.card, world.sms, message, datetime.now(UTC))


async def _key(session: Session, step: NoticeInput) -> str:
    """The step's key and the kind. A case that was begun anew counts its notices anew: what its first life said under
    this key, which a restored Card has forgotten and the SMS centre has not, was another message, and this one is still
    to be said; as is that money which came back has gone to another account. Stored keys without a kind stay."""
    plain = await messages.known(session, step.key)
    key = step.key if plain is not None and plain.kind == step.kind else f"{step.key}:{step.kind}"
    before = await messages.known(session, key)
    if before is not None and step.kind is NoticeKind.PAID:
        anew = await payments.paid_since(session, step.case.ref, before.intended_at)
        return f"{key}:{anew}" if anew is not None else key
    return key


async def _values(session: Session, step: NoticeInput) -> dict[str, object]:
    """What the wording of this kind needs."""
    match step.kind:
        case NoticeKind.REMINDER | NoticeKind.UNCLEAR:
            record = await cases.in_hand(session, step.case.ref)
            frequency = benefits.service(step.case.service, step.case.on).frequency
            return {"until": step.until, "amount": record.amount, "frequency": frequency}
        case NoticeKind.AMOUNT_CHANGED:
            frequency = benefits.service(step.case.service, step.case.on).frequency
            return {"amount": step.amount, "frequency": frequency}
        case NoticeKind.REFUSED:
            return {"until": step.until} if step.until else {}
        case NoticeKind.ACCOUNT_BAD:
            return {"until": step.until, "problem": step.detail}
        case NoticeKind.MISSING_DOCUMENT:
            return {"until": step.until, "document": _words(step.detail)}
        case NoticeKind.DOCUMENT_LAPSED:
            return {"document": _words(step.detail)}
        case NoticeKind.BODY_REFUSED:
            return {"reason": _words(step.detail)}
        case NoticeKind.PAID:
            paid = await payments.paid(session, step.case.ref)
            assert paid is not None  # noqa: S101  (else it is not told)
            amount, iban = paid
            ruling = await rulings.of_case(session, step.case.ref)
            if ruling is not None and ruling.was is not None and ruling.amount is not None:
                amount = ruling.amount  # the difference has been paid, and what is due each month is all of it
            frequency = benefits.service(step.case.service, step.case.on).frequency
            return {"amount": amount, "frequency": frequency, "last4": iban[-4:], "until": await _runs(session, step)}
        case _:
            return {}


async def _runs(session: Session, step: NoticeInput) -> date | None:
    """The last day of a monthly right that runs on; None where it has no known end, or is over."""
    found = await snapshots.last(session, step.case.ref)
    decision = Decision.from_dict(found.decision) if found is not None else None
    if decision is None or decision.frequency is not benefits.Frequency.MONTHLY or decision.until is None:
        return None
    return decision.until if decision.until > decision.on else None


def _words(detail: str | None) -> str:
    """Another body's words, which it may have left out: the person is told all the same."""
    return (detail or "").strip() or "-"
