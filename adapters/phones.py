"""Telephone numbers as people and operators write them."""

import re

import phonenumbers

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def phone_number(text: str) -> str:
    """A telephone number in E.164, also from the ways in which it is written at home. Raises ValueError."""
    try:
        number = phonenumbers.parse(text, "KZ")
    except phonenumbers.NumberParseException:
        raise ValueError("a telephone number in E.164, as +77011234567") from None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    # Some countries' numbers may be longer than E.164 has digits, and no SMS could be sent there.
    if not possible or not _E164.fullmatch(e164):
        raise ValueError("a telephone number in E.164, as +77011234567")
    return e164
