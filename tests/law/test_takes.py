"""What a rule says it takes of the law is what it takes, and the files state it; editors are told the same."""

import re
import shutil
from collections import defaultdict
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

import benefits
from benefits import BadFacts, BadParameters, schema
from benefits.assessment import Assessment
from benefits.catalogue import PARAMETERS, benefit, read_legislation
from benefits.decision import TraceKind
from benefits.law_checks import check_common
from benefits.legislation import TERMS
from benefits.notices.due import RULES as NOTICES
from benefits.parameter_file import read_parameter_file
from benefits.takes import Takes
from tests.law.casebook import CASES, family_mapping, read_cases

# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        (
            "multi-child.yaml",
            "least_children:",
            "laest_children:",
            r"multi-child\.yaml:LINE: nothing reads the parameter 'laest_children'; did you mean 'least_children'\?",
        ),
        ("childbirth.yaml", "  claim_months:", "  claim_days:", r"nothing reads the parameter 'claim_days'"),
        ("notices/pension.yaml", "  ahead_days:", "  ahead_dayz:", r"pension\.yaml:\d+: nothing reads .*'ahead_days'"),
    ],
)
def test_a_misspelt_name_is_found_when_the_files_are_read(
    tmp_path: Path, file: str, before: str, after: str, says: str
) -> None:
    """With the line, and before any case meets it: it ended in a KeyError."""
    copied = tmp_path / "parameters"
    shutil.copytree(PARAMETERS, copied)
    path = copied / file
    text = path.read_text()
    assert before in text
    line = text[: text.index(before)].count("\n") + 1 + after.count("\n")
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(BadParameters, match=says.replace("LINE", str(line))):
        _read_all(copied)


def test_a_name_misspelt_in_the_common_file_is_found_where_it_stands(tmp_path: Path) -> None:
    """It was told of the first service that reads it, without a line and a hint."""
    path = tmp_path / "common.yaml"
    text = (PARAMETERS / "common.yaml").read_text()
    path.write_text(text.replace("\n  mrp:", "\n  mpr:", 1))
    line = text[: text.index("\n  mrp:")].count("\n") + 2
    read = {name for one in benefits.load().values() for name in (one.rule.takes | TERMS).kinds()}
    check_common(read_parameter_file(PARAMETERS / "common.yaml"), read)
    with pytest.raises(BadParameters, match=rf"common\.yaml:{line}: nothing reads .* 'mpr'; did you mean 'mrp'\?"):
        check_common(read_parameter_file(path), read)


UNMET = {
    *("fund_indexation", "participation_step", "participation_most"),
    *("line_by", "line_of_pm", "line_of_median", "region_median_income"),
}
"""What not every service that takes it has a case of: later years, long insurance, regions without a published line."""


def _read_all(folder: Path) -> None:
    common = read_parameter_file(folder / "common.yaml")
    for rule in [one.rule for one in benefits.load().values()]:
        read_legislation(folder / f"{rule.code}.yaml", common, rule.takes | TERMS)
    for notice in NOTICES:
        taken = notice.takes | Takes("events:codes")
        read_legislation(folder / "notices" / f"{notice.code}.yaml", common, taken, must_state=())


