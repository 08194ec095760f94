"""Decides a case: facts and a day in, a Decision with its trace out. The one way from the law to an answer.

Conditions that every service shares (the applicant lives, is free and lives here; nothing is paid already) are
judged here, the rest by the service's own rule. It reads no clock and asks nobody; the same facts and day always
give the same decision.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from benefits.assessment import LAW_NOT_ENTERED, Assessment, Finding, OneRight
from benefits.carers import absences
from benefits.catalogue import Benefit, benefit, services
from benefits.codes import PaymentState
from benefits.dated import ENDED
from benefits.decision import ZERO, Condition, Decision, Frequency, Part, Right, Suspension, TraceLine
from benefits.facts import BadFacts, Facts, Payment, known_on, stood_on
from benefits.facts.unreadable import NotReadable, is_known
from benefits.legislation import Entry, InForce, NoSuchRow
from benefits.suspension import unless_suspended, unless_term_unknown
from benefits.terms import ONE_DAY, earlier, end_of_month, next_month

RECORD_UNCLEAR = "record_unclear"
"""Code of the question about a field that its register holds unreadably, or in several ways."""

TERMS_OF_A_RIGHT = ("payer", "decider", "frequency")
"""What a right is besides its amount: whose money, who decides, how often."""

_GONE = frozenset({"imprisoned", "left_country", "missing"})
"""Conditions in which the applicant receives nothing, and may not be the one whose right it is."""

_PREFERENCE = {Right.YES: 0, Right.PERSON_DECIDES: 1, Right.NO: 3}


def preference(decision: Decision) -> int:
    """Between several answers the one with the lowest number stands; a right that is suspended before none."""
    return _PREFERENCE[decision.right] - (decision.suspended is not None)


def assess(
    code: str, facts: Facts, on: date, *, trace: bool = True, basis: str | None = None, known: date | None = None
) -> Decision:
    """The decision on the service for this family, if the application is of the day `on`.

    Where a family may have several rights of one service (twins, two disabilities), the first right found; then the
    first that a person must decide; then the first that failed. `basis` asks about one of them. Uses no fact later
    than `on`. `known` is the day as on which the law is known: an old decision comes out as it was made, without what
    became known of the law later.

    Raises UnknownService, and BadFacts for a day before the first parameter or before the applicant's birth.
    """
    found = benefit(code, known)
    best: Decision | None = None
    for decision in _decisions(found, facts, on, trace, basis):
        if decision.right is Right.YES:
            return decision
        if best is None or preference(decision) < preference(best):
            best = decision
    assert best is not None  # noqa: S101 - without a subject there is the decision that nothing was found
    return best


def assess_each(
    code: str, facts: Facts, on: date, *, trace: bool = True, known: date | None = None
) -> tuple[Decision, ...]:
    """A decision for everything on which a right of this service could rest; at least one. `known` and errors as
    `assess`.
    """
    return tuple(_decisions(benefit(code, known), facts, on, trace, None))


def assess_all(facts: Facts, on: date, *, trace: bool = True, every: bool = True) -> tuple[Decision, ...]:
    """The decisions on all services of the law (with `every` false only those that the Card offers). Raises as
    `assess`.
    """
    return tuple(
        decision
        for service in services(on, every=every)
        for decision in assess_each(service.code, facts, on, trace=trace)
    )


def awaits_law(decision: Decision) -> bool:
    """Whether the decision is open only because a value of the law is not entered yet for its day."""
    if decision.asked is None or decision.right is not Right.PERSON_DECIDES:
        return False
    return decision.asked.code == LAW_NOT_ENTERED or decision.asked.code in benefit(decision.code).rule.awaits


def own_end(decision: Decision) -> date | None:
    """The last day of the right; None where it has no known end, or where not the right but the known law ends."""
    waits = decision.asked is not None and decision.asked.code == LAW_NOT_ENTERED
    return None if waits else decision.until


def known_facts(facts: Facts, on: date) -> Facts:
    """What was known on the day. Raises BadFacts for a day before the applicant's birth."""
    known = known_on(facts, on)
    if on < known.applicant.birth_date:
        raise BadFacts("on", "not before the applicant's birth")
    return known


