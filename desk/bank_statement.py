"""A bank's statement that comes as a file, on a stick or by post: booked as if the bank had sent it."""

from typing import BinaryIO

from temporalio.client import Client

from activities.booking import Booked, book
from activities.payer import NOT_SET
from adapters.bank_files import Debtor, FileRefused
from card import Card, runs
from card.run_tables import RunState
from desk.errors import BadInput
from desk.paying import look_now
from workflows.run_model import run_id

RUNS_TOLD = 24
"""So many of the newest runs are told to look: an older one is closed."""


async def reconcile(card: Card, client: Client, debtor: Debtor | None, file: BinaryIO) -> Booked:
    """Book the statement in the file, and let the runs that wait for it look. Raises BadInput for one that is refused,
    with its line and the rule: nothing of it was booked, and the same file later is no error.
    """
    if debtor is None:
        raise BadInput(f"file: {NOT_SET}")
    try:
        booked = await book(card, debtor, file)
    except FileRefused as refused:
        raise BadInput(f"file: {refused}; nothing of it was booked") from None
    await _tell(card, client)
    return booked


async def _tell(card: Card, client: Client) -> None:
    """What came back is paid again, and what was awaited is closed, at once and not at the next look."""
    async with card.statements() as session:
        listed = await runs.listed(session, RUNS_TOLD)
    for one in listed:
        if one.state == RunState.OPEN:
            await look_now(client, run_id(one.month))
