"""The months of a decision: what the facts and the parameters already know of the time to come."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import benefits
from benefits import Facts, Right, changes_between, parameters_on, schedule
from benefits.facts import read_facts
from tests.law.casebook import family_mapping


def _facts(on: str, family: dict[str, Any]) -> Facts:
    return read_facts(family_mapping(family, on))


def _months(found: benefits.Schedule) -> dict[str, str]:
    return {f"{month.month:%Y-%m}": f"{month.gross}" for month in found.months}


def test_the_first_of_january_and_a_grown_up_child_change_the_amount() -> None:
    births = ["2007-12-15", "2012-03-01", "2014-03-01", "2016-03-01", "2018-03-01"]
    facts = _facts("2025-10-20", {"mother": "1985-05-05", "children": births})
    found = schedule("multi-child", facts, date(2025, 10, 20), months=5)
    assert _months(found) == {
        "2025-10": "78798",
        "2025-11": "78798",
        "2025-12": "78798",
        "2026-01": "69330",  # four children from 15 December, and the MRP of 2026
        "2026-02": "69330",
    }
    assert found.next_review == date(2026, 1, 1)
    assert not found.complete


def test_the_last_month_is_the_one_in_which_the_right_still_began() -> None:
    births = ["2007-12-15", "2012-03-01", "2014-03-01", "2016-03-01"]
    facts = _facts("2025-10-20", {"mother": "1985-05-05", "children": births})
    found = schedule("multi-child", facts, date(2025, 10, 20))
    assert list(_months(found)) == ["2025-10", "2025-11", "2025-12"]
    assert found.complete
    assert found.next_review == date(2025, 12, 15)


def test_years_without_known_constants_are_provisional() -> None:
    facts = _facts("2026-11-05", {"mother": "1985-05-05", "children": ["2012-03-01"] + ["2016-03-01"] * 3})
    found = schedule("multi-child", facts, date(2026, 11, 5), months=4, known=date(2026, 11, 28))
    assert [month.provisional for month in found.months] == [False, False, True, True]


def test_childcare_is_paid_from_the_birth_to_a_year_and_a_half() -> None:
    facts = _facts("2025-12-20", {"mother": "1995-05-05", "children": ["2025-11-28"]})
    found = schedule("childcare", facts, date(2025, 12, 20))
    months = _months(found)
    assert (len(months), next(iter(months)), list(months)[-1]) == (19, "2025-11", "2027-05")
    assert (months["2025-12"], months["2026-01"]) == ("22648", "24912")
    assert found.next_review == date(2026, 1, 1)
    assert found.complete


@pytest.mark.parametrize(("contributions", "paid"), [(6, 1), (12, 2), (24, 3), (36, 4), (48, 5), (60, 6), (240, 6)])
def test_job_loss_has_as_many_months_as_the_participation_gives(contributions: int, paid: int) -> None:
    insurance = {
        "of": "mother",
        "contribution_months": str(contributions),
        "counted_on": "2025-10-31",
        "incomes": [{"from_month": "2023-01", "until_month": "2025-10", "amount": "300000"}],
    }
    registration = {"of": "mother", "number": "U-1", "registered_on": "2025-11-17"}
    facts = _facts("2025-11-20", {"mother": "1985-05-05", "insurances": [insurance], "unemployments": [registration]})
    found = schedule("job-loss", facts, date(2025, 11, 20))
    assert len(found.months) == paid
    assert found.complete
    assert found.total == found.decision.net * paid


def test_a_payment_of_the_fund_is_raised_on_the_first_of_january() -> None:
    insurance = {
        "of": "mother",
        "contribution_months": "60",
        "counted_on": "2024-10-31",
        "incomes": [{"from_month": "2022-01", "until_month": "2024-10", "amount": "300000"}],
    }
    loss = {"of": "mother", "number": "C-1", "degree": "1", "from_date": "2024-11-01", "decided_on": "2024-11-01"}
    loss["until"] = "2026-02-28"
    facts = _facts("2024-11-05", {"mother": "1985-05-05", "insurances": [insurance], "capacity_losses": [loss]})
    months = _months(schedule("capacity-loss", facts, date(2024, 11, 5)))
    assert months["2024-12"] == "154500"
    assert months["2025-01"] == "164543"  # 154 500 x 1.065 = 164 542.5
    assert months["2026-01"] == "180998"  # 164 543 x 1.10 = 180 997.3
    assert list(months)[-1] == "2026-02"


def test_a_dependant_who_grows_up_lowers_both_parts() -> None:
    insurance = {
        "of": "man born 1975-05-05",
        "contribution_months": "60",
        "counted_on": "2025-03-01",
        "incomes": [{"from_month": "2022-01", "until_month": "2025-03", "amount": "300000"}],
    }
    dependants = [
        {"of": "woman born 2015-03-01 number 1", "relation": "child"},
        {"of": "woman born 2007-05-20 number 2", "relation": "child"},
    ]
    death = {"of": "man born 1975-05-05", "died_on": "2025-03-10", "death_record": "DR-1", "dependants": dependants}
    facts = _facts("2025-03-20", {"mother": "1980-05-05", "insurances": [insurance], "breadwinners": [death]})
    found = schedule("breadwinner-loss", facts, date(2025, 3, 20), months=12)
    months = _months(found)
    assert months["2025-05"] == str(100425 + 78588)
    assert months["2025-06"] == str(77250 + 42530)
    assert months["2026-01"] == str(84975 + 46783)  # the Fund's part x 1.10, the budget's by the PM of 2026
    assert found.next_review == date(2025, 6, 1)


def test_a_child_of_seven_without_a_group_goes_to_a_person() -> None:
    decision = {"of": "child 1", "number": "D-1", "group": "child", "cause": "childhood", "from_date": "2024-01-01"}
    decision["decided_on"] = "2024-01-01"
    facts = _facts("2025-03-10", {"mother": "1990-05-05", "children": ["2018-05-10"], "disabilities": [decision]})
    found = schedule("disability", facts, date(2025, 3, 10))
    assert list(_months(found)) == ["2025-03", "2025-04", "2025-05"]
    assert found.next_review == date(2025, 5, 10)


def test_an_award_is_for_life_and_looked_at_each_january() -> None:
    award = {"of": "mother", "kind": "altyn_alka", "awarded_on": "2015-01-01", "number": "A-1"}
    facts = _facts("2025-03-10", {"mother": "1960-05-05", "awards": [award]})
    found = schedule("awarded-mother", facts, date(2025, 3, 10))
    assert len(found.months) == 36
    assert not found.complete
    assert found.next_review == date(2026, 1, 1)


def test_what_is_paid_once_has_one_entry_and_what_is_not_due_none() -> None:
    facts = _facts("2025-03-10", {"mother": "1995-05-05", "children": ["2025-03-01"]})
    found = schedule("childbirth", facts, date(2025, 3, 10))
    assert _months(found) == {"2025-03": "149416"}
    assert found.next_review is None
    assert found.to_dict()["total"] == "149416.00"
    nothing = schedule("multi-child", facts, date(2025, 3, 10))
    assert nothing.decision.right is Right.NO
    assert nothing.months == ()


def test_what_changed_between_two_days() -> None:
    changes = {change.code: change for change in changes_between("multi-child", date(2024, 12, 31), date(2025, 1, 1))}
    assert set(changes) == {"common.mrp"}, "nothing that this service does not read"
    mrp = changes["common.mrp"]
    assert mrp.before is not None
    assert mrp.after is not None
    assert (mrp.before.line.value, mrp.after.line.value) == (Decimal(3692), Decimal(3932))
    (indexation,) = [
        change
        for change in changes_between("capacity-loss", date(2024, 12, 31), date(2025, 1, 1))
        if change.code == "common.fund_indexation"
    ]
    assert indexation.before is None


def test_the_parameters_in_force_have_label_and_ground() -> None:
    listed = parameters_on("multi-child", date(2025, 3, 1))
    assert listed[0].line.code.startswith("multi-child.")
    (rate,) = [one for one in listed if one.line.code == "multi-child.rate[5]"]
    assert rate.line.value == Decimal("20.04")
    assert rate.label.en == "Rate by number of children"
    assert "2025" in rate.ground.ru


def test_the_schedule_of_one_of_several_rights() -> None:
    facts = _facts("2025-03-10", {"mother": "1995-05-05", "children": ["2024-12-01", "2025-03-01"]})
    assert schedule("childcare", facts, date(2025, 3, 10)).decision.basis == "birth record 2"
    first = schedule("childcare", facts, date(2025, 3, 10), basis="birth record 1")
    assert (first.decision.basis, list(_months(first))[-1]) == ("birth record 1", "2026-06")
    assert first.decision.trace
    assert schedule("childcare", facts, date(2025, 3, 10), trace=False).decision.trace == ()


def test_a_schedule_that_is_cut_short_is_complete_only_if_nothing_is_left() -> None:
    facts = _facts("2025-03-10", {"mother": "1995-05-05", "children": ["2025-02-28"]})  # to 28.08.2026
    on = date(2025, 3, 10)
    assert not schedule("childcare", facts, on, months=17).complete
    assert schedule("childcare", facts, on, months=18).complete
    assert schedule("childcare", facts, on, months=19).complete
    to_the_first = _facts("2025-03-10", {"mother": "1995-05-05", "children": ["2025-03-01"]})  # to 01.09.2026
    assert not schedule("childcare", to_the_first, on, months=18).complete
    assert schedule("childcare", to_the_first, on, months=19).complete


def test_without_a_known_change_the_next_january_is_looked_at() -> None:
    award = {"of": "mother", "kind": "altyn_alka", "awarded_on": "2015-01-01", "number": "A-1"}
    facts = _facts("2026-03-10", {"mother": "1960-05-05", "awards": [award]})
    assert schedule("awarded-mother", facts, date(2026, 3, 10)).next_review == date(2027, 1, 1)


def test_what_is_paid_once_or_not_at_all_is_complete() -> None:
    facts = _facts("2025-03-10", {"mother": "1995-05-05", "children": ["2025-03-01"]})
    once = schedule("childbirth", facts, date(2025, 3, 10))
    assert once.complete is True
    assert [month.provisional for month in once.months] == [False]
    nothing = schedule("multi-child", facts, date(2025, 3, 10))
    assert (nothing.complete, nothing.next_review, nothing.total) == (True, None, Decimal(0))


def test_a_schedule_as_json() -> None:
    insurance = {
        "of": "mother",
        "contribution_months": "60",
        "counted_on": "2025-03-10",
        "incomes": [{"from_month": "2021-01", "until_month": "2025-03", "amount": "300000"}],
    }
    registration = {"of": "mother", "number": "U-1", "registered_on": "2025-03-03"}
    facts = _facts("2025-03-10", {"mother": "1985-05-05", "insurances": [insurance], "unemployments": [registration]})
    found = schedule("job-loss", facts, date(2025, 3, 10), months=2)
    written = found.to_dict()
    assert written.pop("decision") == found.decision.to_dict()
    assert written == {
        "months": [
            {
                "month": "2025-03",
                "gross": "135000.00",
                "withheld": "13500.00",
                "net": "121500.00",
                "provisional": False,
                "payers": ["fund"],
            },
            {
                "month": "2025-04",
                "gross": "135000.00",
                "withheld": "13500.00",
                "net": "121500.00",
                "provisional": False,
                "payers": ["fund"],
            },
        ],
        "complete": False,
        "next_review": "2025-09-01",
        "stop": None,
        "total": "243000.00",
        "arrears": "0.00",
    }
    award = {"of": "mother", "kind": "altyn_alka", "awarded_on": "2015-01-01", "number": "A-1"}
    awarded = _facts("2025-03-10", {"mother": "1960-05-05", "awards": [award]})
    assert schedule("multi-child", awarded, date(2025, 3, 10)).to_dict()["next_review"] is None
    (first, *_) = schedule("awarded-mother", awarded, date(2025, 3, 10)).to_dict()["months"]
    assert (first["gross"], first["withheld"], first["net"]) == ("29097.00", "0.00", "29097.00")


def test_months_before_the_application_are_arrears() -> None:
    facts = _facts("2026-02-10", {"mother": "1995-05-05", "children": ["2025-11-20"]})
    found = schedule("childcare", facts, date(2026, 2, 10))
    assert [(f"{one.month:%Y-%m}", one.gross) for one in found.arrears] == [
        ("2025-11", Decimal(22648)),
        ("2025-12", Decimal(22648)),
        ("2026-01", Decimal(24912)),
    ]
    assert found.to_dict()["arrears"] == "70208.00"
    assert schedule("multi-child", facts, date(2026, 2, 10)).arrears == ()


def test_a_right_whose_months_are_all_past_has_only_arrears_and_no_review() -> None:
    child = {"born": "2025-11-20", "died_on": "2025-12-05"}
    facts = _facts("2027-01-15", {"mother": "1995-05-05", "children": [child]})
    found = schedule("childcare", facts, date(2027, 1, 15))
    assert (found.decision.right, found.decision.on, found.decision.gross) == (
        Right.YES,
        date(2027, 1, 15),
        Decimal(22648),
    )
    assert found.arrears == found.months
    assert (len(found.months), found.complete, found.next_review) == (2, True, None)
