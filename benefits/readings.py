"""Facts as registers hold them: with typing errors, placeholders and contradictions.

A field that cannot be is never corrected and never guessed. It is read in every way in which it can be meant: a code as
each known code, a birth date that differs from the IIN as both dates, a parent whose number is none as unknown and as
each adult of the family, a record that is listed twice as either one; what has no end of ways (a date, an amount) as
`Unreadable`, which stops the rules that look at it. The law is asked about every reading: where all answer alike the
error did not matter, elsewhere a person is asked, and only about the services that hang on it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from enum import StrEnum
from itertools import product
from typing import Any, get_args, get_type_hints

from benefits.catalogue import benefit
from benefits.decision import ZERO, Condition, Decision, Right
from benefits.evaluator import RECORD_UNCLEAR, assess_each
from benefits.facts import READABLE, Adult, BadFacts, Child, Facts
from benefits.facts.checks import AN_IDENTIFIER, IN_THE_IIN, ONE_PLACE, check_against_iin
from benefits.facts.reader import NOT_FACTS, read_facts
from benefits.facts.unreadable import NotReadable, Unreadable
from benefits.iin import is_iin, read_iin
from benefits.notices import Notice, notices_due
from benefits.texts import LANGUAGES, Texts

UNREAD = "unreadable"
"""Member of a record that names its fields which could not be read at all; they are missing beside it."""

MOST = 64
"""So many ways are looked at; of a family whose records are worse, the list with the errors is not read at all."""

Json = dict[str, Any]
_SECTIONS = READABLE - {"adults", "household"}
"""Lists of the facts that may be missing as a whole: a register could not be asked for all."""

_REFERENCES = ("mother_iin", "father_iin", "lives_with", "carer_iin", "lived_with_before")


@dataclass(frozen=True, slots=True)
class Readings:
    """Every way in which the records can be meant; `doubts` are the fields (paths) that can be meant in several, or in
    none, each with the rule that it breaks.
    """

    ways: tuple[Facts, ...]
    doubts: Mapping[str, str]

    @property
    def facts(self) -> Facts:
        """The first way; the only one where nothing is in doubt."""
        return self.ways[0]


def readings(mapping: Mapping[str, Any]) -> Readings:
    """Every way to read what the registers said, in the shape that `read_facts` reads.

    A record may name under `unreadable` fields that were given and could not be read, and the whole under the same name
    lists that could not be asked for. Raises BadFacts for what no single field can mend (no applicant, a list that is
    none).
    """
    pending: list[tuple[Json, frozenset[str]]] = [(deepcopy(dict(mapping)), frozenset())]
    found: list[Facts] = []
    seen: set[str] = set()
    doubts: dict[str, str] = {}
    while pending:
        one, settled = pending.pop(0)
        try:
            _look_for_unread(one)
            facts = read_facts(one, trusting=True)
            check_against_iin(facts, but=settled)
        except BadFacts as bad:
            ways = list(_ways(one, bad))
            if not ways:
                raise
            if len(pending) + len(found) + len(ways) > MOST:
                # Too many together: what looks at these records at all is asked about.
                ways = [_unread_as_a_whole(one, bad)]
                doubts.setdefault(bad.field, bad.rule)
            if len(ways) > 1 or any(isinstance(_get(ways[0], place), Unreadable) for place in bad.places):
                doubts.setdefault(bad.field, bad.rule)
            if bad.rule in IN_THE_IIN:
                settled |= {bad.field}
            pending += [(way, settled) for way in ways]
        else:
            if repr(facts) not in seen:  # two errors may be mended to the same
                found.append(facts)
            seen.add(repr(facts))
    return Readings(tuple(found), doubts)


def assess_readings(
    code: str, read: Readings, on: date, *, trace: bool = True, known: date | None = None
) -> tuple[Decision, ...]:
    """As `assess_each`, for every reading. What the readings answer alike stands; of the rest a person is asked.

    Raises as `assess_each`.
    """
    ways = [assess_each(code, facts, on, trace=trace, known=known) for facts in read.ways]
    if len(ways) > 1 and not _alike([tuple(_outcome(one) for one in way) for way in ways]):
        decisions = _one_by_one(ways)
    else:
        decisions = ways[0]
    return tuple(_asked(one, _question(code, read.doubts)) if _is_unclear(one) else one for one in decisions)


def notices_in(read: Readings, on: date, *, code: str) -> tuple[Notice, ...]:
    """As `notices_due`. Raises BadFacts for the first doubt if the readings differ about the notices."""
    try:
        ways = [notices_due(facts, on, code=code) for facts in read.ways]
    except NotReadable as unread:
        raise BadFacts(unread.field, read.doubts.get(unread.field, "readable")) from unread
    if not _alike([[(one.kind, one.basis, one.values) for one in way] for way in ways]):
        raise BadFacts(*next(iter(read.doubts.items())))
    return ways[0]


def _one_by_one(ways: Sequence[Sequence[Decision]]) -> tuple[Decision, ...]:
    """Each basis for itself: the decision of the first way, marked as unclear where another way says otherwise."""
    bases = list(dict.fromkeys(one.basis for way in ways for one in way))
    decisions = []
    for basis in bases:
        theirs = [next((one for one in way if one.basis == basis), None) for way in ways]
        some = [one for one in theirs if one is not None]
        agreed = len(some) == len(ways) and _alike([_outcome(one) for one in some])
        if agreed or all(one.right is Right.NO for one in some):
            decisions.append(some[0])
        else:
            decisions.append(_asked(some[0], Condition(RECORD_UNCLEAR, Texts.same(RECORD_UNCLEAR))))
    # A way without any right says so of no basis: beside others that is no answer. A question of no basis is one.
    grounded = [one for one in decisions if one.basis is not None or one.right is not Right.NO]
    return tuple(grounded or decisions[:1])


def _alike(outcomes: Sequence[Any]) -> bool:
    return all(one == outcomes[0] for one in outcomes)


def _outcome(decision: Decision) -> Any:
    """What an answer comes to for the person; why there is no right may differ."""
    if decision.right is Right.NO:
        return decision.right, decision.basis
    asked = decision.asked.code if decision.asked else None
    money = (decision.parts, decision.frequency, decision.start, decision.until, decision.decider)
    return decision.right, decision.basis, asked, decision.ground, *money


def _is_unclear(decision: Decision) -> bool:
    return decision.asked is not None and decision.asked.code == RECORD_UNCLEAR


def _asked(decision: Decision, question: Condition) -> Decision:
    return decision._replace(
        right=Right.PERSON_DECIDES,
        failed=None,
        asked=question,
        gross=ZERO,
        withheld=ZERO,
        net=ZERO,
        parts=(),
    )


def _question(code: str, doubts: Mapping[str, str]) -> Condition:
    """The question with the fields that it is about."""
    texts = benefit(code).legislation.text("questions", RECORD_UNCLEAR)
    about = "; ".join(f"{field}: {rule}" for field, rule in doubts.items())
    return Condition(RECORD_UNCLEAR, Texts(**{one: f"{texts[one]} ({about})" for one in LANGUAGES}))


# --- the ways -------------------------------------------------------------------------------------------------------


def _ways(mapping: Json, bad: BadFacts) -> Iterable[Json]:
    """The mapping with what is wrong in it read in each way; none if no field can mend it."""
    if bad.rule in ("a member only once", "given only once", "a birth record only once", ONE_PLACE):
        yield from _either(mapping, bad)
        return
    try:
        choices = [_candidates(mapping, place, bad.rule) for place in bad.places]
    except _NoField:
        return
    for chosen in product(*choices):
        way = deepcopy(mapping)
        for place, value in zip(bad.places, chosen, strict=True):
            _put(way, place, value)
        yield way


class _NoField(Exception):
    """The path leads to nothing that can be read in several ways."""


_DROP, _DROP_RECORD = object(), object()
"""In the place of a value: the element, or the record that holds the field, is left out."""


def _either(mapping: Json, bad: BadFacts) -> Iterable[Json]:
    """Of two with one identifier: one, the other, and both, the second under no identifier that could be read.

    Two that are alike in everything are one.
    """
    first, second = bad.places
    one, other = _get(mapping, first), _get(mapping, second)
    if one == other:
        yield _put(deepcopy(mapping), second, _DROP)
        return
    is_applicant = first.startswith("adults") and one["iin"] == mapping.get("applicant")
    for place in [second] if is_applicant else [second, first]:
        yield _put(deepcopy(mapping), place, _DROP)
    yield from _both(mapping, bad.rule, first, second)


def _both(mapping: Json, rule: str, first: str, second: str) -> Iterable[Json]:
    if second.startswith("adults"):
        for iin in _unclaimed(mapping):
            yield _put(deepcopy(mapping), f"{second}.iin", iin)
        return
    both = deepcopy(mapping)
    if rule == ONE_PLACE:
        _put(both, f"{second}.birth_order", Unreadable(f"{second}.birth_order"))
    elif rule == "a birth record only once":
        for place in (first, second):
            _put(both, f"{place}.birth_record", Unreadable(f"{place}.birth_record"))
    elif second.startswith("children"):
        _put(both, f"{second}.iin", None)
        if not _get(both, f"{second}.birth_record"):
            _put(both, f"{second}.birth_record", Unreadable(f"{second}.birth_record"))
    elif isinstance(_get(both, second), dict):
        name = "iin" if ".dependants" in second else "number"
        _put(both, f"{second}.{name}", Unreadable(f"{second}.{name}"))
    else:
        return  # a number in a list of numbers: twice says no more than once
    yield both


def _unclaimed(mapping: Json) -> list[str]:
    """Numbers of parents and carers that the children name and no adult has: one of them may be a broken one's."""
    known = {adult.get("iin") for adult in mapping["adults"] if isinstance(adult.get("iin"), str)}
    children = mapping.get("children")
    named = [child.get(name) for child in (children if isinstance(children, list) else ()) for name in _REFERENCES]
    return list(dict.fromkeys(iin for iin in named if isinstance(iin, str) and is_iin(iin) and iin not in known))