def test_a_parameter_of_another_kind_than_the_rule_reads_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "childbirth.yaml"
    text = (PARAMETERS / "childbirth.yaml").read_text()
    assert text.count("brackets:") == 1
    path.write_text(text.replace("brackets:", "table:"))
    common = read_parameter_file(PARAMETERS / "common.yaml")
    with pytest.raises(BadParameters, match="'rate' is read as brackets, not as table"):
        read_legislation(path, common, benefit("childbirth").rule.takes | TERMS)


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        (
            "multi-child.yaml",
            "  too_few_children:",
            "  to_few_children:",
            r"multi-child\.yaml:LINE: conditions: nothing says 'to_few_children'; did you mean 'too_few_children'\?",
        ),
        ("childbirth.yaml", "  which_child_of_the_mother:", "  which_child:", r"questions: nothing says 'which_child'"),
        ("common.yaml", "  already_paid:", "  paid_already:", r"yaml:1: 'already_paid' is said and has no text"),
        ("common.yaml", "{value: 24, ", "{value: 0, ", r"yaml:LINE: the rule divides by 'income_months': it is more"),
        ("common.yaml", "{value: 12, reference: insurance-law-20", "{value: 0, reference: insurance-law-20", "divides"),
        ("multi-child.yaml", "unit: MRP", "unit: PM", r"'rate' is reckoned in MRP, not in PM"),
        ("common.yaml", "unit: years", "unit: months", r"common\.yaml:\d+: .* is reckoned in years, not in months"),
        (
            "burial.yaml",
            "      pension:",
            "      pensoin:",
            r"burial\.yaml:LINE: 'rate' has no row 'pensoin'; did you mean 'pension'\?; the registers know",
        ),
        ("awarded-mother.yaml", "      altyn_alka:", "      altyn_akla:", r"yaml:LINE: the row 'altyn_akla' of 'rate'"),
        ("awarded-mother.yaml", "  altyn_alka: {", "  altyn: {", r"row 'altyn_alka' of 'rate' has no name under words"),
        ("awarded-mother.yaml", "words:", "words:\n  x: {kk: a, ru: b, en: c}", r"yaml:LINE: words: 'x' is no row"),
    ],
)
def test_a_text_a_row_or_a_unit_that_does_not_fit_the_rule_is_found(
    tmp_path: Path, file: str, before: str, after: str, says: str
) -> None:
    """It showed as a bare code, ended as a question, or reckoned with another constant than the file says."""
    copied = tmp_path / "parameters"
    shutil.copytree(PARAMETERS, copied)
    path = copied / file
    text = path.read_text()
    assert before in text
    line = text[: text.index(before)].count("\n") + 1 + after.count("\n")
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(BadParameters, match=says.replace("LINE", str(line))):
        _read_all(copied)


def test_a_new_award_is_a_row_and_a_name(tmp_path: Path) -> None:
    """Until it is one, a person is asked, and what another award gives is granted meanwhile."""
    text = (PARAMETERS / "awarded-mother.yaml").read_text()
    row = "    table:\n      altyn_juldyz:\n        2027-01-01: 8.00\n"
    text = text.replace("    table:\n", row, 1).replace(
        "words:\n", "words:\n  altyn_juldyz: {kk: a, ru: b, en: c}\n", 1
    )
    (tmp_path / "awarded-mother.yaml").write_text(text)
    law = read_legislation(
        tmp_path / "awarded-mother.yaml",
        read_parameter_file(PARAMETERS / "common.yaml"),
        benefit("awarded-mother").rule.takes | TERMS,
    )
    assert law.at(date(2027, 1, 1)).tables["rate"]["altyn_juldyz"].value == 8
    awards = [
        {"of": "mother", "kind": "altyn_juldyz", "awarded_on": "2024-01-01", "number": "A-1"},
        {"of": "mother", "kind": "kumis_alka", "awarded_on": "2024-01-01", "number": "A-2"},
    ]
    on = date(2025, 3, 5)
    for listed, right in ((awards, "yes"), (awards[:1], "person_decides")):
        facts = benefits.read_facts(family_mapping({"mother": "1980-05-05", "awards": listed}, on.isoformat()))
        decision = benefits.assess("awarded-mother", facts, on)
        assert (decision.right, decision.asked.code if decision.asked else None) == (right, "award_not_named")


