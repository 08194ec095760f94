"""What of an explanation fits into an SMS: the figures of the law that the amount was reckoned from.

Nothing personal: no income, no count, no row of a table, which may name an illness.
"""

import re

from benefits.catalogue import benefit
from benefits.decision import Decision, TraceKind, TraceLine
from benefits.in_words import value_in_words
from benefits.plausible import AMOUNT_UNITS
from benefits.texts import Language

MOST_FIGURES = 3
_DATE = re.compile(r"^\d{4} жылғы \d+ \S+ | (от|of) [\d.]+")
"""The day of a law, as the three languages write it: every citizen has heard of the Code."""


def main_figures(decision: Decision, language: Language) -> tuple[str, ...]:
    """The values of the law that stand in the arithmetic of the amount, the service's own first; at most three.

    Empty without a trace. Raises UnknownService for a code not in the law.
    """
    legislation = benefit(decision.code).legislation
    reckoned = [line for line in decision.trace if line.how and line.unit == "tenge"]
    numbers = {piece for line in reckoned for piece in (line.how or "").split(" ")}
    used = [line for line in decision.trace if _stands_in(line, numbers)]
    used.sort(key=lambda line: not line.code.startswith(f"{decision.code}."))
    shown = (f"{_label(line, decision, language)}: {value_in_words(line, legislation, language)}" for line in used)
    return tuple(dict.fromkeys(shown))[:MOST_FIGURES]


def ground_in_brief(decision: Decision, language: Language) -> str:
    """The legal ground of the refusal, or of what is paid, without its date and what is said of it in brackets. Raises
    UnknownService.
    """
    concerned = [decision.failed.code] if decision.failed else [part.payer for part in decision.parts]
    ground = benefit(decision.code).legislation.ground(*concerned)
    return _DATE.sub("", ground[language].partition(" (")[0])


def _stands_in(line: TraceLine, numbers: set[str]) -> bool:
    is_amount = line.kind is TraceKind.PARAMETER and line.unit in AMOUNT_UNITS and not isinstance(line.value, str)
    return is_amount and format(line.value, "f") in numbers


def _label(line: TraceLine, decision: Decision, language: Language) -> str:
    legislation = benefit(decision.code).legislation
    name = line.code.partition(".")[2].partition("[")[0]
    label = legislation.label(name)[language] if name in legislation.parameters else name
    _, _, short = label.removesuffix(")").partition(" (")
    return short or label  # as МРП, in which the rate beside it is stated
