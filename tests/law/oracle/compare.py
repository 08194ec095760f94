"""The two reckonings side by side."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction

from benefits import BadFacts, Decision, assess, assess_each, schedule
from benefits.facts.records import Facts
from tests.law.oracle import breadwinner, budget, children, fund
from tests.law.oracle.answer import NO, YES, Amounts, Answer, merged
from tests.law.oracle.calendar import Days
from tests.law.oracle.figures import CODE_BEGINS, READ_ON
from tests.law.oracle.known import known_on, until_it_stops

Reckoning = Callable[[Facts, date, Days], list[Answer]]

SERVICES: dict[str, Reckoning] = {
    "awarded-mother": budget.awarded_mother,
    "breadwinner-loss": breadwinner.breadwinner_loss,
    "burial": budget.burial,
    "capacity-loss": fund.capacity_loss,
    "childbirth": children.childbirth,
    "childcare": children.childcare,
    "disability": budget.disability,
    "disabled-child-carer": children.disabled_child_carer,
    "job-loss": fund.job_loss,
    "multi-child": children.multi_child,
    "targeted-assistance": budget.targeted_assistance,
}
EARLY, LATE = Days(late=False), Days(late=True)
MONTHS = 36
ONE_OFF = frozenset({"childbirth", "burial"})
DECIDED_BY = {"capacity-loss": "fund", "job-loss": "fund", "targeted-assistance": "local"}
"""Where the table of the services names who decides."""


def oracle(service: str, facts: Facts, on: date) -> list[Answer]:
    """What the sources say to this family, application of the day `on`: an answer for each right that could be."""
    known = known_on(facts, on)
    early, late = (SERVICES[service](known, on, days) for days in (EARLY, LATE))
    return [until_it_stops(known, merged(one, two), on) for one, two in zip(early, late, strict=True)]


def differences(service: str, facts: Facts, on: date) -> tuple[list[tuple[str, str]], list[Answer]]:
    """Where `benefits` says what the sources don't allow, each as a kind and a line; and what it was compared with."""
    answers = oracle(service, facts, on)
    found: list[tuple[str, str]] = []
    try:
        decisions = {
            decision.basis: decision for decision in assess_each(service, facts, on, trace=False, known=READ_ON)
        }
    except BadFacts:
        # no day before the Code is decided at all: that is no yes and no no
        return ([] if on < CODE_BEGINS else [("refused", "the facts are called bad")]), []
    only = next(iter(decisions.values())) if len(decisions) == 1 else None
    for answer in answers:
        decision = decisions.get(answer.basis) if answer.basis is not None else only
        if decision is None:
            if NO not in answer.rights:
                found.append(("missing", f"no decision on {answer.basis}, the sources say {sorted(answer.rights)}"))
            continue
        found += _against(answer, decision, facts, on)
    if not answers:
        granted = [decision for decision in decisions.values() if decision.right != NO]
        found += [
            ("right", f"{decision.right} on {decision.basis}, where nothing could rest on") for decision in granted
        ]
    if service == "breadwinner-loss" and len(facts.breadwinners) > 1:
        # 1.54 PM for each full orphan (C): each is one person, also where two breadwinners are mourned
        most = max(
            (sum(part.gross for part in one.parts if part.payer == "budget") for one in decisions.values()), default=0
        )
        paid = sum(part.gross for one in decisions.values() for part in one.parts if part.payer == "budget")
        if paid > most:
            found.append(("twice", f"the budget pays {paid} for the same dependants, {most} is theirs"))
    chosen = assess(service, facts, on, trace=False, known=READ_ON).right
    if any(decision.right == YES for decision in decisions.values()) and chosen != YES:
        found.append(("chosen", f"assess says {chosen} though there is a right"))
    return found, answers


