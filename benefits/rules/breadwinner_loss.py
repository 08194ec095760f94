"""Loss of the breadwinner: a payment of the Fund and an allowance of the budget, two parts of one case.

One right for each deceased, for all dependants together; it is reckoned anew when their number changes. The Fund's
part is due if the deceased was insured, the budget's part in any case, each for those on its own list
(`benefits.dependants`). Where one part is open, or one dependant in doubt, what is certain is granted and the rest is
asked. For children who lost both parents the Fund pays for each of them, and the budget once, with the later death.
"""

from collections.abc import Sequence
from dataclasses import replace

from benefits.assessment import Assessment, Finding, Money, Part, Rule
from benefits.carers import STATE_CARE, in_state_care
from benefits.codes import DependantRelation, PaymentState
from benefits.decision import ZERO
from benefits.dependants import DEPENDANTS, NEVER, Counted, dependants, term_ended
from benefits.facts import Breadwinner, Child, Dependant, Facts
from benefits.social_insurance import EARNINGS, INDEXED, PARTICIPATION, earnings, indexed, participation
from benefits.takes import Takes
from benefits.terms import day_before, month_of

_NOTHING: Part = (None, None)


def breadwinners(assessment: Assessment) -> Sequence[Breadwinner]:
    """The family's deceased breadwinners, the latest first."""
    return sorted(assessment.facts.breadwinners, key=lambda one: (-one.died_on.toordinal(), one.death_record))


def decide(assessment: Assessment, breadwinner: Breadwinner) -> Finding:
    """The two parts for the dependants that count on the day."""
    basis = breadwinner.death_record
    others = _who_kept_the_same(assessment, breadwinner)
    lost_both = {iin for one in others for iin in _shared(one, breadwinner) if _was_the_child_of(iin, one, breadwinner)}
    kept = dependants(assessment, _with_orphans(assessment, breadwinner, lost_both))
    assessment.figure("dependants", kept.budget.number, "people")
    if not (kept.budget.certain or kept.budget.doubts or kept.fund.certain):
        return assessment.no("no_dependants", basis, since=term_ended(breadwinner, assessment.on))
    if any(in_state_care(assessment, child) for child in _children(assessment, breadwinner)):
        return assessment.ask("is_it_due_in_state_care", basis)
    later = [one for one in others if _died_later(one, breadwinner)]
    if any(_shared(one, breadwinner) - lost_both for one in later):
        return assessment.ask("both_parents_died", basis)
    fund = _fund_part(assessment, breadwinner, kept.fund, kept.budget.number)
    if later:
        budget = _beside_a_later_death(kept.budget, later)
    elif any(_is_paid(assessment, one) for one in others):
        # The allowance runs with that death: what is due beside it is no longer the whole.
        budget = (None, "paid_for_the_earlier_death")
    else:
        budget = assessment.apart(lambda: _budget_part(assessment, kept.budget), beside=fund[0] is not None)
    money = tuple(part for part, _ in (fund, budget) if part is not None)
    open_ = fund[1] or budget[1]
    if not money:
        if open_:
            return assessment.ask(open_, basis)
        # What the budget paid between the two deaths it owes under this one.
        since = month_of(min(one.died_on for one in later))
        return assessment.no("paid_with_the_later_death", basis, since=since)
    ends = [end for part, listed in ((fund, kept.fund), (budget, kept.budget)) if part[0] for _, end in listed.certain]
    until = None if max(ends) == NEVER else day_before(max(ends))
    finding = assessment.yes(basis, money, until=until, start=assessment.paid_from(kept.first))
    # What one pays hangs on nothing that the other still has to say: it is granted, and the rest is asked.
    finding.condition = open_ or kept.before
    if fund != _NOTHING:
        finding.decider = "fund"
    return finding


def leaves_others(assessment: Assessment, breadwinner: Breadwinner) -> bool:
    """Whether somebody else than the applicant was kept, as the children of a parent who survives."""
    return any(one.iin != assessment.facts.applicant.iin for one in breadwinner.dependants)


def _children(assessment: Assessment, breadwinner: Breadwinner) -> list[Child]:
    """Those of the dependants whom the civil registry holds as children of the family."""
    found = (assessment.facts.child(one.iin) for one in breadwinner.dependants)
    return [child for child in found if child is not None]


def _fund_part(assessment: Assessment, breadwinner: Breadwinner, listed: Counted, on_the_other: int) -> Part:
    """(average income - 0.5 MZP) x 0.6 x coefficient of dependants x participation."""
    insurance = assessment.facts.insurance(breadwinner.iin)
    if insurance is None or insurance.contribution_months == 0:
        return _NOTHING
    if not listed.certain:
        return None, listed.doubts[0] if listed.doubts else None
    if insurance.contribution_months is None:
        return None, "contribution_months_unknown"
    wage = assessment.number_on("mzp", breadwinner.died_on)
    earned = earnings(assessment, insurance, breadwinner.died_on)
    if earned is None or wage is None:
        return None, "income_months_missing"
    deducted, replaced = assessment.number("wage_deducted"), assessment.number("replacement")
    if listed.number != on_the_other:
        assessment.figure("dependants_fund", listed.number, "people")
    shares = assessment.bracket("dependants_coefficient", listed.number)
    coefficient = participation(assessment, insurance.contribution_months)
    exact = earned.replaced(deducted * wage, replaced * shares * coefficient)
    if exact <= 0:
        return None, "income_below_the_deduction"
    if assessment.trace is not None:
        average = earned.total / earned.months
        how = f"( {average:f} - {deducted:f} × {wage:f} ) × {replaced:f} × {shares:f} × {coefficient:f}"
        assessment.figure("exact_fund", exact, how=how)
    money = Money(indexed(assessment, assessment.rounded(exact)), "fund", ZERO, "fund")
    return money, _doubt(assessment, "dependants_coefficient", listed)


