"""Who of those whom a deceased kept counts: on the list of the Fund, and on that of the budget, which is longer.

Relations, ages and how many carers are dated parameters. What the register may not hold (whether somebody works, has
able-bodied parents or a disability) is not taken for a no: such a dependant is in doubt, with the question that would
settle it, beside those who are certain.
"""

from dataclasses import dataclass, field
from datetime import date

from benefits.assessment import Assessment
from benefits.codes import DependantRelation
from benefits.facts import Breadwinner, Dependant
from benefits.facts.unreadable import is_known
from benefits.legislation import Entry
from benefits.pension_age import PENSION_AGE, pension_day_of
from benefits.takes import Takes
from benefits.terms import ONE_DAY, birthday, next_month

NEVER = date.max
"""The first day on which somebody no longer counts who counts without an end."""

Ground = date | str | None
"""On what somebody counts: until when (the first day on which no longer), the question on which it hangs, or not."""

DEPENDANTS = PENSION_AGE | Takes(
    "adult_age:years budget_cared_child_age:years budget_carers:codes budget_unable:codes by_own_age:codes "
    "cared_child_age:years carers_counted:people fund_carers:codes only_without_parents:codes student_age:years",
    says=(
        "disabled_before_18_unknown does_the_dependant_care is_the_dependant_unable parents_or_alimony_unknown "
        "the_carer_works_unknown"
    ),
)
"""What `dependants` takes of the law."""