def _unread_as_a_whole(mapping: Json, bad: BadFacts) -> Json:
    """Without the lists in which the places are: a rule that looks at one of them has to ask."""
    way = deepcopy(mapping)
    for place in bad.places:
        section = place.split("[")[0].split(".")[0]
        if section in ("adults", "applicant"):
            raise bad
        way[section] = Unreadable(section)
    return way


def _candidates(mapping: Json, path: str, rule: str) -> list[Any]:
    """The values that the field at the path may have been meant to have."""
    holder, name = _holder(mapping, path)
    if path in _SECTIONS:
        return [Unreadable(path)]
    shape = _shape_of(path)
    if shape is None:
        if rule in ("an IIN", "a member of the family"):  # in a list of numbers
            return [Unreadable(path)]
        raise _NoField
    if shape is Adult and name == "iin":
        if holder.get("iin") == mapping.get("applicant"):
            return []
        # Whose number it should be: anybody's whom the children name, or nobody's of whom they know.
        return [*_unclaimed(mapping), _DROP_RECORD]
    if shape is Child and name == "iin":
        return [None]
    if shape is Child and name == "birth_record" and rule == AN_IDENTIFIER:
        return [Unreadable(path)]
    if shape is Child and name == "sex":
        # No rule looks at it: one way will do, and one that did would ask.
        return [holder[name]] if rule in IN_THE_IIN else [Unreadable(path)]
    if shape is Child and name in _REFERENCES:
        return [None, *_adults_besides(mapping, holder, name)]
    kind = get_type_hints(shape)[name]
    if rule in IN_THE_IIN:
        return [holder[name], getattr(read_iin(holder["iin"]), name)]
    iin = holder.get("iin")
    if name == "birth_date" and isinstance(iin, str) and is_iin(iin):
        held = read_iin(iin).birth_date
        if held is not None and held.isoformat() != str(holder.get(name)):
            return [held]
    if name == "sex":
        return ["female", "male"]
    if kind in (bool, bool | None):
        return [True, False]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return list(kind)
    field = next(one for one in fields(shape) if one.name == name)
    empty = [None] if type(None) in get_args(kind) and field.default in (None, MISSING) else []
    return [*empty, Unreadable(path)]


