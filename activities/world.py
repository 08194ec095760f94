"""What the steps work with: the Card, the systems of other bodies, and the few settings that an effect depends on.

Made once by whoever composes a worker. `translated` is the one place where an adapter's error becomes Temporal's.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.masking import masked
from activities.payer import Payer
from adapters.bank import Bank
from adapters.bodies import DecidingBody, EMaket
from adapters.errors import AdapterError, BadAnswer, Unavailable, Unclear
from adapters.gate import LONGEST_ASKED
from adapters.registries import Registries
from adapters.sms.port import SmsCentre
from card import Card, people
from workflows.model import Case, QuietHours


@dataclass(frozen=True)
class World:
    """The outside world and the Card, as one worker sees them."""

    card: Card
    registries: Registries
    emaket: EMaket
    body: DecidingBody
    bank: Bank
    sms: SmsCentre
    quiet_hours: QuietHours | None
    ask_again: timedelta
    """How long to leave a body or a bank alone that has taken our request and not answered it yet."""
    payer: Payer | None = None
    """Who pays month by month; None where nobody does."""

    async def without_people(self, case: Case, text: str) -> str:
        """Another body's words, as they may be shown and sent: see `activities.masking`."""
        if not text:
            return ""
        async with self.card.statements() as session:
            person = await people.find(session, case.person_id)
            return masked(text, (person.family_name, person.given_name, person.patronymic))


@contextmanager
def translated() -> Iterator[None]:
    """Adapter errors as Temporal's: what may pass is retried, what is final goes to an operator."""
    try:
        yield
    except AdapterError as error:
        # One of several machines over there may be broken: what it answers is asked again before a person is.
        passes = isinstance(error, Unavailable | Unclear) or (isinstance(error, BadAnswer) and _attempt() < ASKED_AGAIN)
        asked = error.retry_after if isinstance(error, Unavailable) else None
        raise ApplicationError(
            str(error),
            type=type(error).__name__,
            non_retryable=not passes,
            next_retry_delay=pause(asked, _attempt()) if passes else None,
            # Who is away is told once, by the gate before them; each case shows its own last failure.
            category=ApplicationErrorCategory.BENIGN if passes else ApplicationErrorCategory.UNSPECIFIED,
        ) from error


ASKED_AGAIN = 5
"""So often what breaks the contract is asked for before it is an operator's: half a minute."""

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=2)
LONGEST_GATE = 1.5 * LONGEST_ASKED
"""What the gate before a body says at the most: longer nobody's word parks a case, whatever adapter passes it on."""


def pause(asked: timedelta | None, attempt: int) -> timedelta:
    """How long to leave a body alone: what it asked for, or our own growing pause if that is longer; never in step."""
    own = min(FIRST_PAUSE * 2 ** min(attempt - 1, 10), LONGEST_PAUSE)
    wait: timedelta = max(min(asked or timedelta(), LONGEST_GATE), own)
    return wait * random.uniform(1.0, 1.3)


def _attempt() -> int:
    return activity.info().attempt if activity.in_activity() else 1


def not_yet(what: str, ask_again: timedelta) -> ApplicationError:
    """The body has our request and will answer later: the activity's next attempt asks again. Adds no history."""
    return ApplicationError(
        f"{what}: no answer yet",
        type="NotYet",
        next_retry_delay=ask_again,
        # Waiting is no failure: it shows on the case's page, and neither alarms nor fills the log.
        category=ApplicationErrorCategory.BENIGN,
    )
