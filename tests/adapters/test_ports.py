"""The clients are what the ports say: by mypy where `outside_at` hands them over, and here at run time."""

import inspect
from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from adapters import bank, bank_files, bodies
from adapters.http import HttpSystem
from adapters.registries import ports, records
from adapters.registries.clients import (
    HttpAssistanceRegistry,
    HttpAwardsRegistry,
    HttpCivilRegistry,
    HttpDeathsRegistry,
    HttpDisabilityDatabase,
    HttpKandasRegistry,
    HttpLabourMarket,
    HttpMobileDatabase,
    HttpPensionsRegistry,
    HttpPersonsRegistry,
    HttpSocialInsurance,
)
from adapters.sms.port import OutgoingSms
from tests.adapters.outside import AIGUL, FIRST, PHONE, application, transfer

CLIENTS = {
    ports.PersonsRegistry: HttpPersonsRegistry,
    ports.CivilRegistry: HttpCivilRegistry,
    ports.DisabilityDatabase: HttpDisabilityDatabase,
    ports.MobileDatabase: HttpMobileDatabase,
    ports.LabourMarket: HttpLabourMarket,
    ports.SocialInsurance: HttpSocialInsurance,
    ports.AwardsRegistry: HttpAwardsRegistry,
    ports.DeathsRegistry: HttpDeathsRegistry,
    ports.AssistanceRegistry: HttpAssistanceRegistry,
    ports.PensionsRegistry: HttpPensionsRegistry,
    ports.KandasRegistry: HttpKandasRegistry,
    bodies.EMaket: bodies.HttpEMaket,
    bodies.DecidingBody: bodies.HttpDecidingBody,
    bank.Bank: bank.HttpBank,
    bank_files.BankFiles: bank_files.HttpBankFiles,
}


@pytest.mark.parametrize(("port", "client"), CLIENTS.items(), ids=[port.__name__ for port in CLIENTS])
async def test_a_client_is_its_port(port: type, client: type) -> None:
    async with HttpSystem("there", "http://there") as system:
        assert isinstance(client(system), port)
    methods = [name for name in vars(port) if not name.startswith("_")]
    assert methods
    for name in methods:
        assert inspect.signature(getattr(client, name)) == inspect.signature(getattr(port, name))
        assert inspect.iscoroutinefunction(getattr(client, name))


def test_records_keep_persons_out_of_their_repr() -> None:
    shown = [
        application(),
        transfer(),
        bank.BankAccount(iban=FIRST, state=bank.AccountState.OPEN),
        OutgoingSms(key="k", phone=PHONE, parts=(f"to {AIGUL}",)),
        records.FamilyRecord(iin=AIGUL, children=()),
        records.AssistanceHousehold(iin=AIGUL, quarter=date(2024, 1, 1), members=(AIGUL,)),
        records.InsuranceRecord(iin=AIGUL, contribution_months=30, counted_on=date(2024, 1, 1)),
    ]
    for record in shown:
        assert not [value for value in (AIGUL, FIRST, PHONE) if value in repr(record) + str(record)]


def test_money_is_exact() -> None:
    assert '"amount":"78798.10"' in transfer(amount=Decimal("78798.1")).model_dump_json()
    for wrong in (78798.1, True, "1e400", "78798.001", Decimal("-1"), "NaN"):
        with pytest.raises(ValidationError):
            transfer(amount=wrong)


def test_rejecting_a_value_does_not_show_it() -> None:
    with pytest.raises(ValidationError) as caught:
        application(iin=f"{AIGUL}0")
    assert AIGUL not in str(caught.value)
