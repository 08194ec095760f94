"""The dependants of a breadwinner: two lists, that of the Fund and that of the budget (L art. 21 p. 1, P)."""

from datetime import date

from benefits.codes import DependantRelation
from benefits.facts.records import Breadwinner, Dependant, Facts
from tests.law.oracle.answer import NO, PERSON, YES
from tests.law.oracle.calendar import DAY, Days
from tests.law.oracle.figures import ADULT_AT, BUDGET_CARED_TO, FUND_CARED_TO, MEN_PENSION_MONTHS, STUDENT_TO
from tests.law.oracle.known import age_below, alive

KIN = (DependantRelation.SIBLING, DependantRelation.GRANDCHILD)
CARERS = (
    DependantRelation.PARENT,
    DependantRelation.SPOUSE,
    DependantRelation.GRANDPARENT,
    DependantRelation.SIBLING,
)
BUDGET_CARERS = (*CARERS, DependantRelation.RELATIVE)


def kin_counts(one: Dependant) -> str:
    """Brothers, sisters, grandchildren: only without able-bodied parents or alimony (L). One of the two is open."""
    if one.full_orphan:
        return YES
    if one.able_bodied_parents is False and one.gets_alimony is False:
        return YES
    return NO if one.able_bodied_parents and one.gets_alimony else PERSON


class Lists:
    """How many dependants the Fund and the budget count on a day: for certain, and at most."""

    def __init__(self, facts: Facts, breadwinner: Breadwinner, days: Days) -> None:
        self.facts, self.dependants, self.days = facts, breadwinner.dependants, days

    def young(self, one: Dependant, day: date) -> bool:
        child = self.facts.child(one.iin)
        if one.relation not in (DependantRelation.CHILD, *KIN) or (child is not None and not alive(child, day)):
            return False
        if self.since_childhood(one, day) or age_below(self.days, one.birth_date, ADULT_AT, day):
            return True
        studies = one.full_time_student_until is not None and day <= one.full_time_student_until
        return studies and age_below(self.days, one.birth_date, STUDENT_TO, day)

    @staticmethod
    def since_childhood(one: Dependant, day: date) -> bool:
        """Disabled before 18, for the term set (L), without limit where there is none (P)."""
        return one.disabled_before_18 is True and (one.disabled_until is None or day <= one.disabled_until)

    def kin_open(self, day: date) -> bool:
        """Whether somebody is kept by one of parents and alimony and not by the other."""
        kin = [one for one in self.dependants if one.relation in KIN and not one.full_orphan and self.young(one, day)]
        return any(one.able_bodied_parents is not one.gets_alimony for one in kin)

    def _young(self, day: date) -> tuple[int, int]:
        young = [one for one in self.dependants if self.young(one, day)]
        counted = [YES if one.relation is DependantRelation.CHILD else kin_counts(one) for one in young]
        return counted.count(YES), len(counted) - counted.count(NO)

    def _cares(self, one: Dependant, day: date, years: int) -> bool:
        able = CARERS if years == FUND_CARED_TO else BUDGET_CARERS
        if one.relation not in able or one.cares_for is None or self.young(one, day) or not self._lives(one, day):
            return False
        return one.cares_for <= day and age_below(self.days, one.cares_for, years, day)

    def _lives(self, one: Dependant, day: date) -> bool:
        adult = self.facts.adult(one.iin)
        return adult is None or adult.died_on is None or day < adult.died_on

    def fund(self, day: date) -> tuple[int, int]:
        sure, most = self._young(day)
        carer = any(self._cares(one, day, FUND_CARED_TO) for one in self.dependants)
        return sure + carer, most + carer

    def budget(self, day: date) -> tuple[int, int]:
        sure, most = self._young(day)
        grown = [one for one in self.dependants if not self.young(one, day) and self._lives(one, day)]
        kept = {one.iin for one in grown if self._pensioner(one, day) == YES}
        maybe = {one.iin for one in grown if self._pensioner(one, day) == PERSON} - kept
        at_home = [one for one in grown if one.iin not in kept and self._cares(one, day, BUDGET_CARED_TO)]
        carers = {one.iin for one in at_home if one.works is False or self._cares(one, day, FUND_CARED_TO)}
        unsure = {one.iin for one in at_home if one.works is None} | carers
        return sure + len(kept) + bool(carers), most + len(kept) + len(maybe) + bool(unsure - maybe)

    def _pensioner(self, one: Dependant, day: date) -> str:
        if one.relation not in (DependantRelation.PARENT, DependantRelation.SPOUSE):
            return NO
        boards = [board for board in self.facts.disabilities if board.iin == one.iin and board.from_date <= day]
        if any(board.until is None or day <= board.until for board in boards):
            return YES
        if one.disabled and (one.disabled_until is None or day <= one.disabled_until):
            return YES
        if day >= self.days.after(one.birth_date, MEN_PENSION_MONTHS):
            return YES
        adult = self.facts.adult(one.iin)
        sex = one.sex or (adult.sex if adult else None)
        if day >= self.days.pension(one.birth_date, sex or "female"):
            return YES if sex else PERSON
        return NO if one.disabled is not None else PERSON

    def orphans(self, day: date) -> tuple[int, int]:
        counted = [one for one in self.dependants if self.young(one, day)]
        return sum(one.full_orphan is True for one in counted), len(counted)

    def ends(self, first: date) -> date | None:
        """The last day on which somebody surely counts."""
        if any(one.disabled_before_18 for one in self.dependants):
            return None
        changes: set[date] = set()
        for one in self.dependants:
            for years in (ADULT_AT, STUDENT_TO):
                changes.add(self.days.turns(one.birth_date, years))
            if one.full_time_student_until is not None:
                changes.add(one.full_time_student_until + DAY)
            if one.cares_for is not None:
                changes.add(self.days.turns(one.cares_for, FUND_CARED_TO))
        for change in sorted(changes):
            if change > first and self.fund(change)[0] == 0 and self.budget(change)[0] == 0:
                return change - DAY
        return None
