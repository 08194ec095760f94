"""The contract of the registries, and of what E-Maket and the bank can be asked: whoever answers must answer so."""

from datetime import date

import pytest

from adapters.bank import AccountState
from adapters.bodies import PaymentState
from adapters.errors import Refused
from adapters.registries.records import DisabilityGroup, Language, Relation, Sex
from tests.adapters.outside import AIGUL, CHILD, DAULET, DAULETS, FIRST, PHONE, SECOND, STRANGER, Outside, aigul, daulet


async def test_person(outside: Outside) -> None:
    await outside.cast(aigul())
    person = await outside.registries.persons.person(AIGUL)
    assert (person.iin, person.given_name, person.patronymic) == (AIGUL, "Айгүл", None)
    assert (person.birth_date, person.sex, person.language) == (date(1985, 3, 12), Sex.FEMALE, Language.KAZAKH)
    assert person.permanent_resident
    assert person.died_on is None


async def test_unknown_person_is_refused(outside: Outside) -> None:
    with pytest.raises(Refused) as caught:
        await outside.registries.persons.person(STRANGER)
    assert caught.value.code == "unknown_person"


async def test_family_is_the_same_from_both_parents(outside: Outside) -> None:
    child = {"iin": CHILD, "birth_date": "2018-09-05", "sex": "female", "father_iin": DAULET, "birth_order": 2}
    await outside.cast(aigul(children=[child]), daulet())
    mothers, fathers = await outside.registries.civil.family(AIGUL), await outside.registries.civil.family(DAULET)
    assert mothers.children == fathers.children
    (found,) = mothers.children
    assert (found.mother_iin, found.father_iin, found.lives_with) == (AIGUL, DAULET, AIGUL)
    assert (found.birth_order, found.relation, found.born_alive) == (2, Relation.BORN, True)
    assert found.birth_record
    assert CHILD not in found.birth_record


async def test_family_of_a_guardian_and_of_nobody(outside: Outside) -> None:
    ward = {"iin": CHILD, "birth_date": "2018-09-05", "sex": "female", "relation": "guardianship"}
    await outside.cast(aigul(children=[ward]))
    (found,) = (await outside.registries.civil.family(AIGUL)).children
    assert (found.mother_iin, found.relation, found.lives_with) == (None, Relation.GUARDIANSHIP, AIGUL)
    assert (await outside.registries.civil.family(STRANGER)).children == ()


async def test_a_new_document_replaces_the_old(outside: Outside) -> None:
    await outside.cast(aigul())
    await outside.cast(aigul(children=[], phone=None, accounts=[]))
    assert (await outside.registries.civil.family(AIGUL)).children == ()
    assert await outside.registries.mobile.phone(AIGUL) is None
    assert await outside.bank.accounts(AIGUL) == ()


async def test_disability_decisions_come_oldest_first(outside: Outside) -> None:
    newer = {"number": "D-2", "group": "II", "from_date": "2025-01-10", "decided_on": "2025-01-12"}
    older = {
        "number": "D-1",
        "group": "III",
        "from_date": "2023-01-10",
        "until": "2025-01-10",
        "decided_on": "2023-01-12",
    }
    await outside.cast(aigul(disability=[newer, older]))
    decisions = await outside.registries.disability.decisions(AIGUL)
    assert [decision.number for decision in decisions] == ["D-1", "D-2"]
    assert (decisions[0].until, decisions[1].group) == (date(2025, 1, 10), DisabilityGroup.SECOND)
    assert await outside.registries.disability.decisions(STRANGER) == ()


async def test_phone_or_none(outside: Outside) -> None:
    await outside.cast(aigul())
    assert await outside.registries.mobile.phone(AIGUL) == PHONE
    assert await outside.registries.mobile.phone(STRANGER) is None


async def test_existing_payments_of_the_service_only(outside: Outside) -> None:
    paying = {"service": "multi-child", "basis": AIGUL, "from_date": "2024-01-01"}
    paid = {
        "service": "childbirth",
        "basis": "ACT-1",
        "from_date": "2018-09-05",
        "until": "2018-09-05",
        "state": "paid",
    }
    await outside.cast(aigul(payments=[paying, paid]))
    (found,) = await outside.emaket.payments(AIGUL, "childbirth")
    assert (found.basis, found.state, found.until) == ("ACT-1", PaymentState.PAID, date(2018, 9, 5))
    assert await outside.emaket.payments(AIGUL, "disability") == ()


async def test_accounts_in_order_and_whose_they_are(outside: Outside) -> None:
    closed = {"iban": SECOND, "bank": "Second Bank", "state": "closed"}
    await outside.cast(aigul(accounts=[{"iban": FIRST, "bank": "First Bank"}, closed]), daulet())
    first, second = await outside.bank.accounts(AIGUL)
    assert (first.iban, first.bank, first.state, first.own) == (FIRST, "First Bank", AccountState.OPEN, True)
    assert (second.iban, second.state) == (SECOND, AccountState.CLOSED)
    another = await outside.bank.account(AIGUL, DAULETS)
    assert another is not None
    assert (another.own, another.state) == (False, AccountState.OPEN)
    assert await outside.bank.account(AIGUL, "KZ120000000000000009") is None


async def test_an_iin_that_is_none_is_refused_with_field_and_rule(outside: Outside) -> None:
    with pytest.raises(Refused) as caught:
        await outside.registries.persons.person("12345")
    assert caught.value.code == "invalid_request"
    assert caught.value.extra["errors"] == [{"field": "iin", "rule": "twelve digits"}]
