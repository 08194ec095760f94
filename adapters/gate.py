"""One gate before each body's system, for all cases of a process: who is down gets a knock, not one from each case.

After a few failures in a row the gate shuts; then one caller at a time knocks, ever more rarely, and all others are
told at once to come again after the next knock. The first that is answered opens it. A change of state is one line in
the log.
"""

import asyncio
import logging
import math
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from adapters.errors import BadAnswer, Refused, Unavailable, Unclear

log = logging.getLogger(__name__)

SHUTS_AFTER: Final = 3
"""Failures in a row: one or two are an accident of one call. All about one subject are that subject's: a body that
stumbles over one person's record is there for everybody else."""

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"""Seconds between two knocks: doubled each time, up to this."""

LONGEST_ASKED: Final = timedelta(minutes=10)
"""So far a body is believed that asks to be left alone: longer only its clock or its code goes wrong, and everybody's
case would stand still for it."""

ANSWERS_OTHERS: Final = 600.0
"""Seconds: a body that has answered somebody since stumbles over those who fail; else it is away."""

SOON: Final = timedelta(seconds=FIRST_PAUSE)

MOST_STUMBLES: Final = 10_000
"""So many are remembered."""

FORGOTTEN: Final = 300.0
"""Seconds without a caller: nobody knows any more whether it is away, and nobody needs it."""

BUSY: Final = frozenset({"throttled", "queue_full"})
"""It lives, and asks us to be slower: for so long nobody asks, then one, and for a minute nothing is told of it."""

OnChange = Callable[[str, bool], None]
"""Told the system's name and whether its gate is shut now."""


def nobody(_: str, __: bool) -> None:
    """Where nobody is to be told."""


class Gate:
    """The state of one body, as its callers found it. `now`: seconds that only rise."""

    def __init__(
        self,
        system: str,
        *,
        on_change: OnChange = nobody,
        shuts_after: int = SHUTS_AFTER,
        now: Callable[[], float] = time.monotonic,
        together: "set[Gate] | None" = None,
        of: str = "",
    ) -> None:
        """`of`: for what kind of call it is."""
        self.system = system
        self._name = f"{system} ({of})" if of else system
        self._on_change, self._shuts_after, self._now = on_change, shuts_after, now
        self._together: set[Gate] = set() if together is None else together
        """Those of the same body that are shut now: it is away while any is."""
        self._failures = 0
        self._about: set[object] = set()
        """What the failures in a row were about."""
        self._others_wait = -math.inf
        """When somebody was last told to come again who has not failed: the next knock is theirs."""
        self._stumbles: set[object] = set()
        """What failed while others were answered: the body stumbles over it, and is there for everybody else."""
        self._answered = -math.inf
        self._pause = FIRST_PAUSE
        self._next_knock = 0.0
        self._knocking = False
        self._slow = False
        """Whether it has asked us to be slower, and has taken nothing since `_slow_since`."""
        self._slow_since = 0.0
        self._why = ""
        self._last_asked = 0.0
        self.shut = False

    def beside(self, of: str) -> "Gate":
        """Another before the same body, for another kind of call: one that answers when it is asked may be unable to
        act, one of its registers may be away alone, and what it answers then does not open this one."""
        return Gate(
            self.system,
            on_change=self._on_change,
            shuts_after=self._shuts_after,
            now=self._now,
            together=self._together,
            of=of,
        )

    @asynccontextmanager
    async def passing(self, about: str | None = None) -> AsyncIterator[None]:
        """Around a call; `about`: whom or what it is about, if that is known.

        Raises Unavailable at once while the gate is shut and somebody else knocks, or nobody yet.
        """
        knocks, self._last_asked = self.shut or self._slow, self._now()
        if knocks:
            left, failed = self._next_knock - self._now(), about is not None and about in self._about
            theirs = failed and self._now() - self._others_wait < 2 * LONGEST_PAUSE
            if left > 0 or self._knocking or theirs:
                self._others_wait = self._others_wait if failed else self._now()
                # Not all at the same moment when the pause is over.
                wait = timedelta(seconds=max(left, FIRST_PAUSE) * random.uniform(1.0, 1.5))
                why = f"is away or refuses us ({self._why}); others have tried just now"
                raise Unavailable(self.system, "gate_shut", why, wait)
            self._knocking, self._others_wait = True, -math.inf
        try:
            yield
        except Unavailable as away:
            if away.code in BUSY:
                self._slower(away.code, away.retry_after, knocked=knocks)
            else:
                self._failed(away.code, away.retry_after, about, knocked=knocks)
            raise
        except Unclear as unclear:
            self._failed(unclear.code, None, about, knocked=knocks)
            raise
        except (Refused, BadAnswer):
            self._open(about)  # it answered, if only to say no
            raise
        except BaseException:
            # We were cancelled, which says nothing of it: the next may knock.
            self._knocking = self._knocking and not knocks
            raise
        else:
            self._open(about)

    def _slower(self, code: str, come_again: timedelta | None, *, knocked: bool) -> None:
        self._why, self._failures = code, self._failures + 1
        if self._failures < self._shuts_after:
            return
        if not self._slow:
            self._slow, self._slow_since = True, self._now()
        if self._now() - self._slow_since > LONGEST_PAUSE:
            self._close(come_again, longer=knocked)  # no haste of ours any more: as where a day's quota is used up
            return
        self._knocking = False
        self._next_knock = max(self._next_knock, self._now() + max(_believed(come_again), SOON).total_seconds())

    def _failed(self, code: str, come_again: timedelta | None, about: str | None, *, knocked: bool) -> None:
        if about in self._stumbles and not self.shut and self._now() - self._answered < ANSWERS_OTHERS:
            return
        self._failures += 1
        self._why = code
        self._about.add(object() if about is None else about)
        if not self.shut and (self._failures < self._shuts_after or len(self._about) < 2):
            return
        if self.shut and not knocked:
            return  # it was under way when the gate shut: nobody has knocked since
        self._close(come_again, longer=knocked)

    def _close(self, come_again: timedelta | None, *, longer: bool) -> None:
        self._knocking = False
        if longer:
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._next_knock = self._now() + max(self._pause, _believed(come_again).total_seconds())
        if not self.shut:
            self.shut = True
            log.warning("%s is away or refuses us (%s): one knock at a time until it answers", self._name, self._why)
            self._together.add(self)
            self._on_change(self.system, True)
            asyncio.get_running_loop().call_later(FORGOTTEN, self._fade)

    def _fade(self) -> None:
        """Of a body that nobody asks any more it is not told for ever that it is away."""
        if not self.shut:
            return
        left = max(self._last_asked, self._next_knock) + FORGOTTEN - self._now()
        if left > 0:
            asyncio.get_running_loop().call_later(left, self._fade)
        else:
            self._open(says="is asked nothing any more")

    def _open(self, about: str | None = None, says: str = "answers again") -> None:
        self._knocking = self._slow = False
        self._answered = self._now()
        self._failures, self._pause = 0, FIRST_PAUSE
        if len(self._stumbles) < MOST_STUMBLES:
            self._stumbles |= {one for one in self._about if isinstance(one, str)}
        self._stumbles.discard(about)
        self._about.clear()
        if self.shut:
            self.shut = False
            log.warning("%s %s", self._name, says)
            self._together.discard(self)
            self._on_change(self.system, bool(self._together))


def _believed(asked: timedelta | None) -> timedelta:
    return min(max(asked or timedelta(), timedelta()), LONGEST_ASKED)
