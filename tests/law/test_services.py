"""What a case needs to know of a service: who pays and decides, its windows and terms, its events and its reads."""

from datetime import date
from pathlib import Path

import pytest

import benefits
from benefits import UnknownService, add_directory, remove_directory, service, services
from benefits.listing import changes_between, parameters_on
from tests.law.casebook import TWELFTH

ON = date(2025, 3, 1)

# Paid by, decided by, how often, term in working days, events, facts.
KNOWN = {
    "awarded-mother": ("budget", "corporation", "monthly", 8, "award", "awards"),
    "breadwinner-loss": (
        "fund+budget",
        "corporation",
        "monthly",
        8,
        "death",
        "adults breadwinners children insurances",
    ),
    "burial": ("budget", "corporation", "once", 8, "death", "burials"),
    "capacity-loss": ("fund", "fund", "monthly", 8, "capacity_loss", "capacity_losses insurances"),
    "childbirth": ("budget", "corporation", "once", 8, "adoption birth", "adults children"),
    "childcare": ("budget", "corporation", "monthly", 8, "adoption birth", "adults children insurances"),
    "disability": (
        "budget",
        "corporation",
        "monthly",
        8,
        "child_disability disability",
        "adults children disabilities pensions",
    ),
    "disabled-child-carer": ("budget", "corporation", "monthly", 8, "child_disability", "adults children disabilities"),
    "job-loss": ("fund", "fund", "monthly", 6, "job_loss", "insurances unemployments"),
    "multi-child": ("budget", "corporation", "monthly", 7, "adoption birth", "adults children"),
    "targeted-assistance": ("budget", "local", "monthly", 8, "income", "adults children household"),
}
ENGLISH = {
    "burial": ("One-off payment for burial", "Social Code of 20.04.2023, art. 242"),
    "multi-child": ("Allowance to families with many children", "Social Code of 20.04.2023"),
}


@pytest.mark.parametrize("code", KNOWN)
def test_what_a_case_needs_of_a_service(code: str) -> None:
    payer, decider, frequency, term, events, reads = KNOWN[code]
    one = service(code, ON)
    assert (one.code, one.payer, one.decider, one.frequency) == (code, payer, decider, frequency)
    assert (one.term_working_days, one.events) == (term, frozenset(events.split()))
    assert one.reads == {*reads.split(), "payments", "kandas_statuses"}
    windows = (one.consent_window_days, one.reminder_after_days, one.late_reply_days, one.account_days)
    assert (*windows, one.document_days) == (3, 1, 30, 7, 30)
    if code in ENGLISH:
        assert (one.names.en, one.ground.en) == ENGLISH[code]
    assert service(code, ON) is one, "resolved once for each period"


def test_services_are_listed_by_code() -> None:
    listed = [one.code for one in services(every=True)]
    assert listed == sorted(listed)
    assert set(KNOWN) <= {one.code for one in services()}, "the Card offers all of them"
    with pytest.raises(UnknownService) as caught:
        service("tooth-fairy")
    assert caught.value.args == ("tooth-fairy",)


def test_a_service_is_offered_and_has_its_terms_by_the_law_of_the_day(tmp_path: Path) -> None:
    for file in TWELFTH.glob("first*bicycle*"):
        text = file.read_text(encoding="utf-8")
        offered = "{value: yes, reference: bicycle-law, mark: C}"
        text = text.replace(offered, f"{offered}\n      2025-01-01: {offered.replace('yes', 'no')}")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    (tmp_path / "_draft.py").write_text("raise RuntimeError('a draft is not read')", encoding="utf-8")
    (tmp_path / "helper.py").write_text("WITHOUT = 'a rule'", encoding="utf-8")
    before = services()
    assert add_directory(tmp_path) == ("first-bicycle",)
    try:
        offered_on = [service("first-bicycle", day).offered for day in (date(2024, 12, 31), date(2025, 1, 1), None)]
        assert offered_on == [True, False, False]
        listed = [[one.code for one in services(date(2025, 1, 1), every=every)] for every in (False, True)]
        assert ["first-bicycle" in codes for codes in listed] == [False, True]
        assert services() == before
    finally:
        remove_directory(tmp_path)


def test_a_parameter_that_begins_or_ends_between_two_days_has_a_gap_in_its_change() -> None:
    days = [
        one.on
        for one in changes_between("capacity-loss", date(2024, 12, 31), date(2027, 1, 1))
        if one.code == "common.fund_indexation"
    ]
    assert days == [date(2025, 1, 1), date(2026, 1, 1), date(2027, 1, 1)], "none before and none after, and yet changes"
    begun = {one.code: one.to_dict() for one in changes_between("capacity-loss", date(2024, 12, 31), date(2025, 1, 1))}
    assert begun["common.fund_indexation"]["before"] is None
    assert begun["common.fund_indexation"]["after"]["value"] == "1.065"
    ended = {one.code: one.to_dict() for one in changes_between("capacity-loss", date(2026, 12, 31), date(2027, 1, 1))}
    assert (ended["common.fund_indexation"]["before"]["value"], ended["common.fund_indexation"]["after"]) == (
        "1.10",
        None,
    )


def test_every_listed_parameter_has_its_ground() -> None:
    for code in KNOWN:
        for one in benefits.parameters_on(code, ON):
            assert one.ground.en == one.line.ground
    rows = [one for one in parameters_on("disability", ON) if one.line.code.endswith("[II]")]
    assert [one.label.en for one in rows] == [
        "Rate for a child with a group and a person disabled from childhood",
        "Rate for general illness",
    ]
