"""One notice, top to bottom: what is due is found and said by SMS. Nothing is asked, assigned or paid.

Decisions only, as in `proactive_service`, and on the same terms: every effect under its own key, every end a named
outcome, and what cannot be done stays visible and waits for an operator.
"""

from temporalio import workflow

from workflows.case_in_sight import CaseEnds, CaseInSight
from workflows.model import (
    NOTICE_WORKFLOW,
    Case,
    CaseResult,
    NoticeFound,
    Outcome,
    Stage,
    Step,
    TellInput,
    Told,
)


@workflow.defn(name=NOTICE_WORKFLOW)
class ProactiveNotice(CaseInSight):
    """A notice of one topic (`case.service`) to one person. What operators see of it, and do, is in `CaseInSight`."""

    @workflow.init
    def __init__(self, case: Case) -> None:
        super().__init__(case)

    @workflow.run
    async def run(self, case: Case) -> CaseResult:  # noqa: ARG002  (init has taken it)
        return await self.to_its_end(self._live())

    async def _live(self) -> CaseResult:
        try:
            await self._detect()
            await self._quiet_hours()
            await self._tell_once()
            end = CaseEnds(Outcome.TOLD)
        except CaseEnds as ends:
            end = ends
        return await self._close(end)

    async def _detect(self) -> None:
        """The law is applied to fresh facts. What was said before to this person is not due again."""
        arg = self.input(Step.DETECT_NOTICE)
        found = await self.do(Step.DETECT_NOTICE, arg, NoticeFound, "see whether the notice is due")
        self.region = found.region
        if found.kind is None:
            raise CaseEnds(Outcome.NOT_DUE, found.reason)
        self.quiet_hours = found.quiet_hours
        self.note(f"due: {found.kind}")

    async def _tell_once(self) -> None:
        await self.enter(Stage.TELL, "the SMS centre")
        notice = TellInput(**self.base(Step.TELL), at=workflow.now())
        told = await self.do(Step.TELL, notice, Told, "tell the person by SMS")
        if not told.sent:
            raise CaseEnds(Outcome.UNREACHABLE, told.reason)

    async def _close(self, end: CaseEnds) -> CaseResult:
        reached = self.stage
        await self.write_end(end)
        return CaseResult(ref=self.case.ref, outcome=end.outcome, stage=reached, reason=end.reason)
