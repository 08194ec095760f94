"""pain.001: valid by the official schema, nothing of a payment is lost, and what was not declared is no file."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.bank_files import Alphabet, BadBatch, Order, fit, write_initiation
from tests.adapters.bank_files.files import BIC, DAY, PAYER, as_classes, broken_rules, head, initiation, order

MESSAGE = "pain.001.001.09"
LETTERS = "АӘБВГҒДЕЁЖЗИЙКҚЛМНҢОӨПРСТУҰҮФХҺЦЧШЩЪЫІЬЭЮЯаәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
REFERENCES = st.from_regex(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,16}", fullmatch=True)
ORDERS = st.lists(
    st.builds(
        Order,
        end_to_end_id=REFERENCES,
        amount=st.decimals("0.01", "99999999999.99", places=2),
        iban=st.from_regex(r"KZ[0-9]{2}[A-Z0-9]{16}", fullmatch=True),
        iin=st.from_regex(r"[0-9]{12}", fullmatch=True),
        name=st.text(LETTERS + "ABCxyz -.'", min_size=1, max_size=140).filter(lambda name: name == name.strip()),
        purpose_code=st.from_regex(r"[0-9]{3}", fullmatch=True),
        text=st.none() | st.text(LETTERS + "0123456789", min_size=1, max_size=140),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one.end_to_end_id,
)


def read(raw: bytes) -> list[Order]:
    """The payments, by the library's classes instead of ours."""
    (payment,) = as_classes(raw, MESSAGE).cstmr_cdt_trf_initn.pmt_inf
    return [
        Order(
            end_to_end_id=one.pmt_id.end_to_end_id,
            amount=one.amt.instd_amt.value,
            iban=one.cdtr_acct.id.iban,
            iin=one.cdtr.id.prvt_id.othr[0].id,
            name=one.cdtr.nm,
            purpose_code=one.purp.prtry,
            text=one.rmt_inf.ustrd[0] if one.rmt_inf else None,
        )
        for one in payment.cdt_trf_tx_inf
    ]


@settings(max_examples=60, deadline=None)
@given(ORDERS, st.sampled_from(Alphabet))
def test_what_is_written_is_valid_and_is_what_was_meant(orders: list[Order], alphabet: Alphabet) -> None:
    names = [fit(one.name, alphabet) for one in orders]
    texts = [fit(one.text or "", alphabet) for one in orders]
    if max(map(len, names + texts)) > 140:
        with pytest.raises(BadBatch):
            initiation(orders, alphabet)
        return
    raw = initiation(orders, alphabet)
    assert broken_rules(raw, MESSAGE) == []
    meant = [
        one.model_copy(update={"name": fit(one.name, alphabet), "text": one.text and fit(one.text, alphabet)})
        for one in orders
    ]
    assert read(raw) == meant
    if alphabet is Alphabet.CYRILLIC:
        assert read(raw) == orders


def test_the_head_says_who_pays_when_and_how_much() -> None:
    orders = [order(1, amount="0.01"), order(2, amount="69330.50")]
    whole = as_classes(initiation(orders), MESSAGE).cstmr_cdt_trf_initn
    (payment,) = whole.pmt_inf
    assert (whole.grp_hdr.nb_of_txs, whole.grp_hdr.ctrl_sum) == ("2", Decimal("69330.51"))
    assert (payment.nb_of_txs, payment.ctrl_sum, payment.btch_bookg) == ("2", Decimal("69330.51"), False)
    assert date.fromisoformat(str(payment.reqd_exctn_dt.dt)) == DAY
    assert payment.dbtr.nm == "Әлеуметтік сақтандыру қоры"
    assert (payment.dbtr_acct.id.iban, payment.dbtr_agt.fin_instn_id.bicfi) == (PAYER, BIC)


def test_what_is_not_what_was_declared_is_no_file() -> None:
    orders = [order(1), order(2)]
    for declared in ({"count": 3}, {"total": "1.00"}):
        with pytest.raises(BadBatch) as caught:
            write_initiation(head(orders, **declared), orders, BytesIO())
        assert caught.value.number == 0
    with pytest.raises(BadBatch, match="payment 2: its end_to_end_id"):
        initiation([order(1), order(1)])


def test_an_error_tells_of_nobody() -> None:
    long = order(7, name="Щ" * 139)
    with pytest.raises(BadBatch) as caught:
        initiation([long], Alphabet.LATIN)
    assert str(caught.value) == "payment 1: a name or text has more than 140 letters in the bank's alphabet"
    shown = repr(order()) + repr(head([order()]))
    assert not [secret for secret in ("KZ12", "000000000001", "Айгүл") if secret in shown]


@pytest.mark.parametrize(
    "members",
    [
        {"amount": "0.00"},
        {"amount": "1.001"},
        {"purpose_code": "42"},
        {"end_to_end_id": "a" * 36},
        {"end_to_end_id": "/a"},
        {"end_to_end_id": "ә"},
        {"end_to_end_id": "a "},
        {"iban": "KZ1"},
        {"name": ""},
    ],
)
def test_what_no_bank_takes_is_no_payment(members: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        order(**members)
