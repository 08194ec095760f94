"""The contract of E-Maket and of the deciding body: one number a key, one file a number, and what is not known."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adapters.bodies import Application, CaseFile, HttpDecidingBody, HttpEMaket, RulingState
from adapters.errors import Unclear

pytestmark = pytest.mark.contract
New = Callable[[str], str]


def form(person: Mapping[str, str], new: New) -> Application:
    return Application(
        case_ref=new("case"),
        service=person["service"],
        iin=person["iin"],
        applied_on=datetime.now(UTC).date(),
        computed_amount=Decimal("78798.00"),
        consent_ref=new("consent"),
    )


async def test_payments_are_told_by_service(emaket: HttpEMaket, person: Mapping[str, str]) -> None:
    found = await emaket.payments(person["iin"], person["service"])
    assert {one.service for one in found} <= {person["service"]}


async def test_an_application_is_registered_once_and_found_by_its_key(
    emaket: HttpEMaket, person: Mapping[str, str], new: New
) -> None:
    key, application = new("register"), form(person, new)
    assert await emaket.registration(key) is None
    first = await emaket.register(key, application)
    assert await emaket.register(key, application) == first
    assert await emaket.registration(key) == first
    with pytest.raises(Unclear) as caught:
        await emaket.register(key, application.model_copy(update={"service": "another"}))
    assert caught.value.code == "key_reused"
    assert (await emaket.register(new("register"), form(person, new))).number != first.number


async def test_a_file_is_taken_once_and_decided_now_or_later(
    body: HttpDecidingBody, person: Mapping[str, str], new: New
) -> None:
    key, number = new("assign"), new("number")
    file = CaseFile(
        application_number=number,
        service=person["service"],
        iin=person["iin"],
        computed_amount=Decimal("78798.00"),
        applied_on=datetime.now(UTC).date(),
    )
    assert await body.ruling(number) is None
    first = await body.submit(key, file)
    assert first.application_number == number
    again, found = await body.submit(key, file), await body.ruling(number)
    assert found is not None
    if first.state is not RulingState.PENDING:
        assert first == again == found, "a decision stays as it was made"
    with pytest.raises(Unclear) as caught:
        await body.submit(key, file.model_copy(update={"computed_amount": Decimal("1.00")}))
    assert caught.value.code == "key_reused"
