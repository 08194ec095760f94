"""Why a case is decided as it is: from the decision that was kept when the law was asked, never by asking it anew.

For the operator in full, for the citizen in the few figures that an SMS holds. What law has come since changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import benefits
from activities.masking import masked
from benefits import Decision, Frequency, Language, Right
from card import Card, Session, cases, rights, rulings, snapshots
from card.tables import GRANTED, AssignmentState
from desk.errors import BadInput
from desk.looking import record_of
from dialogue import MessageKind


@dataclass(frozen=True)
class Why:
    """The explanation of a case. `asked_at`: when the law was asked; `looked_again`: the day of the next look, if one
    is planned; `refused`: what the deciding body said, if it refused."""

    ref: str
    language: Language
    text: str
    asked_at: datetime
    looked_again: date | None
    refused: str | None


async def explained(card: Card, ref: str, language: Language) -> Why:
    """What an operator may tell of a case. Raises BadInput for a case of which the law was not asked."""
    record = await record_of(card, ref)
    async with card.statements() as session:
        kept = await snapshots.last(session, record.ref)
        ruling = await rulings.of_case(session, record.ref)
        look = await rights.next_look(session, record)
    if kept is None or not _of_a_service(record.service):
        raise BadInput(f"ref: of case {record.ref} no decision is kept: the law has not been asked")
    refused = ruling.reason if ruling is not None and ruling.state == AssignmentState.REFUSED else None
    text = benefits.explain(Decision.from_dict(kept.decision), language)
    return Why(record.ref, language, text, kept.taken_at, look, masked(refused) if refused else None)


@dataclass(frozen=True)
class InBrief:
    """What a citizen is told who asks why: the kind of the message and its values, without the service."""

    kind: MessageKind
    values: Mapping[str, object]


async def in_brief(session: Session, ref: str, language: Language) -> InBrief | None:
    """The explanation of a case for an SMS; None where there is nothing to explain: a notice, or no decision yet."""
    record = await cases.find(session, ref)
    kept = await snapshots.last(session, ref)
    if kept is None or not _of_a_service(record.service):
        return None
    decision, ruling = Decision.from_dict(kept.decision), await rulings.of_case(session, ref)
    ground = benefits.ground_in_brief(decision, language)
    refused = decision.failed.names[language] if decision.failed else None
    if ruling is not None and ruling.state == AssignmentState.REFUSED:
        refused = (ruling.reason or "").strip() or "-"
    if refused is not None:
        return InBrief(kind=MessageKind.WHY_REFUSED, values={"why": refused, "ground": ground})
    if decision.right is not Right.YES:
        return InBrief(kind=MessageKind.WHY_UNDECIDED, values={})
    amount = ruling.amount if ruling is not None and ruling.state in GRANTED else decision.net
    values = {
        "amount": amount,
        "frequency": decision.frequency,
        "until": benefits.own_end(decision) if decision.frequency is Frequency.MONTHLY else None,
        # The law's figures explain the law's amount, and no other that a body has ruled.
        "figures": benefits.main_figures(decision, language) if amount == decision.net else (),
        "ground": ground,
    }
    return InBrief(kind=MessageKind.WHY_AMOUNT, values=values)


def _of_a_service(code: str) -> bool:
    return code not in {topic.code for topic in benefits.notice_topics()}