def _budget_part(assessment: Assessment, listed: Counted) -> Part:
    """A multiple of PM for all dependants together; for full orphans one for each, rounded as it is published.

    A full orphan's is the orphan's own: what others add to it is asked.
    """
    if not listed.certain:
        return None, listed.doubts[0] if listed.doubts else None
    orphans = sum(1 for one, _ in listed.certain if one.full_orphan)
    unknown = any(one.full_orphan is None for one, _ in listed.certain if assessment.holds("by_own_age", one.relation))
    doubt = "full_orphan_unknown" if unknown else None
    if not orphans:
        money = Money(assessment.times(assessment.bracket("rate", listed.number), "pm"), "budget", ZERO, "budget")
        return money, doubt or _doubt(assessment, "rate", listed)
    each = assessment.times(assessment.number("rate_full_orphan"), "pm")
    if assessment.trace is not None:
        assessment.figure("for_all_orphans", each * orphans, how=f"{each:f} × {orphans}")
    if doubt is None and orphans < listed.number:
        doubt = "some_are_full_orphans"
    elif doubt is None and listed.doubts:
        doubt = listed.doubts[0]
    return Money(each * orphans, "budget", ZERO, "budget"), doubt


def _doubt(assessment: Assessment, brackets: str, listed: Counted) -> str | None:
    """The question about those in doubt, if counting them too would come to another bracket."""
    if not listed.doubts:
        return None
    at_most = assessment.in_force.bracket(brackets, listed.number + len(listed.doubts))
    return None if at_most is assessment.in_force.bracket(brackets, listed.number) else listed.doubts[0]


def _beside_a_later_death(listed: Counted, later: Sequence[Breadwinner]) -> Part:
    """The allowance is paid once, with the later death; a person decides what is due to those whom it did not leave."""
    left = {one.iin for death in later for one in death.dependants} | {death.iin for death in later}
    return (None, "both_parents_died") if any(one.iin not in left for one, _ in listed.certain) else _NOTHING


def _with_orphans(assessment: Assessment, breadwinner: Breadwinner, lost_both: set[str]) -> Breadwinner:
    """The same with those marked as full orphans who lost both parents by the records of their deaths, and as none
    whose other parent is known to live.
    """
    marked = []
    for one in breadwinner.dependants:
        if one.iin in lost_both:
            one = replace(one, full_orphan=True)
        elif one.full_orphan is None and _has_a_parent(assessment.facts, one):
            one = replace(one, full_orphan=False)
        marked.append(one)
    return replace(breadwinner, dependants=tuple(marked))


def _has_a_parent(facts: Facts, one: Dependant) -> bool:
    """Whether a parent of the dependant is among the adults and lives."""
    child = facts.child(one.iin)
    parents = (child.mother_iin, child.father_iin) if child else ()
    return any(adult.iin in parents and adult.died_on is None for adult in facts.adults)


def _who_kept_the_same(assessment: Assessment, breadwinner: Breadwinner) -> list[Breadwinner]:
    others = (one for one in assessment.facts.breadwinners if one is not breadwinner)
    return [one for one in others if _shared(one, breadwinner)]


def _shared(one: Breadwinner, other: Breadwinner) -> set[str]:
    """Whom both kept."""
    return {dependant.iin for dependant in one.dependants} & {dependant.iin for dependant in other.dependants}


def _was_the_child_of(iin: str, *deceased: Breadwinner) -> bool:
    kept: list[Dependant] = [one for death in deceased for one in death.dependants if one.iin == iin]
    return all(one.relation is DependantRelation.CHILD for one in kept)


def _died_later(one: Breadwinner, other: Breadwinner) -> bool:
    """Of two deaths on one day the one with the lower number of the record counts as the later."""
    return (one.died_on, other.death_record) > (other.died_on, one.death_record)


def _is_paid(assessment: Assessment, one: Breadwinner) -> bool:
    """Whether a payment runs that rests on this death."""
    return any(
        payment.service == RULE.code
        and payment.basis == one.death_record
        and (payment.state is PaymentState.PAYING if payment.until is None else payment.until >= assessment.on)
        for payment in assessment.facts.payments
    )


RULE = Rule(
    code="breadwinner-loss",
    subjects=breadwinners,
    decide=decide,
    nothing="no_breadwinner_died",
    arose=lambda death: death.died_on,
    of_another=leaves_others,
    reads=frozenset({"adults", "breadwinners", "children", "insurances"}),
    takes=Takes(
        ("mzp:tenge paid_from:choice pm:tenge rate_full_orphan:PM replacement:ratio rounding:choice wage_deducted:MZP"),
        brackets="dependants_coefficient:ratio rate:PM",
        says=(
            "both_parents_died contribution_months_unknown dependants dependants_fund exact_fund for_all_orphans "
            "full_orphan_unknown income_below_the_deduction income_months_missing "
            "no_breadwinner_died no_dependants "
            "paid_for_the_earlier_death paid_with_the_later_death some_are_full_orphans"
        ),
    )
    | DEPENDANTS
    | STATE_CARE
    | EARNINGS
    | PARTICIPATION
    | INDEXED,
)
