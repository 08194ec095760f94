"""The few figures of the law that an SMS tells of an amount, and nothing personal among them."""

from datetime import date
from decimal import Decimal

import pytest

from benefits import Decision, Language, assess, ground_in_brief, main_figures
from benefits.decision import TraceKind
from benefits.facts import read_facts_file
from tests.law.casebook import FAMILIES

ON = date(2025, 3, 1)
SPOKEN: tuple[Language, ...] = ("kk", "ru")


def _of(code: str, family: str, on: date = ON) -> Decision:
    return assess(code, read_facts_file(FAMILIES / f"{family}.yaml"), on)


def test_the_figures_are_those_that_the_amount_is_reckoned_from() -> None:
    assert main_figures(_of("multi-child", "five-children"), "ru") == (
        "Размер по числу детей: 20,04 МРП",
        "МРП: 3 932 тенге",
    )
    job = main_figures(_of("job-loss", "capacity-and-job-lost", date(2025, 3, 5)), "ru")
    assert job[0] == "Какую часть дохода заменяет выплата: 45 %"
    assert "Какая доля платится за стаж отчислений: 85 %" in job
    assert len(main_figures(_of("breadwinner-loss", "breadwinner-lost", date(2025, 3, 20)), "kk")) == 3


def test_no_figure_says_an_illness_or_an_income() -> None:
    told = main_figures(_of("disability", "capacity-and-job-lost", date(2025, 3, 5)), "ru")
    assert told
    assert not any("группа" in one for one in told)
    income = [
        main_figures(_of("capacity-loss", "capacity-and-job-lost", date(2025, 3, 5)), one) for one in ("kk", "ru")
    ]
    assert not any("191 250" in one for figures in income for one in figures)


def test_without_a_trace_there_are_no_figures() -> None:
    family = read_facts_file(FAMILIES / "five-children.yaml")
    assert main_figures(assess("multi-child", family, ON, trace=False), "ru") == ()


@pytest.mark.parametrize(
    ("code", "grounds"),
    [
        ("multi-child", "Әлеуметтік кодекс | Социальный кодекс | Social Code"),
        ("burial", "Әлеуметтік кодекс, 242-бап | Социальный кодекс, ст. 242 | Social Code, art. 242"),
        (
            "job-loss",
            "Әлеуметтік кодекс, 118 және 171-баптар | Социальный кодекс, ст. 118 и 171 | Social Code, art. 118 and 171",
        ),
    ],
)
def test_the_ground_is_told_without_its_date(code: str, grounds: str) -> None:
    decision = _of(code, "five-children")
    assert " | ".join(ground_in_brief(decision, language) for language in ("kk", "ru", "en")) == grounds


def test_a_parameter_that_is_law_no_more_goes_by_its_name() -> None:
    """An old decision is told as it was made."""
    decision = _of("multi-child", "five-children")
    renamed = {"multi-child.rate[5]": "multi-child.former_rate[5]"}
    trace = tuple(line._replace(code=renamed.get(line.code, line.code)) for line in decision.trace)
    assert main_figures(decision._replace(trace=trace), "ru") == ("former_rate: 20,04 МРП", "МРП: 3 932 тенге")


def test_how_long_somebody_paid_contributions_is_no_figure() -> None:
    """The step of the participation stands in the arithmetic of the share alone, and tells the years at work."""
    decision = _of("breadwinner-loss", "breadwinner-lost", date(2025, 3, 20))
    share = decision.trace[0]._replace(
        code="participation_used", kind=TraceKind.FIGURE, unit="ratio", how="0.9 + 0.02 × 1"
    )
    step = decision.trace[0]._replace(code="breadwinner-loss.participation_step", kind=TraceKind.PARAMETER)
    step = step._replace(unit="ratio", value=Decimal("0.02"))
    assert main_figures(decision._replace(trace=(share, step)), "ru") == ()
