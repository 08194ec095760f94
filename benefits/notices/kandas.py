"""Notice to a kandas: the status ends on a day, or it has been extended to one. Silent to who is a citizen by now."""

from collections.abc import Sequence

from benefits.assessment import Assessment
from benefits.codes import Citizenship
from benefits.notices.notice import Due, NoticeRule
from benefits.takes import Takes

ENDS, EXTENDED = "kandas_ends", "kandas_extended"


def due(assessment: Assessment) -> Sequence[Due]:
    """The extension while it is new, otherwise the end when it is near."""
    facts, on = assessment.facts, assessment.on
    if facts.applicant.citizenship is not Citizenship.KANDAS:
        return ()
    own = sorted(
        (one for one in facts.kandas_statuses if one.iin == facts.applicant.iin),
        key=lambda one: (one.decided_on, one.until, one.number),
    )
    if not own or own[-1].until < on:
        return ()
    last = own[-1]
    extends = any(one.until < last.until for one in own[:-1])
    if extends and (on - last.decided_on).days < assessment.whole("told_within_days"):
        return (Due(EXTENDED, f"{last.number}/extended", {"day": last.until}),)
    if (last.until - on).days <= assessment.whole("ahead_days"):
        return (Due(ENDS, f"{last.number}/ends", {"day": last.until}),)
    return ()


NOTICE = NoticeRule(
    code="kandas",
    due=due,
    kinds=(ENDS, EXTENDED),
    reads=frozenset({"kandas_statuses"}),
    takes=Takes("ahead_days:days told_within_days:days", says="kandas_ends kandas_extended"),
)