def test_what_a_rule_says_stands_in_its_code() -> None:
    """Over all cases of the law, what is said is declared; what is declared is written in the code of the rule."""
    said: dict[str, set[str]] = defaultdict(set)
    for case in [case for file in sorted(CASES.glob("*.yaml")) for case in read_cases(file)]:
        with suppress(BadFacts):
            for decision in benefits.assess_each(case.service, case.facts, case.on):
                condition = decision.failed or decision.asked
                said[case.service] |= {condition.code} if condition else set()
                said[case.service] |= {line.code for line in decision.trace if line.kind is TraceKind.FIGURE}
    shared = "".join(
        (PARAMETERS.parent / f"{name}.py").read_text()
        for name in ("social_insurance", "assessment", "carers", "dependants", "suspension")
    )
    for code, found in benefits.load().items():
        assert said[code] <= (found.rule.takes | TERMS).texts(), code
        module = (PARAMETERS.parent / "rules" / f"{code.replace('-', '_')}.py").read_text()
        assert not [name for name in found.rule.takes.texts() if f'"{name}"' not in module + shared], code


def test_each_rule_takes_what_it_says_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over all cases of the law: what is read is declared, and what is declared is read by some case."""
    read: dict[str, set[str]] = defaultdict(set)

    def watch(name: str) -> None:
        known = getattr(Assessment, name)

        def watched(self: Assessment, parameter: str, *given: Any) -> Any:
            read[self.legislation.own.service].add(parameter)
            return known(self, parameter, *given)

        monkeypatch.setattr(Assessment, name, watched)

    for name in ("number", "word", "codes", "holds", "bracket", "known_row", "row_on", "dated_row", "spans"):
        watch(name)
    for case in [case for file in sorted(CASES.glob("*.yaml")) for case in read_cases(file)]:
        with suppress(BadFacts):
            benefits.assess_each(case.service, case.facts, case.on)
            benefits.schedule(case.service, case.facts, case.on)
    for code, found in benefits.load().items():
        shared = {"residence", "frequency", "partial_months", "suspended_by"}
        declared = set(found.rule.takes.kinds())
        assert read[code] - shared <= declared, code
        assert declared - read[code] <= UNMET, code


# --- the schema for editors -------------------------------------------------------------------------------------------


def test_the_schema_for_editors_is_that_of_this_code() -> None:
    assert schema.FILE.read_text(encoding="utf-8") == schema.written(), "write it: python -m benefits.schema"


@pytest.mark.parametrize("path", sorted(PARAMETERS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_file_holds_the_schema_that_it_names(path: Path) -> None:
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text())
    assert named is None or (path.parent / named.group(1)).resolve() == schema.FILE
    validator = jsonschema_rs.validator_for(schema.schema())
    assert [error.message for error in validator.iter_errors(_plain(path.read_text()))] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  least_children:", "  laest_children:"),
        ("unit: children", "unit: child"),
        ("mark: S", "mark: X"),
        ("    kk: ", "    kz: "),
    ],
)
def test_an_editor_sees_an_error_by_the_schema(before: str, after: str) -> None:
    text = (PARAMETERS / "multi-child.yaml").read_text()
    assert before in text
    validator = jsonschema_rs.validator_for(schema.schema())
    assert not validator.is_valid(_plain(text.replace(before, after, 1)))


class _Core(yaml.SafeLoader):
    """As an editor reads YAML, by its core schema: `on` is a word, and a day a text."""


_Core.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


def _plain(text: str) -> Any:
    """With keys that are texts, as in JSON."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): plain(entry) for key, entry in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    return plain(yaml.load(text, Loader=_Core))  # noqa: S506 - a safe loader that reads less


SIGNED = "{value: 20.04, signed: {by: A. Omarova, on: 2026-03-01, document: The Social Code}}"


