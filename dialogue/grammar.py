"""What a plain answer is built of: a yes or a no accounts for every word that was written, and all else is unclear.

The rules speak of sections of `words.yaml`, in order. A blank lets signs stand between (a comma, a full stop, a dash),
`,name` asks for such a sign before, `=name` for a colon or a dash, `~name` for none.
"""

import re
from enum import StrEnum
from functools import lru_cache

from dialogue.vocabulary import BUILT_IN, PAUSE, SAYS, sections


class Shape(StrEnum):
    """The rules by name; one may be used in those below it."""

    POLITE = "(?:thanks | thanks_kk | letter)"
    GREETING = "(?:greeting | greeting_kk)"
    HELLO = "(?:GREETING | thanks | thanks_kk)*"
    OPENING = "(?:HELLO letter? number?)"
    ANSWER = "(?:my_answer | answer | answer_kk)"
    FIGURE = "(?:question ~number | number)"

    CONSENT = "(?:yes | da | agreed | order | speaker? agree ~to_what? | speaker? to_what_before ~agree)"
    COMPANY = "(?:sure | alone | speaker? act)"
    FIRST = "(?:COMPANY | alone_first)"
    MORE = "(?:CONSENT | COMPANY | POLITE | sign | FIGURE)*"
    AFTER_YES = "(?:MORE (?:thanks_elder | plus+)?)"

    YES = (
        "(?:OPENING CONSENT AFTER_YES"
        " | GREETING* ANSWER (?:~(?:yes | da | agreed | agree) | =(?:yes | da | agreed | agree)) AFTER_YES"
        " | OPENING (?:yes | da)+ want FIGURE? POLITE*"
        " | letter? number? FIRST (?:POLITE | sign | FIGURE)*"
        " | letter? number? FIRST FIGURE? CONSENT AFTER_YES"
        " | GREETING+ (?:,sure | ,speaker act | ,act) (?:POLITE | CONSENT)*"
        " | letter? number? sign AFTER_YES"
        " | letter? bare"
        " | plus+ POLITE*)"
    )
    YES_WITH_ACCOUNT = (
        "(?:OPENING (?:CONSENT | COMPANY) MORE account* account_number POLITE*"
        " | HELLO account* account_number POLITE* speaker? agree POLITE*)"
    )

    WHAT = "(?:for_whom | benefit)"
    DECLINED = "(?:(?:for_whom (?:WHAT | money)* | benefit*) decline (?:~benefit | ~for_whom ~money*)*)"
    MYSELF = "(?:(?:speaker | WHAT | to_what_before)* decline_myself (?:~speaker | ~for_whom | ~benefit | ~to_what)*)"
    WITHOUT = "(?:(?:speaker | for_whom)? decline_alone)"
    BESIDE_NO = "(?:POLITE | no_sign | FIGURE)"

    NO = (
        "(?:OPENING (?:no | no_sign) (?:no | BESIDE_NO)*"
        " | OPENING (?:no (?:no | POLITE)*)? (?:DECLINED | MYSELF | WITHOUT)"
        " BESIDE_NO* (?:(?:DECLINED | MYSELF) BESIDE_NO*){0,2}"
        " | GREETING* (?:my_answer ~no | ANSWER =no) BESIDE_NO*"
        " | letter? number? refusal BESIDE_NO*"
        " | HELLO no+ ,refusal BESIDE_NO*"
        " | HELLO letter? (?:no+ speaker | speaker)? against BESIDE_NO*"
        " | letter? number? bare_no BESIDE_NO*)"
    )

    AMISS = (
        "(?:(?:greeting_kk | thanks_kk | answer_kk) ~(?:da | no | decline)"  # "too"; no greeting; no thanks needed
        " | (?:thanks | thanks_kk) ~decline_alone"
        " | (?:yes | da) (?:yes | da) alone | (?:yes | da) (?:yes | da) sure"  # irony: "да-да, конечно"
        " | (?:alone | alone_first | act) (?:yes | da)"  # asks to be told so: "болады, иә"
        " | (?:alone | alone_first | act | order | to_what | want) FIGURE"  # "хочу 2" wants two
        " | number (?:alone | alone_first | act | order) | number ~(?:decline | decline_alone))"
    )
    """Makes any answer unclear."""


@lru_cache(maxsize=1)
def _signs() -> dict[str, str]:
    """A sign of its own for each section, so that a rule is a regular expression over an answer's sections."""
    names = [*sections(), *BUILT_IN]
    return {name: chr(0xE000 + place) for place, name in enumerate(names)}


@lru_cache(maxsize=len(Shape))
def _compiled(rule: Shape) -> re.Pattern[str]:
    return re.compile(_expression(rule))


def _expression(rule: Shape) -> str:
    signs = _signs()

    def put(part: re.Match[str]) -> str:
        before, name = part.groups()
        if name in Shape.__members__:
            return _expression(Shape[name])
        pause, says = signs[PAUSE], signs[SAYS]
        gap = {"": f"[{pause}{says}]*", ",": f"[{pause}{says}]+", "=": says, "~": ""}[before]
        return f"(?:{gap}{signs[name]})"

    def group(opening: re.Match[str]) -> str:
        return re.sub(r"\w+", lambda name: f"{opening[1]}{name[0]}", f"(?:{opening[2]})")

    spread = re.sub(r"([,=~])\(\?:([^()]*)\)", group, rule.value)
    return re.sub(r"([,=~]?)([A-Za-z_]+)", put, spread).replace(" ", "")


def fits(rule: Shape, answer: tuple[str, ...]) -> bool:
    """Whether the whole answer, as sections, is built by the rule."""
    return _compiled(rule).fullmatch(_written(answer).rstrip(_signs()[PAUSE] + _signs()[SAYS])) is not None


def holds(rule: Shape, answer: tuple[str, ...]) -> bool:
    """Whether some part of the answer is built by the rule."""
    return _compiled(rule).search(_written(answer)) is not None


def _written(answer: tuple[str, ...]) -> str:
    return "".join(_signs()[section] for section in answer)
