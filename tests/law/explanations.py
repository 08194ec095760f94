"""The explanations that people approved, one text file for each language in `explanations/`.

`python -m tests.law.explanations` writes them anew: after a change of the law or of a wording, read what git shows as
changed before you commit it. A reader of a language needs no more than its file.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from benefits import Right, assess_family, explain, schedule
from benefits.facts import read_facts_file
from benefits.texts import Language
from tests.law.casebook import FAMILIES

KNOWN = date(2026, 11, 28)
"""As on which day the law is explained: a law that becomes known later leaves what was approved as it is. Who wants to
approve the amounts of a later law moves the day on.
"""
APPROVED = Path(__file__).with_name("explanations")
LANGUAGES: tuple[Language, ...] = ("kk", "ru", "en")


def explanations(language: Language) -> str:
    """All that the example families are told: each right and each question, and one of the refusals."""
    return "".join(f"{text}\n\n" for text in _texts(language))


def _texts(language: Language) -> Iterator[str]:
    for path in sorted(FAMILIES.glob("*.yaml")):
        yield f"=== {path.stem}"
        facts = read_facts_file(path)
        claims = assess_family(facts, facts.as_at, known=KNOWN).claims
        refused = [claim for claim in claims if claim.decision.right is Right.NO]
        for claim in [claim for claim in claims if claim not in refused] + refused[:1]:
            decision, asked = claim.decision, replace(facts, applicant=facts.adults[claim.adult])
            months = schedule(decision.code, asked, decision.on, basis=decision.basis, known=KNOWN)
            yield explain(decision, language, months)


if __name__ == "__main__":
    APPROVED.mkdir(exist_ok=True)
    for each in LANGUAGES:
        (APPROVED / f"{each}.txt").write_text(explanations(each), encoding="utf-8")
