"""Account numbers as people type them. KZ86125KZT5004100100 is the IBAN registry's own example."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialogue import Meaning, Understanding, find_account, understand

EXAMPLE = "KZ86125KZT5004100100"


def iban(bank: str, account: str) -> str:
    """A Kazakh IBAN with its check digits (ISO 7064, mod 97-10)."""
    digits = "".join(str(int(letter, 36)) for letter in f"{bank}{account}KZ00")
    return f"KZ{98 - int(digits) % 97:02d}{bank}{account}"


OTHER = iban("722", "C000012345678")


@pytest.mark.parametrize(
    "text",
    [
        EXAMPLE,
        EXAMPLE.lower(),
        "KZ86 125K ZT50 0410 0100",
        "kz86 125k zt50 0410 0100",
        "KZ 86 125 KZT 5004100100",
        "KZ86-125K-ZT50-0410-0100",
        "KZ86.125K.ZT50.0410.0100",
        "KZ86\u00a0125K\u00a0ZT50\u00a00410\u00a00100",
        "KZ86125KZT\n5004100100",
        "КZ86125КZТ5004100100",  # Cyrillic К and Т
        "кz86125кzт5004100100",
        "КЗ86125KZT5004100100",  # КЗ as one reads it aloud
        "KZ86125KZT5OO41OO1OO",  # letters O for zeros
        "KZ86125KZT5ОО41ОО1ОО",  # the same, Cyrillic
        "KZ８６125KZT5004100100",  # full-width figures
        "мой счёт KZ86125KZT5004100100",
        "Счет: KZ86125KZT5004100100, каспи",
        "Менің шотым KZ86125KZT5004100100",
        "iban KZ86125KZT5004100100.",
        "KZ86125KZT5004100100?",
        "KZ86125KZT5004100100 KZ86125KZT5004100100",
        "вот мой счет в банке KZ86125KZT5004100100 Иванова",
        "😊KZ86125KZT5004100100",
    ],
)
def test_an_account_is_found(text: str) -> None:
    assert understand(text) == Understanding(Meaning.ACCOUNT, None, EXAMPLE)


SIGNS = st.text(st.characters(categories=["Pd", "Po", "Zs", "Cf"]), max_size=2)


@given(SIGNS)
@example("\u00ad")
@example(" \u2013 ")
@example("\u2015")
@example("\u00b7")
@example("\u3164")
@example("     ")
@settings(max_examples=200, deadline=None)
def test_whatever_sign_parts_its_groups_an_account_is_found(sign: str) -> None:
    typed = sign.join(EXAMPLE[start : start + 4] for start in range(0, 20, 4))
    assert understand(typed).iban == EXAMPLE
    assert understand(f"иә {typed}") == Understanding(Meaning.YES, None, EXAMPLE)


def test_the_number_of_the_question_stays_beside_the_account() -> None:
    assert understand(f"2 {EXAMPLE}") == Understanding(Meaning.ACCOUNT, 2, EXAMPLE)
    assert understand(f"{EXAMPLE} 2") == Understanding(Meaning.ACCOUNT, 2, EXAMPLE)


@pytest.mark.parametrize(
    "text", [f"да {EXAMPLE}", f"Иә, шотым {EXAMPLE}", f"{EXAMPLE} согласна", f"да мой счёт {EXAMPLE}"]
)
def test_a_yes_may_bring_the_account(text: str) -> None:
    assert understand(text) == Understanding(Meaning.YES, None, EXAMPLE)


@pytest.mark.parametrize(
    "text", [f"да а можно на {EXAMPLE}", f"да если {EXAMPLE}", f"да? {EXAMPLE}", f"да потом {EXAMPLE}"]
)
def test_a_doubtful_yes_is_only_an_account(text: str) -> None:
    assert understand(text) == Understanding(Meaning.ACCOUNT, None, EXAMPLE)


@pytest.mark.parametrize(
    "text",
    [
        f"нет {EXAMPLE}",
        f"это не мой счет {EXAMPLE}",
        f"{EXAMPLE} бұл менің шотым емес",
        f"{EXAMPLE} или {OTHER}",
        f"{EXAMPLE}, {OTHER}",
        f"отказ {EXAMPLE}",
    ],
)
def test_an_account_that_is_denied_or_not_the_only_one_is_unclear(text: str) -> None:
    assert understand(text) == Understanding(Meaning.UNCLEAR, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "KZ86125KZT5004100101",  # a wrong figure
        "KZ86125KZT500410010",  # too short
        "KZ86125KZT50041001000",  # too long
        "KZ68125KZT5004100100",  # two figures exchanged
        "KZ00125KZT5004100100",
        "KZ86 125 KZT 5004",
        "КЗ86125KZT500410",
        "мой счет kz86125kzt50041001",
        "4400 4301 2345 6789",  # a card
        "4400430123456789",
        "да KZ86125KZT5004100101",
        "DE89370400440532013000",
    ],
)
def test_a_mistyped_account_is_known_as_such(text: str) -> None:
    assert understand(text) == Understanding(Meaning.ACCOUNT, None, None)


@pytest.mark.parametrize("text", ["KZ", "kz", "KZ 1", "Казахстан", "+7 701 123 45 67", "061211600012", "кз"])
def test_what_is_no_account(text: str) -> None:
    assert understand(text).meaning is Meaning.UNCLEAR
    assert find_account(text).ibans == ()


def test_an_unknown_bank_is_no_reason_to_reject() -> None:
    unheard_of = iban("999", "0000000000001")
    assert understand(unheard_of).iban == unheard_of


def test_nothing_personal_in_repr() -> None:
    assert "5004100100" not in repr(understand(EXAMPLE))
    assert "5004100100" not in repr(find_account(EXAMPLE))


@given(
    st.from_regex(r"[0-9]{3}", fullmatch=True),
    st.from_regex(r"[0-9A-NP-Z]{12}[0-9]", fullmatch=True),
    st.sampled_from(["", " ", "-", "\u00a0"]),
    st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_every_valid_account_is_found_and_no_other(bank: str, account: str, gap: str, small: bool) -> None:
    right = iban(bank, account)
    typed = gap.join(right[start : start + 4] for start in range(0, 20, 4))
    understood = understand(typed.lower() if small else typed)
    assert understood == Understanding(Meaning.ACCOUNT, None, right)
    wrong = f"{right[:-1]}{'1' if right[-1] != '1' else '2'}"
    assert understand(wrong) == Understanding(Meaning.ACCOUNT, None, None)
