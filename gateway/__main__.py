"""`python -m gateway`: the HTTP side and the receiving end of the SMS link, in one process, until SIGTERM."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import uvicorn

from adapters.registries.clients import HttpMobileDatabase
from adapters.sms import IncomingSms, Receipt, ReceiptState, SmppInbox
from card import Card
from desk.opening import Opening
from gateway.app import Parts, gateway_app
from gateway.connections import server_config
from gateway.counts import Counts
from gateway.refusals import Refusals
from gateway.relay import Relay
from gateway.traced import TracedRequests
from runtime.counting import CountedCentre
from runtime.program import program
from runtime.settings import Agency, Settings
from runtime.telemetry import (
    attention_metric,
    key_metric,
    law_metric,
    refusal_metric,
    regions_metric,
    temporal_runtime,
)
from runtime.temporal import connect
from runtime.tracing import Tracing, tracing
from runtime.world import agency, sms_centre


@asynccontextmanager
async def serving(settings: Settings, relay: Relay) -> AsyncIterator[None]:
    """While it serves: the SMS link is bound to receive, and the relay brings on what has come."""

    async def sms(incoming: IncomingSms) -> None:
        await relay.reply(
            f"smpp:{incoming.external_id}",
            incoming.phone,
            incoming.text,
            incoming.received_at,
            complete=incoming.complete,
        )

    async def receipt(receipt: Receipt) -> None:
        if receipt.final:
            delivered = receipt.state is ReceiptState.DELIVERED
            await relay.receipt(
                receipt.smsc_message_id, delivered=delivered, at=receipt.at, operator=settings.smpp_operator
            )

    link = settings.smpp()
    inbox = SmppInbox(
        link.host, link.port, link.system_id, link.password.get_secret_value(), on_sms=sms, on_receipt=receipt
    )
    running = asyncio.create_task(relay.run(), name="relay")
    try:
        async with inbox:
            yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    with tracing(settings, "gateway") as traced:
        await _serve(settings, traced)


async def _serve(settings: Settings, traced: Tracing) -> None:
    runtime = temporal_runtime(settings.gateway_metrics_bind)
    client = await connect(settings, runtime=runtime, interceptors=traced.interceptors)
    refusals = Refusals(refusal_metric(runtime))
    card = Card(settings.database_url.get_secret_value(), pool_size=settings.database_connections)
    traced.statements_of(card)
    opening = Opening(card, client, settings.task_queue)
    async with sms_centre(settings) as sending, agency(settings, Agency.REGISTRIES) as registries:
        centre = CountedCentre(sending, settings.smpp_operator, runtime.metric_meter)
        lags = {name: timedelta(seconds=lag) for name, lag in settings.gateway_sms_clock_lags.items()}
        relay = Relay(card, client, centre, opening, HttpMobileDatabase(registries), lags=lags)
        relay.reconciler.tell_key, relay.reconciler.tell_law = key_metric(runtime), law_metric(runtime)
        relay.reconciler.tell_regions = regions_metric(runtime)
        relay.attentions.tell, relay.counts = attention_metric(runtime), Counts(runtime.metric_meter)
        app = gateway_app(settings, Parts(card, client, opening, relay), serving(settings, relay), refusals)
        if traced.tracer is not None:
            app.add_middleware(TracedRequests, tracer=traced.tracer, routes=frozenset(app.openapi()["paths"]))
        await uvicorn.Server(server_config(app, settings, refusals)).serve()
    await card.close()


if __name__ == "__main__":
    program(run)
