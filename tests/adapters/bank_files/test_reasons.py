"""The table of reasons: whole, one truth with what bars an account, and a mistake in it is named by file and line."""

from pathlib import Path

import pytest

from adapters.bank import ABOUT_THE_ACCOUNT, ABOUT_US
from adapters.reasons import LANGUAGES, REASONS, BadReasons, Cure, cure_of, read_reasons
from stubs.bank import REASONS as OF_THE_STUB


def test_what_is_about_the_account_is_what_another_account_cures() -> None:
    of_the_account = {
        *("AC01", "AC03", "AC04", "AC06", "AC07", "AC11", "AC14", "AC15", "AC16"),
        *("AG01", "AG03", "BE01", "BE06", "BE23", "CNOR", "RC01", "RC04", "RC07"),
    }
    assert of_the_account == ABOUT_THE_ACCOUNT
    assert of_the_account == {code for code, reason in REASONS.items() if reason.cure is Cure.ANOTHER_ACCOUNT}


def test_what_is_about_the_debtors_account_bars_no_creditors() -> None:
    """They name the debtor, its account or its bank, which is us: the person was asked for another account."""
    ours = {code for code, reason in REASONS.items() if "payer" in reason.meaning["en"] or code == "BE05"}
    assert ours == ABOUT_US
    assert {"AC02", "AC05", "AC10", "AC13", "AM04"} < ABOUT_US
    assert {REASONS[code].cure for code in ABOUT_US} == {Cure.PAY_AGAIN}


def test_every_code_that_we_know_of_stands_in_it() -> None:
    known = {*OF_THE_STUB, *("AM04", "AM05", "AC13", "MS03", "FOCR", "DUPL", "AM10", "AM18", "DU01", "AC16", "MD06")}
    assert known <= REASONS.keys()
    for reason in REASONS.values():
        assert set(reason.meaning) == set(LANGUAGES)
        assert (reason.after_days is not None) == (reason.times is not None) == (reason.cure is Cure.PAY_AGAIN)


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        ("AC04", Cure.ANOTHER_ACCOUNT),
        ("AM04", Cure.PAY_AGAIN),
        ("AM05", Cure.NOTHING),
        ("DUPL", Cure.NOTHING),
        ("MS03", Cure.OPERATOR),
        ("ZZ99", Cure.OPERATOR),
        (None, Cure.OPERATOR),
    ],
)
def test_the_cure(code: str | None, cure: Cure) -> None:
    assert cure_of(code) is cure


GOOD = "AC04:\n  cure: another_account\n  meaning: {kk: a, ru: b, en: c}\n"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "r.yaml:1: a table of codes is needed"),
        ("a: [", "r.yaml:1: no YAML"),
        (GOOD + GOOD, "r.yaml:4: AC04 is given twice"),
        ("- AC04\n", "r.yaml:1: codes: members with names are needed"),
        ("ac4:\n  cure: operator\n", "r.yaml:1: a code of ISO 20022 has four capital letters or digits"),
        (
            GOOD + "AM04:\n  cure: later\n",
            "r.yaml:4: AM04 needs a cure, one of: another_account, pay_again, operator, nothing",
        ),
        (GOOD + "AM04:\n  cure: nothing\n  why: x\n", "r.yaml:6: AM04 has no member why"),
        (
            "AM05:\n  cure: nothing\n  meaning: {kk: a, ru: b}\n",
            "r.yaml:1: AM05 needs a meaning in each of: kk, ru, en",
        ),
        (
            GOOD.replace("another_account", "pay_again"),
            "r.yaml:1: AC04: after_days and times belong to pay_again, both of them, and to no other cure",
        ),
        (GOOD + "  ours: true\n", "r.yaml:1: AC04: ours is true, or left out, and belongs to pay_again"),
        (GOOD + "  after_days: 0\n", "r.yaml:4: AC04: after_days is a number from 1 to 99"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(tmp_path: Path, text: str, error: str) -> None:
    file = tmp_path / "r.yaml"
    file.write_text(text)
    with pytest.raises(BadReasons) as caught:
        read_reasons(file)
    assert str(caught.value) == error