@dataclass(slots=True)
class Counted:
    """A list: those who are certain, each with the first day on which they no longer count, and the questions about
    each who is in doubt.
    """

    certain: list[tuple[Dependant, date]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        return len(self.certain)


@dataclass(frozen=True, slots=True)
class Dependants:
    """`first` is the first day on which one of those who are certain counted, the death or a later one; `before` the
    question on which it hangs whether somebody counted before it.
    """

    fund: Counted
    budget: Counted
    first: date
    before: str | None


def dependants(assessment: Assessment, breadwinner: Breadwinner) -> Dependants:
    """Both lists on the day. Of those who care for a child only so many count on each list as the law says."""
    on, died = assessment.on, _deaths(assessment)
    fund, fund_carers, budget, budget_carers = Counted(), Counted(), Counted(), Counted()
    later: dict[str, date] = {}
    for one in breadwinner.dependants:
        last = died.get(one.iin, NEVER)
        if last <= on:
            continue
        small = _small_child(one, breadwinner, died)
        young, cares = _young(assessment, one), _cares_for_a_small_child(assessment, one, small)
        _place(one, young, cares, fund, fund_carers, last)
        if one.birth_date > breadwinner.died_on:
            later[one.iin] = one.birth_date
        unable = _unable(assessment, one)
        if unable is not None:
            if unable == NEVER and not one.disabled and not isinstance(young, date) and not isinstance(cares, date):
                later[one.iin] = max(day for day, _ in _pension_ages(assessment, one))
            young = _better(young, unable)
        cares = _better(cares, _cares_and_does_not_work(assessment, one, small))
        _place(one, young, cares, budget, budget_carers, last)
    fund = _with_carers(assessment, fund, fund_carers)
    budget = _with_carers(assessment, budget, budget_carers)
    first = breadwinner.died_on
    if later:
        counted = (*fund.certain, *budget.certain)
        first = max(first, min((later.get(one.iin, first) for one, _ in counted), default=first))
    before = None
    if first > breadwinner.died_on:
        at_death = _at_death(assessment, breadwinner)
        if any(one.iin not in later for one, _ in at_death.certain):
            first = breadwinner.died_on
        elif at_death.doubts:
            before = at_death.doubts[0]
    return Dependants(fund, budget, first, before)


def term_ended(breadwinner: Breadwinner, on: date) -> date | None:
    """The first day after the last term of a disability of a dependant that has ended since the death: until then
    somebody may have counted.
    """
    known = (one.disabled_until for one in breadwinner.dependants if is_known(one.disabled_until))
    ended = (until + ONE_DAY for until in known if until is not None)
    return max((day for day in ended if breadwinner.died_on < day <= on), default=None)


def _at_death(assessment: Assessment, breadwinner: Breadwinner) -> Counted:
    """The budget's list on the day of the death, also of those who do not count any more."""
    died_on = breadwinner.died_on
    if assessment.on <= died_on or not assessment.knows_law_of(died_on):
        return Counted()
    then = Assessment(assessment.facts, died_on, assessment.applied_on, assessment.legislation, None)
    return dependants(then, breadwinner).budget


def _pension_ages(assessment: Assessment, one: Dependant) -> list[tuple[date, Entry]]:
    """The day of the pension age with the age, or both where the sex is not known."""
    sexes = ("female", "male") if one.sex is None else (one.sex,)
    return [pension_day_of(assessment, one.birth_date, sex) for sex in sexes]


def _place(one: Dependant, own: Ground, care: Ground, listed: Counted, carers: Counted, last: date) -> None:
    """Put the dependant on the list, or among those who would be on it as a carer."""
    if isinstance(own, date):
        listed.certain.append((one, min(own, last)))
    elif isinstance(care, date):
        carers.certain.append((one, min(care, last)))
    elif own is not None:
        listed.doubts.append(own)
    elif care is not None:
        carers.doubts.append(care)


def _with_carers(assessment: Assessment, listed: Counted, carers: Counted) -> Counted:
    """The list with as many carers as count, those needed longest first; of a further one it does not matter."""
    if not (carers.certain or carers.doubts):
        return listed
    most = assessment.whole("carers_counted")
    carers.certain.sort(key=lambda carer: (-carer[1].toordinal(), carer[0].iin))
    listed.certain += carers.certain[:most]
    listed.doubts += carers.doubts[: max(0, most - carers.number)]
    return listed


def _better(one: Ground, other: Ground) -> Ground:
    """The longer of two certain grounds; without one the first question."""
    if isinstance(one, date) and isinstance(other, date):
        return max(one, other)
    return other if isinstance(other, date) or one is None else one


def _young(assessment: Assessment, one: Dependant) -> Ground:
    """A child, sibling or grandchild: under age, a student, or disabled before growing up for the term set.

    Siblings and grandchildren only without able-bodied parents, or without alimony from them.
    """
    if not assessment.holds("by_own_age", one.relation):
        return None
    end = _grown_up(assessment, one)
    unknown = None
    if one.disabled_before_18:
        end = max(end, _term_end(one))
    elif one.disabled_before_18 is None and end <= assessment.on:
        unknown = "disabled_before_18_unknown"
    if end <= assessment.on and unknown is None:
        return None
    if not one.full_orphan and assessment.holds("only_without_parents", one.relation):
        if one.able_bodied_parents and one.gets_alimony:
            return None
        if one.able_bodied_parents is not False and one.gets_alimony is not False:
            return "parents_or_alimony_unknown"
    return unknown or end


def _small_child(one: Dependant, breadwinner: Breadwinner, died: dict[str, date]) -> date | None:
    """The birth of the youngest living child of the deceased, whom this other dependant may care for."""
    children = (child for child in breadwinner.dependants if child.relation is DependantRelation.CHILD)
    return max((child.birth_date for child in children if child is not one and child.iin not in died), default=None)


def _cares_for_a_small_child(assessment: Assessment, one: Dependant, small: date | None) -> Ground:
    """Whoever cares for the deceased's small child, of whatever age and at work or not; where the register is silent of
    it and there is such a child, perhaps.
    """
    born = one.cares_for or small
    if born is None or not assessment.holds("fund_carers", one.relation):
        return None
    end = _while_it_lasts(assessment, birthday(born, assessment.whole("cared_child_age")))
    return "does_the_dependant_care" if end and one.cares_for is None else end


def _cares_and_does_not_work(assessment: Assessment, one: Dependant, small: date | None) -> Ground:
    """Whoever cares for the deceased's somewhat larger child and does not work."""
    born = one.cares_for or small
    if born is None or one.works or not assessment.holds("budget_carers", one.relation):
        return None
    end = birthday(born, assessment.whole("budget_cared_child_age"))
    if one.cares_for is None:
        return "does_the_dependant_care" if end > assessment.on else None
    return "the_carer_works_unknown" if one.works is None and end > assessment.on else _while_it_lasts(assessment, end)


def _unable(assessment: Assessment, one: Dependant) -> Ground:
    """A parent or spouse of pension age, or with a disability for its term."""
    if not assessment.holds("budget_unable", one.relation):
        return None
    ages = _pension_ages(assessment, one)
    reached = [day <= assessment.on for day, _ in ages]
    if all(reached):
        assessment.used_once(ages[0][1])
        return NEVER
    lasts = _while_it_lasts(assessment, _term_end(one)) if one.disabled else None
    if lasts is None and (one.disabled is None or any(reached)):
        return "is_the_dependant_unable"
    return lasts


def _while_it_lasts(assessment: Assessment, end: date) -> date | None:
    return end if end > assessment.on else None


def _grown_up(assessment: Assessment, one: Dependant) -> date:
    """The first day after childhood, or after the full-time study that followed it."""
    grown_up = birthday(one.birth_date, assessment.whole("adult_age"))
    study = one.full_time_student_until
    if study is None or study < grown_up:
        return grown_up
    return min(study + ONE_DAY, birthday(one.birth_date, assessment.whole("student_age")))


def _term_end(one: Dependant) -> date:
    return NEVER if one.disabled_until is None else one.disabled_until + ONE_DAY


def _deaths(assessment: Assessment) -> dict[str, date]:
    """The first day on which somebody who has died no longer counts: a dependant counts through that month."""
    facts = assessment.facts
    died = {one.iin: one.died_on for one in facts.breadwinners}
    died |= {one.iin: one.died_on for one in facts.adults if one.died_on is not None}
    died |= {one.iin: one.died_on for one in facts.children if one.died_on is not None and one.iin is not None}
    return {iin: next_month(day) for iin, day in died.items()}