def _against(answer: Answer, decision: Decision, facts: Facts, on: date) -> list[tuple[str, str]]:
    where = f"{answer.basis}: "
    if decision.right not in answer.rights:
        return [("right", f"{where}{decision.right}, the sources say {_said(answer)}")]
    if decision.right != YES:
        return [] if decision.gross == decision.net == 0 else [("gross", f"{where}money without a right")]
    found = []
    if not _within(answer.gross, decision.gross):
        found.append(("gross", f"{where}gross {decision.gross}, the sources say {_said(answer)}"))
    found += _parts(answer, decision, where)
    if (
        answer.withheld is not None
        and abs(Fraction(decision.withheld) - answer.withheld * Fraction(decision.gross)) >= 1
    ):
        found.append(("withheld", f"{where}withheld {decision.withheld} of {decision.gross}"))
    if decision.gross - decision.withheld != decision.net:
        found.append(("net", f"{where}net {decision.net}"))
    if decision.frequency != ("once" if answer.service in ONE_OFF else "monthly"):
        found.append(("frequency", f"{where}paid {decision.frequency}"))
    if decision.decider != DECIDED_BY.get(answer.service, decision.decider):
        found.append(("decider", f"{where}decided by {decision.decider}"))
    if answer.first and decision.start not in answer.first:
        found.append(("first", f"{where}first day {decision.start}, the sources say {_days(answer.first)}"))
    if answer.last and decision.until not in answer.last and answer.service not in ONE_OFF:
        found.append(("last", f"{where}last day {decision.until}, the sources say {_days(answer.last)}"))
    if answer.months:
        found += _months(answer, decision, facts, on, where)
    return found


def _parts(answer: Answer, decision: Decision, where: str) -> list[tuple[str, str]]:
    paid: dict[str, Fraction] = {}
    for part in decision.parts:
        paid[part.payer] = paid.get(part.payer, Fraction(0)) + Fraction(part.gross)
    found = []
    for payer, amounts in answer.parts.items():
        if not _within(amounts, paid.pop(payer, Fraction(0))):
            found.append(("part", f"{where}{payer} pays {decision.parts}, the sources say {_money(amounts)}"))
    if {part.payer for part in decision.parts} - set(decision.payer.split("+")):
        found.append(("payer", f"{where}{decision.payer} pays {decision.parts}"))
    if answer.gross is not None and answer.parts and any(paid.values()):
        found.append(("payer", f"{where}{sorted(paid)} pays too"))
    return found


def _months(answer: Answer, decision: Decision, facts: Facts, on: date, where: str) -> list[tuple[str, str]]:
    asked = schedule(answer.service, facts, on, basis=decision.basis, months=MONTHS, trace=False, known=READ_ON)
    listed = asked.months
    amounts = {month.month: month for month in listed}
    found = []
    for month, expected in answer.months.items():
        if month not in amounts:
            if not _within(expected, Fraction(0)):
                found.append(("month", f"{where}nothing in {month:%Y-%m}, the sources say {_money(expected)}"))
        elif not _within(expected, amounts[month].gross):
            found.append(
                ("month", f"{where}{amounts[month].gross} in {month:%Y-%m}, the sources say {_money(expected)}")
            )
    for month, one in amounts.items():
        if answer.withheld is not None and abs(Fraction(one.withheld) - answer.withheld * Fraction(one.gross)) >= 1:
            found.append(("withheld", f"{where}withheld {one.withheld} of {one.gross} in {month:%Y-%m}"))
        if answer.forecast_after is not None and month > answer.forecast_after and not one.provisional:
            found.append(("forecast", f"{where}{month:%Y-%m} is shown as certain"))
    return found


def _within(amounts: Amounts, amount: object) -> bool:
    exact = Fraction(str(amount)) if not isinstance(amount, Fraction) else amount
    return amounts is None or any(one.holds(exact) for one in amounts)


def _money(amounts: Amounts) -> str:
    return "anything" if amounts is None else " or ".join(sorted(map(str, amounts)))


def _days(days: frozenset[date] | frozenset[date | None]) -> str:
    return " or ".join(sorted(str(day) for day in days))


def _said(answer: Answer) -> str:
    rights = " or ".join(sorted(answer.rights))
    return f"{rights} {_money(answer.gross)}" if YES in answer.rights else rights
