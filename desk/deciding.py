"""What an operator decides: on a case that waits for a person, or on the money of one that is over."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import FailureError
from temporalio.service import RPCError, RPCStatusCode

from adapters.bank import ABOUT_THE_ACCOUNT
from adapters.reasons import REASONS
from benefits.days import day_of
from card import Card, money, returns
from card.money import Money
from card.returns import NothingToReturn, take_back, take_up
from desk.errors import BadInput
from desk.looking import record_of
from workflows.model import Action, Message, Resolution, Resolved, who_and_why, workflow_id

ANSWERS_WITHIN = timedelta(seconds=20)
"""So long a case may take to hear a decision; without a worker it takes for ever."""

_LOST = (
    "ref: no workflow works on case {0} now, and the Card holds it open: it is being begun anew, within minutes; "
    "see `case {0}` before you decide"
)


async def resolve(card: Card, client: Client, ref: str, action: Action, note: str, by: str) -> Resolved:
    """Decide as the operator `by` on a case that needs a person. Raises BadInput if it waits for no such decision."""
    record = await record_of(card, ref)
    _checked(by, note)
    handle = client.get_workflow_handle(workflow_id(record.service, record.ref))
    decision = Resolution(action=action, note=note, by=by)
    try:
        return await asyncio.wait_for(
            handle.execute_update(Message.RESOLVE, decision, result_type=Resolved), ANSWERS_WITHIN.total_seconds()
        )
    except TimeoutError:
        raise BadInput(
            f"no worker has answered for {ANSWERS_WITHIN.seconds} seconds; the decision may still reach the case: "
            f"look at `case {record.ref}` before you decide again"
        ) from None
    except WorkflowUpdateFailedError as refused:
        cause = refused.cause
        raise BadInput(cause.message if isinstance(cause, FailureError) else str(cause)) from refused
    except RPCError as failed:
        if failed.status is RPCStatusCode.NOT_FOUND:
            over = (await record_of(card, record.ref)).outcome is not None
            raise BadInput(f"ref: case {record.ref} is over" if over else _LOST.format(record.ref)) from failed
        raise


def _checked(by: str, note: str) -> None:
    objection = who_and_why(by, note)
    if objection is not None:
        raise BadInput(objection)


def pays_anew(reason: str) -> bool:
    """Whether money that came back for this reason goes out again by itself. What was paid twice, taken for fraud, or
    was for somebody who has died, does not: somebody decides."""
    return reason in ABOUT_THE_ACCOUNT


async def returned(card: Card, ref: str, reason: str, account: str, note: str, by: str) -> Money:
    """Book that the credited money of a closed case has come back. Raises BadInput where nothing can have."""
    reason = reason.strip().upper()
    if reason not in REASONS:
        known = ", ".join(REASONS)
        raise BadInput(
            f"reason: {reason!r} is no code of a bank (ISO 20022) that is known here; one of {known}. NARR says that "
            "the bank has given its reason in words: write them in the note"
        )
    day, anew = day_of(datetime.now(UTC)), pays_anew(reason)
    return await _open_again(card, ref, partial(take_back, account=account, reason=reason, on=day, anew=anew), note, by)


async def pay_owed(card: Card, ref: str, note: str, by: str) -> Money:
    """Open a closed case again that owes money. Raises BadInput where it owes none, or it may be on its way."""
    return await _open_again(card, ref, take_up, note, by)


async def begin_anew(card: Card, ref: str, note: str, by: str) -> None:
    """Let an open case whose workflow has ended be begun anew. Raises BadInput where nothing is known of that."""
    record = await record_of(card, ref)
    _checked(by, note)
    try:
        async with card.transaction() as session:
            await returns.begin_anew(session, record.ref, by=by.strip(), note=note.strip())
    except NothingToReturn as nothing:
        raise BadInput(f"ref: {nothing}") from nothing


async def _open_again(card: Card, ref: str, owe: Callable[..., Awaitable[object]], note: str, by: str) -> Money:
    """Let `owe` (`take_back` or `take_up`) open the case again; what is pending is to be paid now."""
    record = await record_of(card, ref)
    _checked(by, note)
    try:
        async with card.transaction() as session:
            await owe(session, record.ref, by=by.strip(), note=note.strip())
            return await money.money(session, record.ref)
    except NothingToReturn as nothing:
        raise BadInput(f"ref: {nothing}") from nothing