def found_on(found: Benefit, first: Assessment, basis: str | None) -> tuple[Assessment, Finding]:
    """What the law says to this one right on the day of the assessment, whatever is paid already, and also by values
    that are no law in force (`if_law`).
    """
    own = first
    try:
        barred = _barred(own)
        for subject in () if barred and barred.since is None else found.rule.subjects(first):
            own = first.about_one(first.on, found.rule.arose_on(subject))
            finding = found.rule.decide(own, subject)
            if is_known(finding.basis) and finding.basis == basis:
                return own, _unless_gone(found, own, subject, finding, barred)
        return first, replace(barred or first.no("nothing_with_this_basis"), basis=basis)
    except NotReadable:
        return own, own.ask(RECORD_UNCLEAR, basis)
    except NoSuchRow:
        return own, own.ask("law_of_that_day_unknown", basis)


def _decisions(found: Benefit, facts: Facts, on: date, trace: bool, basis: str | None) -> Iterator[Decision]:
    """The decisions one by one: who takes the first yes leaves the others unreckoned."""
    first = Assessment(facts, on, on, found.legislation, [] if trace else None)
    try:
        first.facts = known_facts(facts, on)
        barred = _barred(first)
        subjects: Sequence[Any] = () if barred and barred.since is None else found.rule.subjects(first)
    except NotReadable:
        yield _decision(found, first, first.ask(RECORD_UNCLEAR))
        return
    decided = False
    for subject in subjects:
        one = _found(found, first, subject, barred)
        if one is not None and (basis is None or one[1].basis == basis):
            decided = True
            yield _decision(found, *one)
    if decided:
        return
    if subjects and barred is None:
        yield _decision(found, first, first.no("nothing_with_this_basis", basis))
    else:
        yield _decision(found, first, if_law(first, barred or first.no(found.rule.nothing)))


def _found(
    found: Benefit, first: Assessment, subject: Any, barred: Finding | None
) -> tuple[Assessment, Finding] | None:
    """What the rule finds about one subject; a question if it looks at a field that nobody can read. None where a
    shared condition bars it, and nothing is owed from before.
    """
    own = first
    finding = own.ask(RECORD_UNCLEAR)
    try:
        arose = found.rule.arose_on(subject)
        own = first.about_one(first.on, arose)
        finding = found.rule.decide(own, subject)
        if finding.right is Right.YES and finding.until is not None and finding.until < own.on:
            # Its months are all past and still owed: the amount is that of the last of them.
            if not own.knows_law_of(finding.until):
                return own, own.ask("law_of_that_day_unknown", finding.basis)
            own = first.about_one(finding.until, arose)
            finding = found.rule.decide(own, subject)
        if finding.basis is not None and not is_known(finding.basis):
            return own, own.ask(RECORD_UNCLEAR)
        answer = if_law(own, _unless_gone(found, own, subject, unless_term_unknown(own, finding), barred))
        if answer.right is Right.YES:
            return own, _asked_of_before(found, _unless_paid(found, own, answer))
        past = _owed_before(found, own, subject, answer)
        if past is None and barred is not None and answer.right is Right.NO:
            return None
        return past or (own, _unless_paid(found, own, answer))
    except NotReadable:
        return own, own.ask(RECORD_UNCLEAR, finding.basis if is_known(finding.basis) else None)
    except NoSuchRow:
        return own, own.ask("law_of_that_day_unknown", finding.basis)


def _unless_gone(found: Benefit, own: Assessment, subject: Any, finding: Finding, barred: Finding | None) -> Finding:
    """The finding; of a right, that it is barred or suspended by what the applicant did, if it is. What is the right of
    others stands, and so does what is paid once and no text takes away: then a person says who receives it.
    """
    if finding.right is Right.NO and barred is None:
        return finding
    held = replace(barred, basis=finding.basis) if barred else unless_suspended(own, finding)
    if barred is not None:
        own.unsettled.clear()  # of what is not paid the amount does not matter
    since, arose = held.since, found.rule.arose_on(subject)
    if since is None or finding.right is Right.NO or held.condition not in _GONE:
        return held
    question = "who_receives_it" if found.rule.of_another(own, subject) else None
    if _is_once(own) and arose is not None and not (held.condition == "left_country" and arose >= since):
        # Whoever lives abroad when it arises has no right to it: it is for those who live here.
        question = "is_it_paid_to_who_is_gone"
    return held if question is None else replace(own.ask(question, finding.basis), since=since)


