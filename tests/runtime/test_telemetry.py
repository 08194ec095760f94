"""Nothing that has the shape of an IIN, an account or a phone number gets into a log, whoever writes it."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from runtime.telemetry import configure_logging, redact, redact_value

IIN = "880101400123"
IBAN = "KZ86125KZT5004100100"
PHONE = "+77011234567"


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator["Logs"]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield Logs(capsys)
    root.handlers[:], root.level = before
    structlog.reset_defaults()


@dataclass
class Logs:
    capsys: pytest.CaptureFixture[str]

    def start(self) -> None:
        """Within the test: pytest gives every phase a stdout of its own."""
        configure_logging("INFO")

    def read(self) -> tuple[str, list[dict[str, object]]]:
        text = self.capsys.readouterr().out
        return text, [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"person {IIN} has a right", "person <iin> has a right"),
        (f"iin={IIN}", "iin=<iin>"),
        (f"GET /persons/v1/{IIN}", "GET /persons/v1/<iin>"),
        (f"to {IBAN}.", "to <iban>."),
        (f"to {IBAN.lower()}", "to <iban>"),
        ("to KZ86 125K ZT50 0410 0100", "to <iban>"),
        (f"sms to {PHONE}!", "sms to <phone>!"),
        ("sms to +7 (701) 123-45-67", "sms to <phone>"),
        ("source 77011234567", "source <phone>"),
        ("source 87011234567", "source <phone>"),
        (f"{IIN},{IIN}", "<iin>,<iin>"),
        ("case multi-child/4827-1031-6 on 2025-03-01", "case multi-child/4827-1031-6 on 2025-03-01"),
        ("78798.00 tenge at 1763770000.123", "78798.00 tenge at 1763770000.123"),
        ("1234567890123 is too long", "1234567890123 is too long"),
    ],
)
def test_shapes(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@given(st.text(alphabet="0123456789 ab,+-/", max_size=12), st.from_regex(r"\A[0-9]{12}\Z"))
def test_no_iin_survives_between_other_words(around: str, iin: str) -> None:
    assert iin not in redact(f"{around} {iin} {around}")


def test_values_of_any_depth_and_kind() -> None:
    class Person:
        def __str__(self) -> str:
            return f"Person({IIN})"

    redacted = redact_value(
        {"a": [{"b": (IIN, int(IIN))}, Person(), IIN.encode()], IIN: 1, "n": 78798, "t": True, "f": 0.5}
    )
    assert redacted == {
        "a": [{"b": ["<iin>", "<iin>"]}, "Person(<iin>)", "<iin>"],
        "<iin>": 1,
        "n": 78798,
        "t": True,
        "f": 0.5,
    }


def test_our_own_records(logs: Logs) -> None:
    logs.start()
    structlog.get_logger("demeu.test").info("offer sent", phone=PHONE, case="multi-child/4827-1031-6")
    _, (record,) = logs.read()
    assert record["event"] == "offer sent"
    assert record["phone"] == "<phone>"
    assert record["case"] == "multi-child/4827-1031-6"
    assert record["level"] == "info"
    assert record["logger"] == "demeu.test"
    assert "timestamp" in record


def test_records_of_libraries_with_their_arguments_and_extras(logs: Logs) -> None:
    logs.start()
    logging.getLogger("temporalio.activity").warning(
        "failing %s", IIN, extra={"temporal_activity": {"workflow_id": "childbirth/1", "input": [IBAN]}}
    )
    text, (record,) = logs.read()
    assert record["event"] == "failing <iin>"
    assert record["temporal_activity"] == {"workflow_id": "childbirth/1", "input": ["<iban>"]}
    assert IIN not in text
    assert IBAN not in text


def test_stack_traces(logs: Logs) -> None:
    logs.start()
    try:
        raise ValueError(f"no account {IBAN} of {IIN}")
    except ValueError:
        logging.getLogger("temporalio.worker").exception("activity of %s failed", PHONE)
    text, (record,) = logs.read()
    assert "ValueError: no account <iban> of <iin>" in str(record["exception"])
    assert not [secret for secret in (IIN, IBAN, PHONE) if secret in text]


def test_kazakh_stays_readable(logs: Logs) -> None:
    logs.start()
    structlog.get_logger().info("Сізге көмек тиесілі")
    text, _ = logs.read()
    assert "Сізге көмек тиесілі" in text


def test_the_addresses_of_outside_calls_are_not_logged(logs: Logs) -> None:
    logs.start()
    logging.getLogger("httpx").info("HTTP Request: GET http://registries/persons/v1/%s", IIN)
    assert logs.read() == ("", [])
