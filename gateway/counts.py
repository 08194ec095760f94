"""What comes in at the gateway, counted: replies and receipts by operator, events by kind, cases by service."""

from temporalio.common import MetricMeter


class Counts:
    """The counters; without a meter nothing is kept."""

    def __init__(self, meter: MetricMeter = MetricMeter.noop) -> None:
        count = meter.create_counter
        self._replies = count("demeu_replies", "SMS from people, by operator: stored, or doubled")
        self._receipts = count("demeu_sms_receipts", "delivery receipts, by operator and result; doubled ones too")
        self._events = count("demeu_events", "events of registries that were accepted, by kind")
        self._opened = count("demeu_cases_opened", "cases that an event has opened, by service")

    def reply(self, operator: str, became: str) -> None:
        self._replies.add(1, {"operator": operator, "result": became})

    def receipt(self, operator: str, *, delivered: bool) -> None:
        self._receipts.add(1, {"operator": operator, "result": "delivered" if delivered else "failed"})

    def event(self, kind: str) -> None:
        self._events.add(1, {"kind": kind})

    def opened(self, service: str) -> None:
        self._opened.add(1, {"service": service})