def _owed_before(found: Benefit, claim: Assessment, subject: Any, now: Finding) -> tuple[Assessment, Finding] | None:
    """As `_before`, with what is asked of the claim itself."""
    past = _before(found, claim, subject, now)
    return past and (past[0], unless_term_unknown(claim, past[1]))


def _before(found: Benefit, first: Assessment, subject: Any, now: Finding) -> tuple[Assessment, Finding] | None:
    """What is owed of the right up to the day before it ceased, was suspended, or goes on by a law that is not entered,
    by things as they stood then; None where nothing is, or all of it is paid.
    """
    waits = _waits(now)
    since = min(map(_no_law_since, first.unsettled), default=None) if waits else now.since
    if since is None or since > first.on or not first.knows_law_of(since - ONE_DAY):
        return None
    last = since - ONE_DAY
    try:
        arose = found.rule.arose_on(subject)
        own = first.about_one(first.on, arose)
        if arose is None or _is_once(own) or own.paid_from(arose) > last:
            return None
        basis = now.basis or found.rule.decide(own, subject).basis
    except NotReadable:
        return first, first.ask(RECORD_UNCLEAR, now.basis)
    trace: list[TraceLine] | None = None if first.trace is None else []
    then = Assessment(stood_on(first.facts, last), last, first.applied_on, found.legislation, trace)
    own, finding = found_on(found, then, basis)
    finding = if_law(own, finding)
    if finding.right is Right.NO or _waits(finding):
        earlier_still = _before(found, own, subject, finding)
        if earlier_still is None:
            return None
        own, finding = earlier_still
    if finding.right is Right.YES:
        finding.until = earlier(finding.until, last)
        if now.right is Right.PERSON_DECIDES:
            finding.condition = finding.condition or now.condition
        if now.suspended_since is not None:
            finding.suspended_since, finding.suspended_by = now.suspended_since, now.suspended_by
            own.holds("suspended_by", now.suspended_by or "")
    finding = _asked_of_before(found, _unless_paid(found, own, finding))
    return None if finding.right is Right.NO else (own, finding)


def _asked_of_before(found: Benefit, finding: Finding) -> Finding:
    """The finding; of a right from before the first day of the known law what is owed since is certain, and the months
    before it are asked about.
    """
    if finding.right is Right.YES and finding.start is not None and finding.start < found.legislation.first_day:
        finding.condition = finding.condition or "months_before_the_law"
    return finding


def _is_once(assessment: Assessment) -> bool:
    return assessment.in_force.single["frequency"].word == Frequency.ONCE


def _waits(finding: Finding) -> bool:
    return finding.right is Right.PERSON_DECIDES and finding.condition == LAW_NOT_ENTERED


def _no_law_since(entry: Entry) -> date:
    """The first day on which what is not law stands in for it."""
    dated = entry.dated
    return dated.since if dated.stands_in != ENDED or dated.until is None else dated.until + ONE_DAY


def if_law(assessment: Assessment, finding: Finding) -> Finding:
    """The finding, or a question where it rests on a value that is no law in force on that day: the figures stay in
    the trace, and decide nothing.
    """
    if finding.right is Right.PERSON_DECIDES:
        return finding
    if finding.right is Right.YES and not assessment.in_force.settled:
        for term in (assessment.in_force.single[name] for name in TERMS_OF_A_RIGHT):
            if not term.settled:
                assessment.used_once(term)
    return assessment.ask(LAW_NOT_ENTERED, finding.basis) if assessment.unsettled else finding


