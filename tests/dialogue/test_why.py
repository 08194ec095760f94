"""Whatever the law decides can be told by SMS to who asks why, in four parts and in both languages."""

import re
from itertools import product

import dialogue
from benefits import Frequency, Language, Right, assess, ground_in_brief, main_figures
from dialogue import MessageKind
from tests.law.casebook import CASES, read_cases

SPOKEN: tuple[Language, ...] = ("kk", "ru")
ALL_CASES = [case for path in sorted(CASES.glob("*.yaml")) for case in read_cases(path)]


def test_every_decision_of_the_cases_can_be_explained_in_four_parts_with_a_figure() -> None:
    for case, language in product(ALL_CASES, SPOKEN):
        decision = assess(case.service, case.facts, case.on)
        if decision.right is Right.PERSON_DECIDES:
            continue
        told = {"service": decision.code, "ground": ground_in_brief(decision, language)}
        if decision.right is Right.NO:
            assert decision.failed is not None
            text = dialogue.compose(MessageKind.WHY_REFUSED, language, why=decision.failed.names[language], **told)
        else:
            figures = main_figures(decision, language)
            until = decision.until if decision.frequency is Frequency.MONTHLY else None
            money = {"amount": decision.net, "frequency": decision.frequency, "until": until, "figures": figures}
            text = dialogue.compose(MessageKind.WHY_AMOUNT, language, **money, **told)
            assert figures[0] in text, (case.name, text)
        assert len(dialogue.segments(text)) <= 4, text
        assert "1414" in text
        assert not re.search(r"https?|www|\.kz|://|\d{12}", text)
