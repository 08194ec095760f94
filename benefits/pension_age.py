"""The day on which a person reaches the pension age, which rises by half years: the age in force on that very day."""

from datetime import date
from itertools import zip_longest

from benefits.assessment import Assessment
from benefits.legislation import Entry
from benefits.takes import Takes
from benefits.terms import day_before, end_of_month, grown

PENSION_AGE = Takes(tables="pension_age:age")
"""What `pension_day` takes of the law."""

ENDS_AT_IT = PENSION_AGE | Takes("ends_at_pension_age:choice")
"""What `last_day_before` takes of the law."""


def pension_day(assessment: Assessment) -> date:
    """The first day on which the applicant is as old as the pension age of that day; the age is noted in the trace."""
    applicant = assessment.facts.applicant
    day, entry = pension_day_of(assessment, applicant.birth_date, applicant.sex)
    assessment.used_once(entry)
    return day


def last_day_before(assessment: Assessment, pension: date) -> date:
    """The last day of a payment that the pension age ends (Law 286-VI, art. 28 p. 2, 4; unverified for the Code): the
    day before it, so that a month that begins with it is not paid, or that of its month.
    """
    on_the_day = assessment.word("ends_at_pension_age") == "on_the_day"
    return day_before(pension) if on_the_day else end_of_month(pension)


def pension_day_of(assessment: Assessment, birth_date: date, sex: str) -> tuple[date, Entry]:
    """The same of anybody born on that day, with the age, which is not noted."""
    ages = assessment.dated_row("pension_age", sex)
    for entry, following in zip_longest(ages, ages[1:]):
        day = grown(birth_date, entry.value)
        if following is None or day < following.dated.since:
            break
    # Before its first day an age counts for nobody; before the first of all nothing else is known.
    return (day if entry is ages[0] else max(day, entry.dated.since)), entry
