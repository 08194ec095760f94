"""The months of a monthly right, by the law of each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from tests.law.oracle.answer import PERSON, Amounts, Answer, either, up_to
from tests.law.oracle.calendar import month_end, months_between
from tests.law.oracle.figures import CODE_BEGINS, CONSTANTS_END

SHOWN = 30
"""How many months ahead are compared."""


AmountOn = Callable[[date], Amounts]


def months_of(
    on: date, first: date, last: date | None, amount_on: AmountOn, owed_from: date | None = None
) -> dict[date, Amounts]:
    """The amount of each month from that of `on` or `owed_from`; up to it if the right has a part of the month.

    No month before the Code or after the constants end.
    """
    end = min(last or CONSTANTS_END, CONSTANTS_END)
    months: dict[date, Amounts] = {}
    for month in months_between(max(owed_from or on, CODE_BEGINS), end):
        if len(months) == SHOWN:
            break
        begin, close = max(month, first, CODE_BEGINS), min(month_end(month), end)
        if begin > close:
            continue
        whole = either(amount_on(begin), amount_on(close))
        steady = amount_on(begin) == amount_on(close) and begin == month and close == month_end(month)
        months[month] = whole if steady and (month >= on or owed_from is not None) else up_to(whole)
    return months


def from_application(answer: Answer, amount_on: AmountOn, on: date, last: date | None) -> Answer:
    """A benefit of the budget from the application on; whether from a day before it, the sources don't say."""
    if not CODE_BEGINS <= on <= CONSTANTS_END:
        return replace(answer, rights=frozenset({PERSON}))
    return replace(
        answer,
        gross=amount_on(on),
        parts={"budget": amount_on(on)},
        months=months_of(on, on, last, amount_on),
        forecast_after=CONSTANTS_END,
        silent=answer.silent | {"start-budget"},
    )