@pytest.mark.parametrize(
    "values",
    [
        f"2023-07-01: {SIGNED}",
        "2023-07-01: [20.04, {value: 21, known_since: 2025-06-10, until: 2025-12-31}]",
        f"2023-07-01:\n          - {SIGNED}\n          - {{value: 21, known_since: 2025-06-10}}",
        "2023-07-01:\n          value: 20.04\n          signed:\n            by: A. Omarova\n"
        "            on: 2026-03-01\n            document: The Social Code",
        "2023-07-01: 20.04\n        2025-01-01: {value: 60, confirmed: Trebled by law.}",
    ],
    ids=["signed", "two on a line", "a list", "signed in a block", "confirmed"],
)
def test_what_the_law_may_say_the_schema_allows(tmp_path: Path, values: str) -> None:
    """A value that was signed, or that changes backwards, made every editor show an error."""
    text = (PARAMETERS / "multi-child.yaml").read_text()
    assert "2023-07-01: 20.04" in text
    text = text.replace("2023-07-01: 20.04", values, 1)
    validator = jsonschema_rs.validator_for(schema.schema())
    assert [error.message for error in validator.iter_errors(_plain(text))] == []
    path = tmp_path / "multi-child.yaml"
    path.write_text(text)
    read_legislation(path, read_parameter_file(PARAMETERS / "common.yaml"), benefit("multi-child").rule.takes | TERMS)


def test_a_row_that_the_common_table_has_not_is_found(tmp_path: Path) -> None:
    """It loaded, and hid the whole common table."""
    text = (PARAMETERS / "burial.yaml").read_text()
    own = (
        "  again_after_days:\n    unit: days\n    table:\n"
        "      laspsed: {2023-01-01: {value: 5, reference: social-code, mark: C}}\n"
    )
    path = tmp_path / "burial.yaml"
    path.write_text(text.replace("\nparameters:\n", f"\nparameters:\n{own}", 1))
    common = read_parameter_file(PARAMETERS / "common.yaml")
    with pytest.raises(BadParameters, match=r"burial\.yaml:\d+: 'again_after_days' has no row 'laspsed'; one of"):
        read_legislation(path, common, benefit("burial").rule.takes | TERMS)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def broken(:\n", r"gift\.py:1: the module cannot be read: SyntaxError"),
        ("import no_such_module\n", r"gift\.py:1: the module cannot be read: ModuleNotFoundError"),
        ("from benefits.assessment import Rule\nRULE = Rule('gift')\n", r"gift\.py:1: .*TypeError"),
    ],
)
def test_a_module_that_cannot_be_read_is_named(tmp_path: Path, code: str, says: str) -> None:
    (tmp_path / "gift.py").write_text(code)
    with pytest.raises(BadParameters, match=says):
        benefits.add_directory(tmp_path)


def test_a_new_value_from_a_future_day_leaves_today_alone(tmp_path: Path) -> None:
    """A row, a bracket or a parameter that begins later, even in the common file, stopped every service before it."""
    text = (PARAMETERS / "multi-child.yaml").read_text()
    bracket = "    brackets:\n      3:\n        2027-01-01: 12.02\n"
    path = tmp_path / "multi-child.yaml"
    least = "      2023-07-01: {value: 4, reference: published-amounts-2025, mark: S}\n"
    assert least in text
    text = text.replace(least, least + least.replace("2023-07-01", "2027-01-01").replace("value: 4", "value: 3"))
    path.write_text(text.replace("    brackets:\n", bracket, 1))
    common_path = tmp_path / "common.yaml"
    later = "  a_later_one:\n    label: {kk: a, ru: b, en: c}\n    unit: tenge\n    values:\n"
    later += "      2027-01-01: {value: 1, reference: social-code, mark: C}\n"
    common_path.write_text(
        (PARAMETERS / "common.yaml").read_text().replace("\nparameters:\n", f"\nparameters:\n{later}", 1)
    )
    law = read_legislation(path, read_parameter_file(common_path), benefit("multi-child").rule.takes | TERMS)
    assert law.first_day == benefit("multi-child").legislation.first_day
    assert law.at(date(2026, 12, 31)).bracket("rate", 3) is None
    assert law.at(date(2027, 1, 1)).bracket("rate", 3) is not None
