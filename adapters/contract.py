"""`python -m adapters.contract`: writes what each body must offer, as OpenAPI, into `docs/contract`.

Made from the records that the clients read and write, so the document cannot say otherwise than the code. How a body
proves that it keeps the contract: `docs/contract/README.md`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters import bank, bodies
from adapters.bank_files import client, initiation, statement, status_report
from adapters.records import Record
from adapters.registries import clients, records

FOLDER = Path(__file__).parent.parent / "docs" / "contract"
Json = dict[str, Any]


@dataclass(frozen=True)
class Xml:
    """A file of ISO 20022."""

    message: str


@dataclass(frozen=True)
class Read:
    """A GET. `query` are the names of parameters that must be there; `unknown` the code of the 404, if it has one, or
    the codes with what each means."""

    path: str
    answer: type[Record] | Xml
    summary: str
    query: tuple[str, ...] = ()
    unknown: str | dict[str, str] | None = None


@dataclass(frozen=True)
class Effect:
    """A POST under a key. `refused` are the codes with which the body says no for good (422)."""

    path: str
    message: type[Record] | Xml
    answer: type[Record]
    summary: str
    refused: dict[str, str] = field(default_factory=dict)


IIN, DAY = {"type": "string", "pattern": "^[0-9]{12}$"}, {"type": "string", "format": "date"}
PARAMETERS: dict[str, Json] = {
    "iin": IIN,
    "on": DAY,
    "day": DAY,
    "quarter": DAY | {"description": "The first day of a quarter."},
    "service": {"type": "string", "description": "Code of the service, as multi-child."},
    "iban": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$"},
    "key": {"type": "string", "description": "The Idempotency-Key of the POST; percent-encoded, it holds slashes."},
    "application_number": {"type": "string"},
}

BODIES: dict[str, tuple[Read | Effect, ...]] = {
    "registries": (
        Read("/persons/v1/{iin}", records.PersonRecord, "The person.", unknown="unknown_person"),
        Read("/persons/v1/{iin}/household", clients.Adults, "The adults who live together.", unknown="unknown_person"),
        Read("/civil/v1/families/{iin}", records.FamilyRecord, "The adult's children; none is an empty list."),
        Read("/disability/v1/{iin}", clients.DisabilityDecisions, "Decisions of the medical and social board."),
        Read("/mobile/v1/{iin}", clients.PhoneOf, "The phone tied to the IIN.", unknown="no_phone"),
        Read("/labour/v1/{iin}", clients.Registrations, "Registrations as unemployed."),
        Read(
            "/fund/v1/{iin}/insurance",
            records.InsuranceRecord,
            "The part in the social insurance, counted as at a day.",
            query=("on",),
            unknown="not_insured",
        ),
        Read("/fund/v1/{iin}/capacity-losses", clients.CapacityLossDecisions, "Decisions on the capacity to work."),
        Read("/awards/v1/{iin}", clients.Awards, "State awards."),
        Read("/deaths/v1/{iin}/breadwinners", clients.Breadwinners, "Deaths that left this person."),
        Read("/deaths/v1/{iin}/burials", clients.Burials, "Burials that this person arranged."),
        Read("/pensions/v1/{iin}", clients.Pensions, "Decisions on the pension."),
        Read("/kandas/v1/{iin}", clients.Statuses, "Decisions on the status of a kandas."),
        Read(
            "/assistance/v1/{iin}/household",
            records.AssistanceHousehold,
            "The household for targeted assistance, with its income in a quarter.",
            query=("quarter",),
            unknown="no_household",
        ),
    ),
    "emaket": (
        Read("/emaket/v1/payments", bodies.Payments, "What is or was paid under a service.", query=("iin", "service")),
        Effect(
            "/emaket/v1/applications",
            bodies.Application,
            bodies.Registration,
            "Registers an application.",
            {
                "missing_document": "The member `document` names it.",
                "rejected": "With a reason.",
            },
        ),
        Read(
            "/emaket/v1/applications/by-key/{key}",
            bodies.Registration,
            "What the application under this key led to; the same refusal, if it was refused.",
            unknown="unknown_key",
        ),
    ),
    "body": (
        Effect("/body/v1/files", bodies.CaseFile, bodies.Ruling, "Takes a file; decides now or later."),
        Read("/body/v1/files/{application_number}", bodies.Ruling, "Where the file stands.", unknown="unknown_file"),
    ),
    "bank": (
        Read("/bank/v1/accounts", bank.Accounts, "The person's own accounts.", query=("iin",)),
        Read(
            "/bank/v1/accounts/{iban}",
            bank.BankAccount,
            "An account, and whether it is this person's own.",
            query=("iin",),
            unknown="unknown_account",
        ),
        Effect(
            "/bank/v1/transfers",
            bank.Transfer,
            bank.TransferStatus,
            "Credits an account. What cannot be credited is `rejected` in the answer, with a code of ISO 20022: AC01 "
            "no such account, AC04 closed, AC06 blocked, BE01 another's, AM05 this end-to-end id was credited before.",
        ),
        Read(
            "/bank/v1/transfers/by-key/{key}",
            bank.TransferStatus,
            "Where the transfer of this key stands.",
            unknown="unknown_key",
        ),
        Read(
            "/bank/v1/transfers/by-end-to-end-id/{end_to_end_id}",
            bank.TransferStatus,
            "The transfer that was credited under this end-to-end id, with its amount: after AM05 it says how much has "
            "been paid. A bank that does not offer it is believed what an operator has seen of it.",
            unknown="unknown_end_to_end_id",
        ),
        Effect(
            "/bank/v1/files",
            Xml(initiation.MESSAGE),
            client.FileReceipt,
            "Takes a file of payments, each of which goes the way of a single transfer. What cannot be credited is "
            "rejected in the report on the file; so is a whole file that does not add up (AM10, AM18), or whose MsgId "
            "was used before (DU01).",
        ),
        Read(
            "/bank/v1/files/by-key/{key}/status",
            Xml(status_report.MESSAGE),
            "The newest report on the file of this key: OrgnlMsgId and GrpSts, and for each payment OrgnlEndToEndId, "
            "TxSts, and the reason of a rejection.",
            unknown={
                "unknown_key": "No such file was taken: it may be sent again under its key.",
                "no_status_yet": "It is in work.",
            },
        ),
        Read(
            "/bank/v1/accounts/{iban}/statements/{day}",
            Xml(statement.MESSAGE),
            "What was booked on the payer's account on a day, payments and returns, each with its EndToEndId, its "
            "amount, and the reason of a return (RtrInf). TxsSummry/TtlNtries has count and sum, and they are right.",
            unknown={"no_statement": "Nothing is booked on this day (yet)."},
        ),
    ),
}

PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457. `code` is a word that programs read; `reason` is for people; neither names a person.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,39}$"},
        "detail": {"type": "string"},
        "reason": {"type": "string"},
    },
    "required": ["code"],
}
EVERYWHERE = {
    "401": "No valid bearer token.",
    "422": "The request breaks this contract (`invalid_request`).",
    "429": "Too many: come again after the seconds of Retry-After.",
    "503": "Away: come again after the seconds of Retry-After, if it says so.",
}
KEYED = (
    "Under the key there is one effect, for ever, however often and however at once the call comes: the same call "
    "again has the same answer; another body under it is 409 `key_reused`; while the first is in work, 409 "
    "`in_progress`. A refusal is an answer too, and kept. Members may come in any order."
)


def document(body: str) -> Json:
    """The OpenAPI of a body."""
    schemas: Json = {"Problem": PROBLEM}
    paths: Json = {}
    for call in BODIES[body]:
        method = "get" if isinstance(call, Read) else "post"
        paths.setdefault(call.path, {})[method] = _operation(call, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"What Demeu asks of: {body}",
            "version": "1",
            "description": "Amounts are decimal strings of tenge, days ISO 8601. Members that are not named here are "
            "ignored, so an answer may have more; one that is unknown is null, not left out.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(call: Read | Effect, schemas: Json) -> Json:
    names = [part[1:-1] for part in call.path.split("/") if part.startswith("{")]
    parameters = [_parameter(name, "path") for name in names]
    problems = dict(EVERYWHERE)
    operation: Json = {"summary": call.summary}
    if isinstance(call, Read):
        parameters += [_parameter(name, "query") for name in call.query]
        if call.unknown:
            problems["404"] = _absent(call.unknown)
        success = "200"
    else:
        parameters.append({**_parameter("Idempotency-Key", "header"), "description": KEYED})
        operation["requestBody"] = {"required": True, "content": _content(call.message, schemas)}
        problems["400"] = f"No key (`key_missing`), or a body that is no {_format(call.message)}."
        problems["409"] = "`key_reused` or `in_progress`: see the key."
        if call.refused:
            said = "; ".join(f"`{code}`: {why}" for code, why in call.refused.items())
            problems["422"] = f"{EVERYWHERE['422']} Or a no for good: {said}"
        success = "201"
    responses: Json = {success: {"description": "Done.", "content": _content(call.answer, schemas)}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses |= {status: {"description": why, "content": problem} for status, why in sorted(problems.items())}
    return {**operation, "parameters": parameters, "responses": responses}


def _parameter(name: str, place: str) -> Json:
    return {"name": name, "in": place, "required": True, "schema": PARAMETERS.get(name, {"type": "string"})}


def _absent(codes: str | dict[str, str]) -> str:
    if isinstance(codes, str):
        return f"There is none (`{codes}`)."
    return " ".join(f"`{code}`: {meaning}" for code, meaning in codes.items())


def _format(message: type[Record] | Xml) -> str:
    return "XML" if isinstance(message, Xml) else "JSON"


def _content(message: type[Record] | Xml, schemas: Json) -> Json:
    if isinstance(message, Xml):
        text = f"{message.message} of ISO 20022, in UTF-8, without a document type; amounts in KZT."
        return {"application/xml": {"schema": {"type": "string", "description": text}}}
    return {"application/json": {"schema": _ref(message, schemas)}}


def _ref(record: type[Record], schemas: Json) -> Json:
    schema = record.model_json_schema(ref_template="#/components/schemas/{model}")
    for name, inner in {**schema.pop("$defs", {}), record.__name__: schema}.items():
        # What we make of a record that cannot be read is no member of the wire.
        inner.get("properties", {}).pop("unreadable", None)
        schemas[name] = inner
    return {"$ref": f"#/components/schemas/{record.__name__}"}


def written(body: str) -> str:
    return json.dumps(document(body), ensure_ascii=False, indent=1) + "\n"


def write(folder: Path = FOLDER, bodies: Iterable[str] = BODIES) -> None:
    for body in bodies:
        (folder / f"{body}.json").write_text(written(body), encoding="utf-8")


if __name__ == "__main__":
    write()
