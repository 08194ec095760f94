"""Who of those whom a deceased kept counts: on the list of the Fund, and on that of the budget, which is longer.

Relations, ages and how many carers are dated parameters. What the register may not hold (whether somebody works, has
able-bodied parents or a disability) is not taken for a no: such a dependant is in doubt, with the question that would
settle it, beside those who are certain.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from benefits.assessment import Assessment
from benefits.facts import Breadwinner, Dependant
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
    says="disabled_before_18_unknown is_the_dependant_unable parents_or_alimony_unknown the_carer_works_unknown",
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
    fund: Counted
    budget: Counted


def dependants(assessment: Assessment, breadwinner: Breadwinner) -> Dependants:
    """Both lists on the day. One who cares for a child counts once at most on each list, however many there are."""
    died = _deaths(assessment)
    left = [one for one in breadwinner.dependants if died.get(one.iin, NEVER) > assessment.on]

    def counted(alone: Iterable[_Test], caring: Iterable[_Test]) -> Counted:
        listed, carers = Counted(), Counted()
        for one in left:
            own, care = _best(assessment, one, alone), _best(assessment, one, caring)
            if isinstance(own, date):
                listed.certain.append((one, min(own, died.get(one.iin, NEVER))))
            elif isinstance(care, date):
                carers.certain.append((one, min(care, died.get(one.iin, NEVER))))
            elif own or care:
                (listed if own else carers).doubts.append(own or care or "")
        carers.certain.sort(key=lambda carer: (-carer[1].toordinal(), carer[0].iin))
        most = assessment.whole("carers_counted") if carers.certain or carers.doubts else 0
        free = max(0, most - carers.number)
        return Counted(listed.certain + carers.certain[:most], listed.doubts + carers.doubts[:free])

    return Dependants(
        counted([_young], [_cares_for_a_small_child]),
        counted([_young, _unable], [_cares_for_a_small_child, _cares_and_does_not_work]),
    )


_Test = Callable[[Assessment, Dependant], Ground]


def _best(assessment: Assessment, one: Dependant, tests: Iterable[_Test]) -> Ground:
    """The longest certain ground; without one the first question."""
    grounds = [test(assessment, one) for test in tests]
    days = [ground for ground in grounds if isinstance(ground, date) and ground > assessment.on]
    return max(days) if days else next((ground for ground in grounds if isinstance(ground, str)), None)


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


def _cares_for_a_small_child(assessment: Assessment, one: Dependant) -> Ground:
    """Whoever cares for the deceased's small child, of whatever age and at work or not."""
    if one.cares_for is None or not assessment.holds("fund_carers", one.relation):
        return None
    return birthday(one.cares_for, assessment.whole("cared_child_age"))


def _cares_and_does_not_work(assessment: Assessment, one: Dependant) -> Ground:
    """Whoever cares for the deceased's somewhat larger child and does not work."""
    if one.cares_for is None or one.works or not assessment.holds("budget_carers", one.relation):
        return None
    end = birthday(one.cares_for, assessment.whole("budget_cared_child_age"))
    return "the_carer_works_unknown" if one.works is None and end > assessment.on else end


def _unable(assessment: Assessment, one: Dependant) -> Ground:
    """A parent or spouse of pension age, or with a disability for its term."""
    if not assessment.holds("budget_unable", one.relation):
        return None
    sexes = ("female", "male") if one.sex is None else (one.sex,)
    ages = [pension_day_of(assessment, one.birth_date, sex) for sex in sexes]
    reached = [day <= assessment.on for day, _ in ages]
    if all(reached):
        assessment.used_once(ages[0][1])
        return NEVER
    if one.disabled and not any(reached):
        return _term_end(one)
    return "is_the_dependant_unable" if one.disabled is None or any(reached) else None


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
    """The first day on which a dependant who has died too, and is a breadwinner of others, no longer counts: they count
    through that month.
    """
    return {one.iin: next_month(one.died_on) for one in assessment.facts.breadwinners}
