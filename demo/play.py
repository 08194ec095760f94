"""Plays the cast: opens each case, acts as person and operator, and holds the end and the money to what is expected.

It uses only what the outside has: the gateway, the SMS centre's handset, the operator's updates. Skipping days is the
one thing that only a demo may do.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper

from demo.cast import Act, Cast, Family, Played
from demo.outside import Outside
from desk.looking import details
from desk.opening import Opening
from runtime.settings import Agency
from workflows.model import (
    CaseResult,
    Message,
    Outcome,
    Resolution,
    Resolved,
    SearchAttributes,
    workflow_id,
)

PATIENCE = 120.0
"""Seconds for a case: they are all played at once, on whatever machine."""

LOOK = 0.1


@dataclass
class Run:
    """A case of the cast while it is played, for the live table and the verdict."""

    family: Family
    played: Played
    ref: str = ""
    result: CaseResult | None = None
    error: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether outcome and money are what the cast says."""
        if self.result is None or self.error:
            return False
        credited = self.played.amount if self.played.credited is None else self.played.credited
        return (
            self.result.outcome is self.played.expected
            and self.result.assigned == self.played.amount
            and self.result.credited == credited
        )


class Play:
    def __init__(self, cast: Cast, client: Client, opening: Opening, outside: Outside) -> None:
        self.cast = cast
        self.client = client
        self.opening = opening
        self.outside = outside
        self.skipper = TimeSkipper(client)
        self.runs = [Run(family, played) for family in cast.families for played in family.cases]

    async def settle_in(self) -> None:
        """Tell every stub who lives here and how it shall behave towards them."""
        await self.outside.settle_in(self.cast.documents)

    async def play(self) -> None:
        """All cases at once; the cases of one family one after another. Faults end in `Run.error`, never here."""
        await asyncio.gather(*(self._family(family) for family in self.cast.families))

    async def _family(self, family: Family) -> None:
        runs = [run for run in self.runs if run.family is family]
        by_event = [run for run in runs if run.played.event]
        heard = len(await self._sms(family))
        if by_event:
            try:
                await self._report(by_event)
            except Exception as error:
                for run in by_event:
                    run.error = f"{type(error).__name__}: {error}"
                return
        for run in runs:
            try:
                async with asyncio.timeout(PATIENCE):
                    heard = await self._case(run, heard)
            except TimeoutError:
                run.error = f"not done in {PATIENCE:.0f} seconds"
            except Exception as error:
                run.error = f"{type(error).__name__}: {error}"

    async def _case(self, run: Run, heard: int) -> int:
        """Play one case. `heard` is how many SMS the person has seen before, and after."""
        if not run.ref:
            day = run.played.assessed_on or self.cast.on
            opened = await self.opening.open(
                service=run.played.service, iin=run.family.iin, on=day, opened_by=f"demo:{uuid4()}"
            )
            run.ref = opened.case.ref
        handle: WorkflowHandle[Any, CaseResult] = self.client.get_workflow_handle(
            workflow_id(run.played.service, run.ref), result_type=CaseResult
        )
        for act in run.played.acts:
            heard = await self._act(run, act, handle, heard)
        run.result = await handle.result()
        return len(await self._sms(run.family))

    async def _report(self, runs: list[Run]) -> None:
        """The registry's event, sent twice as queues do: it opens each case once."""
        event = {
            "event_id": f"demo-{uuid4()}",
            "kind": runs[0].played.event,
            "iin": runs[0].family.iin,
            "on": (runs[0].played.assessed_on or self.cast.on).isoformat(),
        }
        for _ in range(2):
            taken = await self.outside.signed("registries", "/v1/registry/events", event)
            opened = {case["service"]: case["ref"] for case in taken["cases"]}
            for run in runs:
                run.ref = opened.pop(run.played.service)
            if opened:
                raise ValueError(f"event {event['kind']} opened what the cast does not hold: {', '.join(opened)}")

    # --- deeds -----------------------------------------------------------------------------------------------------

    async def _act(self, run: Run, act: Act, handle: WorkflowHandle[Any, CaseResult], heard: int) -> int:
        """Do it when its time has come. Returns how many SMS the person has seen."""
        if act.hears is not None:
            words = act.hears
            await self._until(lambda: self._was_told(run.family, words))
        elif act.say is not None:
            heard = await self._next_sms(run.family, heard)
            await self.outside.reply(str(run.family.phone), act.say.format("", *await self._listed(run.family)))
        elif act.say_late is not None:
            await self._until(lambda: self._details_say(handle, "a late answer"))
            at = await self.skipper.get_current_time(handle)
            late = {
                "message_id": str(uuid4()),
                "phone": run.family.phone,
                "text": act.say_late,
                "received_at": at.isoformat(),
            }
            await self.outside.signed("smsc", "/v1/sms/replies", late)
        elif act.pass_days is not None:
            await self._until(lambda: self._waits(handle))
            await self.skipper.fast_forward(handle, timedelta(days=act.pass_days))
        elif act.undelivered is not None:
            await self._until(lambda: self._details_say(handle, "did not arrive", act.undelivered or 1))
        elif act.asked_account:
            await self._until(lambda: self._details_say(handle, "the person's bank account"))
        elif act.needs_attention:
            await self._until(lambda: self._needs_attention(handle))
        elif act.resolve is not None:
            await self._until(lambda: self._needs_attention(handle))
            resolution = Resolution(action=act.resolve, by="demo", note="demo")
            await handle.execute_update(Message.RESOLVE, resolution, result_type=Resolved)
        elif act.opens_account is not None:
            document = dict(run.family.document)
            document["accounts"] = [*document.get("accounts", []), {"iban": act.opens_account, "bank": "Bank C"}]
            await self.outside.tell(Agency.BANK, [document])
        return heard

    async def _sms(self, family: Family) -> list[dict[str, Any]]:
        return await self.outside.sms(family.phone) if family.phone else []

    async def _was_told(self, family: Family, words: str) -> bool:
        return any(re.search(words, message["text"]) for message in await self._sms(family))

    async def _listed(self, family: Family) -> list[str]:
        """The numbers of the questions of which the person was last asked which one they answer."""
        listed = [re.findall(r"^(\d+) - ", message["text"], re.MULTILINE) for message in await self._sms(family)]
        return next(filter(None, reversed(listed)), [])

    async def _next_sms(self, family: Family, heard: int) -> int:
        async def came() -> bool:
            return len(await self._sms(family)) > heard

        await self._until(came)
        return len(await self._sms(family))

    async def _waits(self, handle: WorkflowHandle[Any, CaseResult]) -> bool:
        described = await handle.describe()
        deadline = described.typed_search_attributes.get(SearchAttributes.DEADLINE)
        return deadline is not None and deadline > await self.skipper.get_current_time(handle)

    async def _needs_attention(self, handle: WorkflowHandle[Any, CaseResult]) -> bool:
        return bool((await handle.describe()).typed_search_attributes.get(SearchAttributes.NEEDS_ATTENTION))

    async def _details_say(self, handle: WorkflowHandle[Any, CaseResult], words: str, times: int = 1) -> bool:
        told = await details(handle)
        return told.count(words) >= times

    async def _until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        while not await condition():  # noqa: ASYNC110  (seen from outside, over HTTP)
            await asyncio.sleep(LOOK)


def unreached(runs: list[Run]) -> set[Outcome]:
    """Outcomes that no case of this run has reached."""
    return set(Outcome) - {run.result.outcome for run in runs if run.result}
