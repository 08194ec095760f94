"""Random families, each around one service, with the days on which something in them turns.

Deterministic: the same seed gives the same families. Nothing is decided here; the families are only made so that each
service has its share of rights, refusals and questions, and so that the days asked about stand at the edges.
"""

from datetime import date, timedelta

from tests.law.oracle.calendar import DAY, month_end, quarter_before
from tests.law.oracle.registry import DAYS, FIRST, LAST, TURNS_OF_LAW, Household, Record, Registry


class Maker(Registry):
    """Makes one family after the other."""

    def family(self, service: str) -> Household:
        home: Household = getattr(self, "_" + service.replace("-", "_"))()
        home.days = self._days(home)
        return home

    def _days(self, home: Household) -> list[date]:
        """Three days: at an edge of the family, at an edge of the law or any."""
        edges = [day + shift for day in home.days for shift in (-DAY, timedelta(), DAY)]
        edges = [day for day in edges if FIRST <= day <= LAST]
        arose = min([day for day in home.days if day >= FIRST], default=FIRST)
        any_day = self.day(max(FIRST, min(arose, LAST - DAY)), min(LAST, max(arose, FIRST) + timedelta(days=700)))
        some = [*self.random.sample(edges, min(len(edges), 3)), self.random.choice(TURNS_OF_LAW), any_day]
        chosen = sorted(set(self.random.sample(some, min(len(some), 4))))
        born = max(one["birth_date"] for one in home.mapping["adults"])
        return [day for day in chosen if day > born]

    def _birth(self, about: str) -> tuple[Household, Record, date]:
        born = self.day(date(2023, 3, 1), date(2027, 2, 28))
        mother, father = self._mother(born), self._father(born)
        applicant, other = (father, mother) if self.chance(0.1) else (mother, father)
        order = None if self.chance(0.12) else self.random.choice((1, 2, 3, 4, 5, 7))
        lives = self.random.choices((applicant["iin"], None, other["iin"]), (88, 7, 5))[0]
        child = self.child(born, mother["iin"], lives, order, father_iin=father["iin"])
        kind = self.random.random()
        if kind < 0.09:
            # of another mother, who is in no register of this family
            child |= {"mother_iin": self.iin(mother["birth_date"], "female"), "father_iin": None}
        if kind < 0.05:
            child["relation"], child["taken_on"] = "adopted", born + timedelta(days=self.random.choice((0, 30, 200)))
        elif kind < 0.09:
            child["relation"], child["taken_on"] = "guardianship", born + timedelta(days=self.random.choice((3, 90)))
        elif kind < 0.12:
            child["relation"], child["counted_elsewhere"] = "step", self.chance(0.5)
        elif kind < 0.18:
            child["born_alive"] = False
        elif kind < 0.30:
            child["died_on"] = born + timedelta(days=self.random.choice((0, 2, 40, 200, 500)))
        if self.chance(0.1):
            child["carer_iin"] = self.random.choice((other["iin"], applicant["iin"]))
        twins = [child]
        if self.chance(0.1) and order is not None and child.get("born_alive", True):
            twins.append(self.child(born, mother["iin"], lives, order + 1, father_iin=father["iin"]))
        end = DAYS.after(born, 18)
        days = [born, end, DAYS.after(born, 12), date(born.year, 12, 31)]
        if "died_on" in child:
            days += [child["died_on"], month_end(child["died_on"])]
        home = self._home(about, applicant, days, others=[other], children=twins)
        return home, child, born

    def _childbirth(self) -> Household:
        home, child, born = self._birth("childbirth")
        return self._pay(home, child["birth_record"], born)

    def _childcare(self) -> Household:
        home, child, born = self._birth("childcare")
        if self.chance(0.5):
            home.mapping["insurances"] = [self.insurance(home.mapping["applicant"], born)]
        return self._pay(home, child["birth_record"], born)

    def _multi_child(self) -> Household:
        at = self.day(date(2023, 7, 1), date(2027, 1, 31))
        mother = self.adult(self.day(DAYS.after(at, -50 * 12), DAYS.after(at, -42 * 12)))
        father = self._father(at)
        children, days = [], []
        for order in range(1, self.random.choices((3, 4, 5, 6, 7, 8, 9, 10), (12, 26, 22, 12, 8, 8, 8, 4))[0] + 1):
            age = self.random.choice((0, 1, 5, 10, 15, 16, 17))
            born = self.day(DAYS.after(at, -12 * age - 11), DAYS.after(at, -12 * age))
            more: Record = {}
            if self.chance(0.25):
                turned = self.random.choice((18, 18, 23))
                born = DAYS.after(at, -12 * turned) + timedelta(days=self.random.choice((-1, 0, 0, 1, 20)))
                if self.chance(0.65):
                    more["full_time_student_until"] = self.day(at - timedelta(days=3), DAYS.after(at, 40))
                    days.append(more["full_time_student_until"])
                days += [DAYS.turns(born, 18), DAYS.turns(born, 23)]
            if self.chance(0.04):
                more["died_on"] = self.day(max(born, DAYS.after(at, -6)), max(born, DAYS.after(at, 6)))
                days.append(more["died_on"])
            if self.chance(0.03):
                more["relation"], more["counted_elsewhere"] = "step", self.chance(0.5)
            elif self.chance(0.04):
                more |= {
                    "relation": "adopted",
                    "taken_on": self.day(max(born, DAYS.after(at, -5)), max(born, DAYS.after(at, 5))),
                }
                days.append(more["taken_on"])
            lives = self.random.choices((mother["iin"], None, father["iin"]), (94, 4, 2))[0]
            children.append(self.child(born, mother["iin"], lives, order, father_iin=father["iin"], **more))
            days += [DAYS.turns(born, 18)]
        days.append(at)
        home = self._home("multi-child", mother, days, others=[father], children=children)
        return self._pay(home, mother["iin"], DAYS.after(at, -3), 0.04)

    def _with_disability(self, about: str) -> Household:
        first = self.day(date(2023, 2, 1), date(2027, 1, 31))
        until = None if self.chance(0.15) else DAYS.after(first, self.random.choice((6, 12, 24, 60))) - DAY
        group = self.random.choice(("I", "II", "III"))
        cause = self.random.choices(("general", "childhood", "military", "radiation", "other"), (60, 22, 6, 6, 6))[0]
        children: list[Record] = []
        days = [first, *([] if until is None else [until])]
        mother = self._mother(first)
        who, born = mother["iin"], mother["birth_date"]
        if about == "disabled-child-carer" or self.chance(0.5):
            age = self.random.choice((1, 3, 6, 7, 10, 15, 17, 18))
            born = self.day(DAYS.after(first, -12 * age - 11), DAYS.after(first, -12 * age))
            mother = self._mother(born)
            lives = self.random.choices((mother["iin"], None), (86, 14))[0]
            child = self.child(born, mother["iin"], lives, 1)
            if self.chance(0.06):
                child["died_on"] = self.day(max(born, first), DAYS.after(first, 20))
                days.append(child["died_on"])
            who, group = child["iin"], self.random.choice(("I", "II", "III", "child"))
            children = [child]
            days += [DAYS.turns(born, 7), DAYS.turns(born, 18)]
        elif self.chance(0.25):
            mother = self.adult(self.day(DAYS.after(first, -66 * 12), DAYS.after(first, -58 * 12)))
            who = mother["iin"]
        decided = first + timedelta(days=self.random.choice((0, 0, 1, 3)))
        number = f"D-{first.year}-{self.serial}"
        board = {"iin": who, "number": number, "group": group, "cause": cause}
        board |= {"from_date": first, "until": until, "decided_on": decided}
        home = self._home(about, mother, [*days, decided], children=children, disabilities=[board])
        if who == mother["iin"] and self.chance(0.12):
            granted = self.day(first, DAYS.after(first, 12))
            pension = {"iin": who, "number": f"P-{self.serial}", "amount": "98000", "from_date": granted, "until": None}
            home.mapping["pensions"] = [{**pension, "decided_on": granted}]
            home.days.append(granted)
        return self._pay(home, number, first, 0.05)

    def _disability(self) -> Household:
        return self._with_disability("disability")

    def _disabled_child_carer(self) -> Household:
        return self._with_disability("disabled-child-carer")

    def _awarded_mother(self) -> Household:
        on = self.day(date(2023, 8, 1), date(2026, 12, 31))
        mother = self.adult(
            self.day(date(1940, 1, 1), date(1985, 1, 1)), self.random.choices(("female", "male"), (96, 4))[0]
        )
        kinds = (
            "kumis_alka",
            "altyn_alka",
            "mother_heroine",
            "maternal_glory_1",
            "maternal_glory_2",
            "medal_of_mothers",
        )
        number = f"A-{self.serial}"
        awarded = on if self.chance(0.6) else self.day(date(2005, 1, 1), date(2022, 1, 1))
        award = {"iin": mother["iin"], "kind": self.random.choice(kinds), "awarded_on": awarded, "number": number}
        home = self._home("awarded-mother", mother, [on, date(on.year, 12, 31)], awards=[award])
        return self._pay(home, number, max(awarded, date(2023, 8, 1)), 0.1)

    def _job_loss(self) -> Household:
        first = self.day(date(2023, 5, 1), date(2027, 2, 28))
        pension = self.chance(0.3)
        sex = self.random.choice(("female", "male"))
        born = self.day(DAYS.after(first, -55 * 12), DAYS.after(first, -20 * 12))
        if pension:
            born = DAYS.after(first, -(61 if sex == "female" else 63) * 12) + timedelta(
                days=self.random.choice((-1, 0, 1, 20, 75, 170))
            )
        who = self.adult(born, sex)
        insurance = self.insurance(who["iin"], first)
        insurance["job_loss_months_paid"] = self.random.choices((0, 1, 3, 6), (80, 8, 7, 5))[0]
        number = f"U-{self.serial}"
        one: Record = {"iin": who["iin"], "number": number, "registered_on": first}
        days = [first, DAYS.after(first, 12), *(DAYS.after(first, months) for months in range(1, 7))]
        if self.chance(0.25):
            one["deregistered_on"] = first + timedelta(days=self.random.choice((1, 20, 45, 120, 250)))
            days += [one["deregistered_on"], month_end(one["deregistered_on"])]
        if pension:
            days += [DAYS.pension(born, sex)] * 3
        records: Record = {"unemployments": [one]}
        if not self.chance(0.08):
            records["insurances"] = [insurance]
        return self._pay(self._home("job-loss", who, days, **records), number, first)

    def _capacity_loss(self) -> Household:
        first = self.day(date(2023, 5, 1), date(2027, 2, 28))
        sex = self.random.choice(("female", "male"))
        born = self.day(DAYS.after(first, -55 * 12), DAYS.after(first, -20 * 12))
        pension = self.chance(0.25)
        if pension:
            born = DAYS.after(first, -(61 if sex == "female" else 63) * 12) + timedelta(
                days=self.random.choice((-1, 0, 1, 20, 300))
            )
        elif self.chance(0.2):
            # whoever reaches the age while the pension age of women rises
            sex, turn = "female", date(self.random.choice((2028, 2029, 2030, 2031)), self.random.choice((1, 7)), 1)
            born = DAYS.after(turn, -self.random.choice((61, 62, 63)) * 12) + timedelta(
                days=self.random.choice((-1, 0, 1, 40))
            )
        who = self.adult(born, sex)
        until = None if self.chance(0.4) else DAYS.after(first, self.random.choice((6, 12, 24, 60))) - DAY
        decided = first + timedelta(days=self.random.choice((0, 0, 1, 4)))
        degree = self.random.choice(("0.29", "0.30", "0.30", "0.35", "0.45", "0.55", "0.89", "1"))
        number = f"C-{self.serial}"
        board = {"iin": who["iin"], "number": number, "degree": degree, "from_date": first, "until": until}
        days = [
            first,
            decided,
            *([] if until is None else [until]),
            *([DAYS.pension(born, sex)] * 2 if pension else []),
        ]
        records: Record = {"capacity_losses": [{**board, "decided_on": decided}]}
        if not self.chance(0.08):
            records["insurances"] = [self.insurance(who["iin"], first)]
        return self._pay(self._home("capacity-loss", who, days, **records), number, first)

    def _breadwinner_loss(self) -> Household:
        died = self.day(date(2023, 5, 1), date(2027, 2, 28))
        mother = self._mother(died)
        lost = self.iin(self.day(date(1970, 1, 1), date(1995, 1, 1)), "male")
        orphans, mixed = self.chance(0.15), self.chance(0.2)
        dependants, children, days = [], [], [died]
        for order in range(1, self.random.choices((0, 1, 2, 3, 4, 5, 6, 7), (12, 22, 20, 14, 10, 8, 8, 6))[0] + 1):
            age = self.random.choice((0, 2, 5, 10, 16, 17, 18, 22))
            born = self.day(DAYS.after(died, -12 * age - 11), DAYS.after(died, -12 * age))
            more: Record = {}
            if age >= 16 and self.chance(0.5):
                more["full_time_student_until"] = self.day(died, DAYS.after(died, 48))
                days.append(more["full_time_student_until"])
            if self.chance(0.04):
                until = self.random.choice((None, DAYS.after(died, 15)))
                more |= {"disabled_before_18": True, "disabled": True, "disabled_until": until}
            if orphans and not (mixed and self.chance(0.5)):
                more["full_orphan"] = True
            relation = self.random.choices(("child", "sibling", "grandchild"), (90, 5, 5))[0]
            if relation != "child" and self.chance(0.7):
                more |= {"able_bodied_parents": self.chance(0.5), "gets_alimony": self.chance(0.5)}
            child = self.child(born, mother["iin"], mother["iin"], order)
            if relation == "child":
                children.append(child)
            more = {"disabled_before_18": False, "full_orphan": False, **more}
            one = {"iin": child["iin"], "birth_date": born, "relation": relation, **more}
            dependants.append(one)
            days += [DAYS.turns(born, 18), DAYS.turns(born, 23)]
        self._grown(mother, died, children, dependants, days, orphans)
        if not dependants:
            dependants.append(self._grandmother(died))
        number = f"DR-{died.year}-{self.serial}"
        breadwinner = {"iin": lost, "died_on": died, "death_record": number, "dependants": dependants}
        records: Record = {"breadwinners": [breadwinner], "children": children}
        if self.chance(0.75):
            records["insurances"] = [self.insurance(lost, died)]
        if orphans and self.chance(0.5):
            mother.pop("died_on", None)
            other, later = self.iin(date(1980, 5, 5), "female"), died + timedelta(days=self.random.choice((0, 40)))
            kept = [{**one} for one in dependants]
            breadwinner = {"iin": other, "died_on": later, "death_record": number + "-M", "dependants": kept}
            records["breadwinners"].append(breadwinner)
            records.setdefault("insurances", []).append(self.insurance(other, later))
        return self._pay(self._home("breadwinner-loss", mother, days, **records), number, died, 0.04)

    def _grown(
        self,
        mother: Record,
        died: date,
        children: list[Record],
        dependants: list[Record],
        days: list[date],
        orphans: bool,
    ) -> None:
        small = [child for child in children if child["birth_date"] > DAYS.after(died, -8 * 12)]
        if small and self.chance(0.5) and not orphans:
            cares = self.random.choice(small)["birth_date"]
            one = {"iin": mother["iin"], "birth_date": mother["birth_date"], "relation": "spouse", "cares_for": cares}
            one["disabled"], one["works"] = (
                self.random.choice((False, False, None)),
                self.random.choice((True, False, None)),
            )
            dependants.append(one)
            days += [DAYS.turns(cares, 3), DAYS.turns(cares, 8)]
        if self.chance(0.08) and not orphans:
            dependants.append(self._grandmother(died))

    def _grandmother(self, died: date) -> Record:
        born = self.day(DAYS.after(died, -75 * 12), DAYS.after(died, -50 * 12))
        return {
            "iin": self.iin(born, "female"),
            "birth_date": born,
            "relation": self.random.choice(("parent", "parent", "grandparent")),
            "sex": self.random.choice(("female", None)),
            "disabled": self.random.choice((True, False, None)),
        }

    def _targeted_assistance(self) -> Household:
        known = self.chance(0.75)
        at = self.day(date(2024, 1, 1), date(2024, 3, 31)) if known else self.day(date(2023, 7, 1), date(2026, 12, 31))
        mother, father = self._mother(at), self._father(at)
        if known and self.chance(0.9):
            mother["region"] = father["region"] = "KZ-59"
        children, days = [], [at, at]
        for order in range(1, self.random.choice((0, 1, 2, 3, 5)) + 1):
            age = self.random.choice((0, 1, 3, 6, 7, 12))
            born = self.day(DAYS.after(at, -12 * age - 11), DAYS.after(at, -12 * age))
            children.append(self.child(born, mother["iin"], mother["iin"], order, father_iin=father["iin"]))
        members = [mother["iin"], father["iin"], *(child["iin"] for child in children)]
        edge = 33883 * 3 * len(members)
        income = self.random.choice((0, 100001, 250000, edge // 2, edge - 1, edge, edge + 1, 900000))
        able = self.random.choice((0, 0, 1, 2))
        days = [day for day in days if day >= at] if known else days
        household: Record = {
            "quarter": quarter_before(at),
            "income": str(income),
            "members": members,
            "able_bodied": able,
        }
        if self.chance(0.1):
            household["income"] = None
        if able and self.chance(0.8):
            household["contract_signed_on"] = at - timedelta(days=self.random.choice((0, 1, 30)))
            if self.chance(0.25):
                breached = max(at - timedelta(days=self.random.choice((0, 1, 100))), household["contract_signed_on"])
                household["contract_breached_on"] = breached
                days += [breached, DAYS.after(breached, 6)]
        days += [date(2024, 1, 1), date(2024, 3, 31)] if known else []
        return self._home("targeted-assistance", mother, days, others=[father], children=children, household=household)

    def _burial(self) -> Household:
        died = self.day(
            *self.random.choice(
                ((date(2023, 5, 1), date(2026, 12, 31)),) * 3 + ((date(2027, 1, 1), date(2027, 3, 31)),)
            )
        )
        who, other = self._mother(died), self._father(died)
        status = self.random.choices(("pension", "state_benefit", "war_participant", "none"), (35, 25, 22, 18))[0]
        number = f"DR-{self.serial}"
        by = self.random.choices((who["iin"], other["iin"]), (90, 10))[0]
        one = {"death_record": number, "died_on": died, "status": status, "buried_by": by}
        days = [died, died, date(died.year, 12, 31), DAYS.after(died, 3)]
        return self._pay(self._home("burial", who, days, others=[other], burials=[one]), number, died)
