"""All rights of a family on a day: every service, asked for by every adult of the family, each right once.

What one adult may claim another often may too (both parents of a newborn). It is one right: the best answer stands, and
between equals that of the applicant. Nothing is decided here that `assess_each` does not decide.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from benefits.assessment import OneRight
from benefits.catalogue import benefit, services
from benefits.decision import ZERO, Decision, Frequency, Right
from benefits.evaluator import assess_each, preference
from benefits.facts import Facts


@dataclass(frozen=True, slots=True)
class Claim:
    """A decision and who of the adults it is about: the index in `Facts.adults`."""

    adult: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class FamilyCard:
    """The answer to a whole family: at least one claim for each service, whether it is a right or not."""

    on: date
    claims: tuple[Claim, ...]

    @property
    def rights(self) -> tuple[Claim, ...]:
        return tuple(claim for claim in self.claims if claim.decision.right is Right.YES)

    def total(self, frequency: Frequency) -> Decimal:
        """Net tenge of all rights that are paid so often."""
        return sum((one.decision.net for one in self.rights if one.decision.frequency is frequency), ZERO)


def assess_family(
    facts: Facts, on: date, *, trace: bool = True, every: bool = True, known: date | None = None
) -> FamilyCard:
    """The rights of all adults who are born by the day, each right once; with `every` false only of the services that
    the Card offers. `known` and errors as `assess`.
    """
    order = sorted(range(len(facts.adults)), key=lambda index: facts.adults[index] != facts.applicant)
    born = [index for index in order if facts.adults[index].birth_date <= on or index == order[0]]
    claims: list[Claim] = []
    for service in services(on, every=every):
        best: dict[Hashable, Claim] = {}
        for index in born:
            asked = replace(facts, applicant=facts.adults[index])
            for decision in assess_each(service.code, asked, on, trace=trace, known=known):
                key = None if benefit(service.code).rule.one_right is OneRight.PER_FAMILY else decision.basis
                if key not in best or preference(decision) < preference(best[key].decision):
                    best[key] = Claim(index, decision)
        grounded = [claim for claim in best.values() if claim.decision.basis is not None]
        claims += grounded or best.values()
    return FamilyCard(on, tuple(claims))
