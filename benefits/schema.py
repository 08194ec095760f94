"""`python -m benefits.schema`: writes the JSON Schema of the parameter files, for editors that complete and check them.

The files themselves are checked by `parameter_file` and `legislation`, which name line and rule; this says the same to
an editor while a lawyer writes, the names of each service's parameters among it.
"""

import json
from pathlib import Path
from typing import Any

from benefits import catalogue
from benefits.dated import LAWS_OF, UNVERIFIED
from benefits.legislation import COMMON, TERMS
from benefits.notices.due import RULES, STEPS_TAKE
from benefits.parameter_file import MARKS, UNITS, YEARLY
from benefits.paying import CODE as PAYMENT_RUN
from benefits.paying import TAKES as PAYING
from benefits.texts import LANGUAGES

FILE = Path(__file__).parent / "parameters" / "schema.json"
DAY = r"^\d{4}-\d{2}-\d{2}$"
Schema = dict[str, Any]


def schema() -> Schema:
    """The schema of every parameter file: of services, of notices, and of the common one."""
    scalar: Schema = {"type": ["string", "number", "boolean"]}
    sourced: Schema = {
        "reference": {
            "type": "string",
            "description": "Key of a legal ground, here or in common.yaml.",
        },
        "mark": {"enum": sorted(MARKS), "description": "S printed, P published, C computed, U nobody has checked it."},
        "status": {"const": UNVERIFIED, "description": "Said by every value with mark U."},
        "note": {"type": "string"},
    }
    one: Schema = {
        "anyOf": [
            scalar,
            _closed(
                {
                    "value": scalar,
                    "until": {"description": "Its last day. After the last value of all, a person decides."},
                    "forecast": {
                        "type": "boolean",
                        "description": "Announced, no law yet: shown, decides nothing.",
                    },
                    "known_since": {
                        "description": "The day from which it could be known, where that is later than the law itself.",
                    },
                    "signed": {
                        **_closed(
                            {"by": {"type": "string"}, "on": {}, "document": {"type": "string"}},
                            required=["by", "on", "document"],
                        ),
                        "description": "Who held it against the law's text, when, and in which document.",
                    },
                    "confirmed": {
                        "type": "string",
                        "description": "Why it is meant, though far from the value before it.",
                    },
                    **sourced,
                },
                required=["value"],
            ),
        ]
    }
    several: Schema = {
        "type": "array",
        "description": "Values for the same days, each known later than the one before it.",
        "items": {"$ref": "#/$defs/one"},
        "minItems": 1,
    }
    series: Schema = {
        "type": "object",
        "description": "Values by the first day on which they hold.",
        "patternProperties": {DAY: {"$ref": "#/$defs/dated"}},
        "additionalProperties": False,
        "minProperties": 1,
    }
    rows: Schema = {"type": "object", "additionalProperties": {"$ref": "#/$defs/series"}}
    parameter = _closed(
        {
            "label": {"$ref": "#/$defs/texts"},
            "unit": {"enum": list(UNITS)},
            "values": {"$ref": "#/$defs/series"},
            "brackets": {**rows, "propertyNames": {"pattern": r"^\d+$"}},
            "table": rows,
            "choices": {"type": "string", "description": "The words that a choice, or codes, may be."},
            "ends": {"const": YEARLY, "description": "Of a budget law: each value is law for its year at the most."},
            "law_of": {"$ref": "#/$defs/law_of"},
            "optional": {"type": "boolean", "description": "May have gaps: where it has no value, a person decides."},
            "span": {"type": "number", "description": "How many times the value before a value may be, if not twice."},
            **sourced,
        },
        required=["unit"],
    ) | {"oneOf": [{"required": [kind]} for kind in ("values", "brackets", "table")]}
    named_texts: Schema = {"type": "object", "additionalProperties": {"$ref": "#/$defs/texts"}}
    top = _closed(
        {
            "service": {"enum": sorted([COMMON, *_names()])},
            "names": {"$ref": "#/$defs/texts"},
            "reference": {"type": "string"},
            "grounds": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Of a condition, or of the part of a payer, its own reference.",
            },
            "law_of": {"$ref": "#/$defs/law_of"},
            **dict.fromkeys(("references", "figures", "conditions", "resumes", "questions", "words"), named_texts),
            "parameters": {"type": "object", "additionalProperties": {"$ref": "#/$defs/parameter"}},
        },
        required=["service", "names", "parameters"],
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Dated parameters of a service of Demeu",
        **top,
        "allOf": [_only(service, names) for service, names in sorted(_names().items())],
        "$defs": {
            "texts": _closed({language: {"type": "string"} for language in LANGUAGES}, required=list(LANGUAGES)),
            "law_of": {
                "enum": list(LAWS_OF),
                "description": "Which day's law is read: that on which the right arose, or the month that is paid.",
            },
            "one": one,
            "dated": {"anyOf": [{"$ref": "#/$defs/one"}, several]},
            "series": series,
            "parameter": parameter,
        },
    }


def _names() -> dict[str, list[str]]:
    """Of each service and notice, and the payment run, the parameters that its file may state: what reads it."""
    services = {code: sorted({**one.rule.takes.kinds(), **TERMS.kinds()}) for code, one in catalogue.load().items()}
    notices = {rule.code: sorted({**rule.takes.kinds(), **STEPS_TAKE.kinds()}) for rule in RULES}
    return services | notices | {PAYMENT_RUN: sorted(PAYING.kinds())}


def _only(service: str, names: list[str]) -> Schema:
    return {
        "if": {"properties": {"service": {"const": service}}},
        "then": {"properties": {"parameters": {"propertyNames": {"enum": names}}}},
    }


def _closed(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def written() -> str:
    return json.dumps(schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
