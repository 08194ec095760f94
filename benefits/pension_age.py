"""The day on which a person reaches the pension age, which rises by half years: the age in force on that very day."""

from datetime import date

from benefits.assessment import Assessment
from benefits.legislation import Entry
from benefits.takes import Takes
from benefits.terms import grown

PENSION_AGE = Takes(tables="pension_age:age")
"""What `pension_day` takes of the law."""


def pension_day(assessment: Assessment) -> date:
    """The first day on which the applicant is as old as the pension age of that day; the age is noted in the trace."""
    applicant = assessment.facts.applicant
    day, entry = pension_day_of(assessment, applicant.birth_date, applicant.sex)
    assessment.used_once(entry)
    return day


def pension_day_of(assessment: Assessment, birth_date: date, sex: str) -> tuple[date, Entry]:
    """The same of anybody born on that day, with the age, which is not noted."""
    ages = assessment.dated_row("pension_age", sex)
    ends = [*(later.line.since for later in ages[1:]), date.max]
    for n, (entry, end) in enumerate(zip(ages, ends, strict=True)):
        # Before its first day an age counts for nobody; before the first of all nothing else is known.
        day = grown(birth_date, entry.value)
        if n and entry.line.since is not None:
            day = max(day, entry.line.since)
        if end is None or day < end:
            break
    return day, entry