def _adults_besides(mapping: Json, child: Json, name: str) -> list[str]:
    """Whom a broken number of a parent or carer may mean: a mother is a woman, and the other parent somebody else."""
    other = {"mother_iin": "father_iin", "father_iin": "mother_iin"}.get(name)
    taken = {child.get("iin"), child.get(other) if other else None}
    sex = {"mother_iin": "female", "father_iin": "male"}.get(name)
    adults = [adult.get("iin") for adult in mapping["adults"]]
    known = [iin for iin in adults if isinstance(iin, str) and iin not in taken and is_iin(iin)]
    return [iin for iin in known if sex is None or read_iin(iin).sex in (sex, None)]


def _look_for_unread(mapping: Json) -> None:
    """Raises BadFacts for the first field that a record names as unreadable, and takes it off that list."""
    if sections := mapping.pop(UNREAD, None):
        name, *rest = sections
        if rest:
            mapping[UNREAD] = rest
        raise BadFacts(name, "readable")
    for path, record in _records(mapping):
        while unread := record.get(UNREAD):
            name, *record[UNREAD] = unread
            if name not in NOT_FACTS:
                raise BadFacts(f"{path}.{name}", "readable")
        record.pop(UNREAD, None)


def _records(value: Any, path: str = "") -> Iterable[tuple[str, Json]]:
    """Every record in the mapping with its path."""
    if isinstance(value, dict):
        if path:
            yield path, value
        for key, inner in list(value.items()):
            yield from _records(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _records(inner, f"{path}[{index}]")


def _shape_of(path: str) -> type | None:
    """The class that has the field at the path; None for an element of a list."""
    shape: Any = Facts
    *way, name = path.split(".")
    for part in way:
        kind = get_type_hints(shape).get(part.split("[")[0])
        shape = next((one for one in get_args(kind) if is_dataclass(one)), Facts)
    if shape is not Facts and name.endswith("]"):
        return None
    if shape is Facts or name not in get_type_hints(shape):
        raise _NoField
    found: type = shape
    return found


_STEP = re.compile(r"(\w+)|\[(\d+)\]")


def _holder(mapping: Json, path: str) -> tuple[Any, Any]:
    """The record or list that holds the field, and its name or index there."""
    *way, last = [name or int(index) for name, index in _STEP.findall(path)]
    holder: Any = mapping
    for step in way:
        holder = holder[step]
    return holder, last


def _get(mapping: Json, path: str) -> Any:
    """What stands at the path; None if nothing does."""
    try:
        holder, name = _holder(mapping, path)
        return holder[name]
    except (LookupError, TypeError):
        return None
    except NotReadable:
        return Unreadable(path)


def _put(mapping: Json, path: str, value: Any) -> Json:
    holder, name = _holder(mapping, path)
    if value is _DROP_RECORD:
        return _put(mapping, path.rsplit(".", 1)[0], _DROP)
    if value is _DROP:
        del holder[name]
    else:
        holder[name] = value
    return mapping
