"""The outside world as the settings describe it: the clients of other bodies' systems, opened and closed together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from temporalio.common import MetricMeter

from activities import World
from activities.payer import Payer
from adapters.bank import HttpBank
from adapters.bank_files import BankFiles, Debtor, HttpBankFiles
from adapters.bodies import HttpDecidingBody, HttpEMaket
from adapters.gate import Gate, OnChange, nobody
from adapters.http import HttpSystem
from adapters.registries import Registries
from adapters.sms import SYSTEM, SmppCentre
from card import Card
from runtime.counting import CountedCentre
from runtime.settings import Agency, Settings
from workflows.model import QuietHours


@asynccontextmanager
async def sms_centre(settings: Settings, gate: Gate | None = None) -> AsyncIterator[SmppCentre]:
    """The SMS centre, to send through; it binds by itself and stays bound."""
    link = settings.smpp()
    centre = SmppCentre(
        link.host,
        link.port,
        link.system_id,
        link.password.get_secret_value(),
        source=settings.sms_sender,
        answer_within=timedelta(seconds=settings.call_seconds),
        gate=gate,
        operator=settings.smpp_operator,
        about_the_number=settings.smpp_number_statuses,
    )
    async with centre:
        yield centre


def agency(settings: Settings, name: Agency, on_change: OnChange = nobody) -> HttpSystem:
    """A body's system, to be opened. Raises SettingsError where it is not set."""
    endpoint = settings.agency(name)
    return HttpSystem(
        name,
        endpoint.url,
        token=endpoint.token.get_secret_value() if endpoint.token else None,
        deadline=timedelta(seconds=settings.call_seconds),
        gate=Gate(name, on_change=on_change),
    )


def debtor(settings: Settings) -> Debtor | None:
    """The account that months are paid from; None where nobody pays here."""
    name, bin_, iban, bic = settings.payer_name, settings.payer_bin, settings.payer_iban, settings.payer_bic
    if name is None or bin_ is None or iban is None or bic is None:
        return None
    return Debtor(name=name, bin=bin_, iban=iban, bic=bic)


def _payer(settings: Settings, files: BankFiles) -> Payer | None:
    """Who pays month by month; None where nobody is set."""
    pays, fund = debtor(settings), settings.payer_fund_iban
    return None if pays is None or fund is None else Payer(files, pays, fund)


@asynccontextmanager
async def open_world(
    settings: Settings, on_change: OnChange = nobody, meter: MetricMeter = MetricMeter.noop
) -> AsyncIterator[World]:
    """Everything that the steps of a case work with. Raises SettingsError naming what is not set.

    `on_change` is told when the gate before a body's system shuts or opens: for the metrics. SMS parts are
    counted on `meter`.
    """
    async with AsyncExitStack() as held:

        async def system(name: Agency) -> HttpSystem:
            return await held.enter_async_context(agency(settings, name, on_change))

        card = Card(settings.database_url.get_secret_value(), pool_size=settings.database_connections)
        held.push_async_callback(card.close)
        quiet, bank = settings.quiet_hours, await system(Agency.BANK)
        centre = await held.enter_async_context(sms_centre(settings, Gate(SYSTEM, on_change=on_change)))
        yield World(
            card=card,
            registries=Registries.over(await system(Agency.REGISTRIES)),
            emaket=HttpEMaket(await system(Agency.EMAKET)),
            body=HttpDecidingBody(await system(Agency.BODY)),
            bank=HttpBank(bank),
            payer=_payer(settings, HttpBankFiles(bank)),
            sms=CountedCentre(centre, settings.smpp_operator, meter),
            quiet_hours=QuietHours(
                start=quiet.start.hour * 60 + quiet.start.minute, end=quiet.end.hour * 60 + quiet.end.minute
            )
            if quiet
            else None,
            ask_again=timedelta(seconds=settings.ruling_poll_seconds),
        )
