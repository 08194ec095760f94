"""Which notices are due to a family's applicant on a day. Reads no clock, asks nobody, and sends nothing."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from benefits.assessment import Assessment
from benefits.catalogue import NO_EVENT, PARAMETERS, UnknownService, read_legislation
from benefits.evaluator import known_facts
from benefits.facts import Facts
from benefits.legislation import COMMON, Legislation
from benefits.notices import employment, kandas, pension
from benefits.notices.notice import Notice, NoticeRule, NoticeTopic
from benefits.parameter_file import BadParameters, read_parameter_file
from benefits.takes import Takes

STEPS_TAKE = Takes("events:codes", tables="again_after_days:days")
"""What the steps of a notice read of every topic."""

RULES = (pension.NOTICE, kandas.NOTICE, employment.NOTICE)


def notices_due(
    facts: Facts, on: date, *, code: str | None = None, trace: bool = True, known_law: date | None = None
) -> tuple[Notice, ...]:
    """All notices due on the day, or those of one topic. None to the dead and to those who have left the country.
    `known_law` is the day as on which the law is known; else all that is known of it.

    Raises UnknownService for the code, and BadFacts for a day before the first parameter or before the applicant's
    birth.
    """
    known = known_facts(facts, on)
    chosen = RULES if code is None else (_rule(code),)
    applicant = known.applicant
    for gone in (applicant.died_on, applicant.left_country_on):
        if gone is not None and gone <= on:
            return ()
    found: list[Notice] = []
    for rule in chosen:
        law = _legislation()[rule.code].as_known(known_law or date.max)
        assessment = Assessment(known, on, on, law, [] if trace else None)
        found += [
            Notice(rule.code, due.kind, on, due.basis, due.values, tuple(assessment.trace or ()))
            for due in rule.due(assessment)
        ]
    return tuple(found)


def notice_topics(on: date | None = None) -> tuple[NoticeTopic, ...]:
    """The topics on a day; without a day, by the last values known."""
    return tuple(notice_topic(rule.code, on) for rule in RULES)


def notice_topic(code: str, on: date | None = None) -> NoticeTopic:
    """The topic on a day; without a day, by the last values known. Raises UnknownService."""
    rule = _rule(code)
    legislation = _legislation()[code]
    own = legislation.own
    in_force = legislation.at(on or date.max)
    return NoticeTopic(
        code=code,
        names=own.names,
        ground=legislation.references[own.reference or ""],
        kinds=rule.kinds,
        reads=rule.reads,
        events=in_force.single["events"].codes - {NO_EVENT},
        texts=own.figures,
        again_after_days={how: int(days.value) for how, days in in_force.tables["again_after_days"].items()},
    )


def laws() -> Mapping[str, Legislation]:
    """The law of each topic, by its code. Raises BadParameters."""
    return _legislation()


def _rule(code: str) -> NoticeRule:
    for rule in RULES:
        if rule.code == code:
            return rule
    raise UnknownService(code, tuple(rule.code for rule in RULES))


@lru_cache(maxsize=1)
def _legislation() -> dict[str, Legislation]:
    common = read_parameter_file(PARAMETERS / f"{COMMON}.yaml")
    for rule in RULES:
        path = PARAMETERS / "notices" / f"{rule.code}.yaml"
        if not path.exists():
            raise BadParameters(path, 1, f"there is no such file for the rule {rule.code!r}")
    return {
        rule.code: read_legislation(
            PARAMETERS / "notices" / f"{rule.code}.yaml", common, rule.takes | STEPS_TAKE, must_state=()
        )
        for rule in RULES
    }
