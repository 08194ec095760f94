"""Data minimisation: a service's law looks only into the facts that it says it reads, and it needs each of them."""

from dataclasses import replace
from typing import Any

import pytest

import benefits
from benefits import BadFacts, Facts, Service, assess_each, schedule
from benefits.assessment import Rule
from benefits.catalogue import benefit
from benefits.facts import READABLE
from benefits.facts.checks import check_between_fields
from tests.law.casebook import CASES, LawCase, read_cases

SERVICES = benefits.services(every=True)
ABOUT_MEMBERS = ("disabilities", "awards", "capacity_losses", "unemployments")
"""Records that a registry is asked for about a member: about somebody unread there are none."""
OF_ANY_SERVICE = "kandas_statuses"
"""What suspends a right of any service alike."""
ALL_CASES = [case for path in sorted(CASES.glob("*.yaml")) for case in read_cases(path)]


def _without(facts: Facts, unread: frozenset[str]) -> Facts:
    """The facts with these fields emptied; of the adults the applicant stays, of the records those about members."""
    empty: dict[str, Any] = dict.fromkeys(unread, ())
    if "adults" in unread:
        empty["adults"] = (facts.applicant,)
    if "household" in unread:
        empty["household"] = None
    less = replace(facts, **empty)
    members = {one.iin for one in less.adults} | {one.iin for one in less.children}
    kept: dict[str, Any] = {
        name: tuple(one for one in getattr(less, name) if one.iin in members) for name in ABOUT_MEMBERS
    }
    kept["burials"] = tuple(one for one in less.burials if one.buried_by in members)
    return replace(less, **kept)


def _cases_of(service: Service) -> list[LawCase]:
    return [case for case in ALL_CASES if case.service == service.code]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.code)
def test_unread_facts_change_no_decision(service: Service) -> None:
    for case in ALL_CASES:
        asked_for = _without(case.facts, READABLE - service.reads)
        assert assess_each(service.code, asked_for, case.on) == assess_each(service.code, case.facts, case.on)
        check_between_fields(asked_for)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.code)
def test_unread_facts_change_no_schedule(service: Service) -> None:
    for case in _cases_of(service):
        asked_for = _without(case.facts, READABLE - service.reads)
        assert schedule(service.code, asked_for, case.on) == schedule(service.code, case.facts, case.on)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.code)
def test_every_fact_that_is_read_is_needed(service: Service) -> None:
    for name in service.reads - {OF_ANY_SERVICE}:
        assert any(_changes(service.code, case, name) for case in _cases_of(service)), f"{name} is asked for in vain"


def test_the_status_of_a_kandas_is_needed() -> None:
    assert any(_changes(case.service, case, OF_ANY_SERVICE) for case in ALL_CASES)


def _changes(code: str, case: LawCase, name: str) -> bool:
    """Whether the decision of the case is another one, or the facts cannot be, without this field."""
    less = _without(case.facts, frozenset({name}))
    try:
        check_between_fields(less)
    except BadFacts:
        return True
    return assess_each(code, less, case.on) != assess_each(code, case.facts, case.on)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.code)
def test_a_service_that_is_offered_is_opened_by_an_event(service: Service) -> None:
    assert service.offered
    assert service.events


def test_a_rule_that_reads_no_field_of_the_facts_is_refused() -> None:
    rule = benefit("burial").rule
    with pytest.raises(ValueError, match="burial: Facts has no field horoscope that a rule may read"):
        Rule("burial", rule.subjects, rule.decide, rule.nothing, frozenset({"horoscope"}), rule.takes)
