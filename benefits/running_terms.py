"""A term of months that runs on while the law of its length may change."""

from datetime import date
from itertools import zip_longest

from benefits.assessment import Assessment
from benefits.terms import ONE_DAY, add_months


def last_day(assessment: Assessment, name: str, since: date) -> date:
    """The last day of a term of so many months from a day. Where the law of the month is read, and not that of the day
    on which the right arose, it is the first end that falls into the time of its own value.
    """
    if assessment.legislation.is_of_right(name):
        return add_months(since, assessment.whole(name))
    entries = assessment.dated_row(name, None)
    for entry, following in zip_longest(entries, entries[1:]):
        end, last = add_months(since, int(entry.value)), following.dated.since - ONE_DAY if following else date.max
        if last >= assessment.on and end <= last:
            break
    assessment.used_once(entry)
    return end if entry.dated.since <= assessment.on else max(end, entry.dated.since - ONE_DAY)
