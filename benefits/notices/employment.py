"""Notice to a registered unemployed person: the measures of employment that are open at this age.

It promises no place: which measure a career centre offers, the centre decides.
"""

from collections.abc import Sequence

from benefits.assessment import Assessment
from benefits.notices.notice import Due, NoticeRule
from benefits.takes import Takes
from benefits.terms import age

MEASURES = "employment_measures"


def due(assessment: Assessment) -> Sequence[Due]:
    """The measures, once for each registration, for some time after it."""
    facts, on = assessment.facts, assessment.on
    registrations = [
        one
        for one in facts.unemployments
        if one.iin == facts.applicant.iin
        and (one.deregistered_on is None or one.deregistered_on > on)
        and (on - one.registered_on).days < assessment.whole("told_within_days")
    ]
    if not registrations:
        return ()
    measures = _measures(assessment)
    last = max(registrations, key=lambda one: (one.registered_on, one.number))
    return (Due(MEASURES, last.number, {"measures": measures, "day": last.registered_on}),) if measures else ()


def _measures(assessment: Assessment) -> tuple[str, ...]:
    """Codes of the measures whose ages hold the applicant's; one without an age limit is for everybody."""
    years = age(assessment.facts.applicant.birth_date, assessment.on)
    found = []
    for measure in sorted(assessment.codes("measures")):
        youngest = assessment.known_row("measure_age_from", measure)
        eldest = assessment.known_row("measure_age_to", measure)
        if (youngest is None or years >= youngest) and (eldest is None or years <= eldest):
            found.append(measure)
    return tuple(found)


NOTICE = NoticeRule(
    code="employment",
    due=due,
    kinds=(MEASURES,),
    reads=frozenset({"unemployments"}),
    takes=Takes(
        "measures:codes told_within_days:days",
        tables="measure_age_from:years measure_age_to:years",
        says=(
            "business_grant employment_measures job_placement public_works silver_age social_job training "
            "youth_practice"
        ),
    ),
)
