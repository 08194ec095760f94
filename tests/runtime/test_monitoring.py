"""Dashboard, alert rules and the page about them speak of metrics that exist, with labels that these have."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from runtime.embedded.processes import ROOT
from runtime.telemetry import BUCKETS

MONITORING = ROOT / "deploy" / "monitoring"
ROOMS = ("activities", "adapters", "card", "desk", "gateway", "runtime", "workflows")
HISTOGRAM = ("_bucket", "_sum", "_count")
ENDS = {
    "create_counter": ("_total",),
    "count": ("_total",),
    "create_gauge": ("",),
    "create_gauge_float": ("",),
    "spread": HISTOGRAM,
    "create_histogram_float": HISTOGRAM,
}
"""What makes a metric, and how its series are called."""

TEMPORAL = {"temporal_num_pollers"}
"""Of Temporal's own metrics those that are relied on; that a worker has them is tried in `test_plugin`."""


def _made() -> dict[str, tuple[str, ...]]:
    """The metrics that the code makes, with the endings of their series."""
    found: dict[str, tuple[str, ...]] = {}
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                    continue
                name = node.args[0].value
                maker = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if isinstance(name, str) and re.fullmatch(r"demeu_[a-z_]+", name) and maker:
                    assert maker in ENDS, f"{file.name}: {maker} makes {name}: say in this test what its series are"
                    found[name] = ENDS[maker]
    return found


def _described() -> dict[str, set[str]]:
    """By the page: the labels of each metric."""
    rows = re.findall(r"^\| `(demeu_\w+)` \| ([^|]+) \|", (MONITORING / "README.md").read_text(), re.MULTILINE)
    return {name: {label.strip() for label in labels.split(",")} for name, labels in rows}


def _series() -> dict[str, set[str]]:
    """Each series that Prometheus gets, with its labels."""
    described, series = _described(), {}
    for name, ends in _made().items():
        page = f"{name}_total" if ends == ("_total",) else name
        for end in ends:
            series[f"{name}{end}"] = described[page] | ({"le"} if end == "_bucket" else set())
    return series


def _panels() -> dict[str, str]:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    return {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in dashboard["panels"]
        for target in panel["targets"]
    }


def _rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _asked() -> dict[str, str]:
    return _panels() | {rule["alert"]: rule["expr"] for rule in _rules()}


def _inside(expression: Any) -> Iterator[Any]:
    yield expression
    for name in ("expr", "lhs", "rhs", "vector_selector", "vs"):
        below = getattr(expression, name, None)
        if below is not None:
            yield from _inside(below)
    for below in getattr(expression, "args", ()):
        yield from _inside(below)


def test_the_page_names_every_metric_that_the_code_makes() -> None:
    made = {f"{name}_total" if ends == ("_total",) else name for name, ends in _made().items()}
    assert set(_described()) == made
    assert len(made) > 20
    assert set(BUCKETS) == {name for name, ends in _made().items() if ends == HISTOGRAM}


@pytest.mark.parametrize("name", _asked())
def test_what_is_asked_exists(name: str) -> None:
    expression = _asked()[name].replace("$service", ".*").replace("$region", ".*")
    parsed, series = promql_parser.parse(expression), _series()
    selectors = [one for one in _inside(parsed) if isinstance(one, promql_parser.VectorSelector)]
    assert selectors
    of_all: set[str] = set()
    for selector in selectors:
        assert selector.name in {*series, *TEMPORAL}, f"{name}: nobody makes {selector.name}"
        labels = series.get(selector.name, set())
        of_all |= labels
        assert {one.name for one in selector.matchers.matchers} <= labels, f"{name}: {selector.name} has {labels}"
    for one in _inside(parsed):
        if isinstance(one, promql_parser.AggregateExpr) and one.modifier is not None:
            assert set(one.modifier.labels) <= of_all, f"{name}: by {one.modifier.labels}"


def test_every_metric_is_on_the_dashboard() -> None:
    shown = " ".join(_panels().values())
    assert not [name for name in _made() if name not in shown]


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule["alert"])
def test_who_is_woken_up_is_told_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "action"}
    for page in re.findall(r"(?:docs|adapters|benefits)/[\w/.]+", rule["annotations"]["action"]):
        assert Path(ROOT / page.rstrip(".")).exists(), page


def test_the_dashboard_can_be_imported() -> None:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)
    assert {one["name"] for one in dashboard["templating"]["list"]} == {"source", "service", "region"}