def _barred(assessment: Assessment) -> Finding | None:
    """The shared condition that the applicant does not meet, or None. A sentence and leaving the country bar from the
    first of the month after, until they are over (Law 286-VI, art. 27 p. 4; unverified): the month in which they are is
    not paid but to who claims it after that.
    """
    applicant, on = assessment.facts.applicant, assessment.on
    if applicant.died_on is not None and applicant.died_on <= on:
        return assessment.no("applicant_died")
    for condition, since, over in absences(applicant):
        if condition != "missing" and next_month(since) <= on and (over is None or on < over):
            return assessment.no(condition, since=next_month(since))
    lost = applicant.citizenship_lost_on is not None  # which suspends, until a permit to live here
    if assessment.word("residence") == "permanent" and not applicant.permanent_resident and not lost:
        return assessment.no("not_permanent_resident")
    return None


def _unless_paid(found: Benefit, assessment: Assessment, finding: Finding) -> Finding:
    """The finding, or that the family is paid for this right already; what was paid is not owed again."""
    if finding.right is Right.NO or not assessment.facts.payments:
        return finding
    on = assessment.applied_on
    once = _is_once(assessment)
    for payment in assessment.facts.payments:
        # One that begins later has been granted already: a second would be paid beside it.
        if payment.service != found.code:
            continue
        if found.rule.one_right is OneRight.PER_BASIS and payment.basis != finding.basis:
            continue
        until = _paid_until(assessment.facts, payment)
        running = payment.state is PaymentState.PAYING if until is None else until >= on
        if once or (running and until == payment.until):
            return assessment.no("already_paid", finding.basis)
        if finding.start is not None and (running or finding.start < on):
            if until is None or payment.from_date > finding.start:
                return assessment.ask("which_months_were_paid", finding.basis)
            finding.start = max(finding.start, until + ONE_DAY)
            if finding.until is not None and finding.start > finding.until:
                return assessment.no("already_paid", finding.basis)
    return finding


def _paid_until(facts: Facts, payment: Payment) -> date | None:
    """The last day of a payment: its own, or the end of the month in which the payee died."""
    payee = None if payment.iin is None else facts.adult(payment.iin)
    if payee is None or payee.died_on is None:
        return payment.until
    return earlier(payment.until, end_of_month(payee.died_on))


def _decision(found: Benefit, assessment: Assessment, finding: Finding) -> Decision:
    service = found.service(assessment.applied_on)
    right = finding.right
    failed = asked = suspended = None
    law = finding.law or assessment.in_force
    if right is Right.NO:
        failed = condition(found, "conditions", finding.condition, law)
    elif finding.condition is not None:
        asked = condition(found, "questions", finding.condition, law)
    if finding.suspended_since is not None and finding.suspended_by is not None:
        days = int(assessment.in_force.single["suspended_look_days"].value)
        look_on = assessment.applied_on + timedelta(days=days)
        resumes = found.legislation.said("resumes", finding.suspended_by, law)
        reason = condition(found, "conditions", finding.suspended_by, law)
        suspended = Suspension(finding.suspended_since, look_on, resumes, reason)
    gross = withheld = ZERO
    parts = []
    for money in finding.money:
        gross += money.gross
        withheld += money.withheld
        parts.append(Part(money.code or found.code, money.payer or service.payer, money.gross, money.withheld))
    payer = "+".join(dict.fromkeys(part.payer for part in parts)) or service.payer
    lines: list[TraceLine] | None = assessment.trace
    return Decision(
        code=found.code,
        on=assessment.applied_on,
        right=right,
        failed=failed,
        asked=asked,
        basis=finding.basis,
        gross=gross,
        withheld=withheld,
        net=gross - withheld,
        frequency=service.frequency,
        # What is asked of months that are past has no first day yet, and none after their last.
        start=finding.start or earlier(finding.until, assessment.applied_on),
        until=finding.until,
        payer=payer,
        decider=finding.decider or service.decider,
        parts=tuple(parts),
        trace=() if lines is None else tuple(lines),
        suspended=suspended,
    )


def condition(found: Benefit, section: str, code: str | None, law: InForce) -> Condition:
    """A condition or question by its code, with its text and the numbers of the law in force in it."""
    assert code is not None  # noqa: S101 - every finding that is not a yes names its condition
    return Condition(code, found.legislation.said(section, code, law))
