"""Finds a Kazakh account number (IBAN) in what a person typed: in groups, in small letters, with Cyrillic look-alikes.

Says only whether the number is well formed (length, check digits modulo 97, ISO 13616). Whether the account exists and
is the person's own is the bank's to say; a bank code is never a reason to reject, lists of banks grow stale.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

_LOOK_ALIKES: Final = str.maketrans("АВСЕНІКМОРТУХЅЈ", "ABCEHIKMOPTYXSJ")
_SEPARATOR: Final = r"[\W_]{0,8}"
"""What people, keyboards and apps put between the groups of a number: any signs that are no letters and no figures."""
_UNSEEN_LETTERS: Final = dict.fromkeys((0x115F, 0x1160, 0x3164, 0xFFA0))
"""Fillers of Korean, letters by their category, that some apps part groups with."""
_SHAPED: Final = re.compile(rf"(?<![A-ZА-Я0-9])[KК]{_SEPARATOR}[ZЗ](?:{_SEPARATOR}[A-ZА-ЯІҚ0-9]){{18}}(?![A-ZА-Я0-9])")
_ATTEMPT: Final = re.compile(
    rf"(?<![A-ZА-Я0-9])[KК]{_SEPARATOR}[ZЗ]{_SEPARATOR}\d{{2}}(?:{_SEPARATOR}[A-ZА-Я]{{0,4}}\d+)+[A-ZА-Я0-9]*"
    r"|(?:\d[\s\-]?){15,}"
)


ACCOUNT_MARK: Final = "\ufffc"
"""Stands where the number stood in `FoundAccount.rest`."""


@dataclass(frozen=True)
class FoundAccount:
    """`ibans`: the distinct valid ones. `meant`: an account number was meant, valid or not. `rest`: the other words,
    with a mark in the place of each number.
    """

    ibans: tuple[str, ...] = field(repr=False)
    meant: bool
    rest: str = field(repr=False)


def find_account(text: str) -> FoundAccount:
    """Looks for account numbers; a card number or a mistyped IBAN is `meant` and gives no iban."""
    found: list[str] = []
    meant = False
    # A bank's app and a PDF leave signs between the groups that nobody sees.
    seen = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    rest = unicodedata.normalize("NFKC", seen.translate(_UNSEEN_LETTERS).replace("№", "#")).upper()

    def take(match: re.Match[str]) -> str:
        nonlocal meant
        meant = True
        iban = _valid(match[0])
        if iban is not None and iban not in found:
            found.append(iban)
        return f" {ACCOUNT_MARK} "

    rest = _ATTEMPT.sub(take, _SHAPED.sub(take, rest))
    return FoundAccount(tuple(found), meant, rest)


def _valid(shaped: str) -> str | None:
    bare = re.sub(r"[\W_]", "", shaped).translate(_LOOK_ALIKES)
    bare = "KZ" + bare[2:]
    for candidate in (bare, bare.replace("O", "0")):
        try:
            return str(IBAN(candidate))
        except SchwiftyException:
            continue
    return None
