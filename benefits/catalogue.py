"""The one table of services: found, not listed. A module in benefits/rules with a `RULE`, and the parameter file of the
same code, make a service; another directory of the same shape can be added (see `add_directory`).

Loading, at the first use, checks everything: a rule without a file, a file without a rule, and any fault in a file
stop it with file and line.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType

from benefits import rules
from benefits.assessment import Rule
from benefits.codes import Region
from benefits.dated import ParameterFile
from benefits.decision import Frequency
from benefits.law_checks import check_common, check_signed, check_used
from benefits.legislation import COMMON, MUST_STATE, TERMS, InForce, Legislation
from benefits.parameter_file import BadParameters, read_parameter_file
from benefits.regions import FILE as REGIONS
from benefits.regions import tables_by_region, with_lines
from benefits.said import said_in
from benefits.takes import Takes
from benefits.texts import Texts

PARAMETERS = Path(__file__).parent / "parameters"
READ_BY_ALL = frozenset({"payments", "kandas_statuses"})
"""What is looked into for every service: whether the right is paid already, and whether a kandas's status holds."""
NO_EVENT = "none"


class UnknownService(KeyError):
    """No service has this code."""

    def __init__(self, code: str, known: tuple[str, ...]) -> None:
        super().__init__(code)
        self.code = code
        self.known = known

    def __str__(self) -> str:
        return f"unknown service {self.code!r}; one of {', '.join(self.known)}"


@dataclass(frozen=True, slots=True)
class Service:
    """What the steps of a case need to know of a service, as in force on a day.

    Windows in calendar days, terms in working days. `again_after_days`: after which ending of a case the right is
    looked at again by itself, and after how many days; `most_offers`: after so many offers in vain no more.
    `follows_changes`: who is paid and whose family changes is offered the difference, or, with `grants_changes`, given
    it without being asked again.
    `offered`: the Card offers it proactively. `reads`: the fields of
    Facts that the law looks into besides the applicant (data minimisation: nothing else is asked for). `events`: what
    a registry may report that opens a case.
    """

    code: str
    names: Texts
    ground: Texts
    payer: str
    decider: str
    frequency: Frequency
    consent_window_days: int
    reminder_after_days: int
    late_reply_days: int
    account_days: int
    term_working_days: int
    document_days: int
    offered: bool
    reads: frozenset[str]
    events: frozenset[str]
    again_after_days: Mapping[str, int]
    most_offers: int
    follows_changes: bool
    grants_changes: bool


class Benefit:
    """A rule with its legislation."""

    __slots__ = ("_as_known", "_services", "code", "legislation", "rule")

    def __init__(self, rule: Rule, legislation: Legislation) -> None:
        self.code = rule.code
        self.rule = rule
        self.legislation = legislation
        self._services: dict[int, tuple[InForce, Service]] = {}
        self._as_known: dict[int, Benefit] = {}

    def as_known(self, day: date) -> "Benefit":
        """The same benefit by the law as it was known on the day."""
        law = self.legislation.as_known(day)
        if law is self.legislation:
            return self
        return self._as_known.setdefault(id(law), Benefit(self.rule, law))  # the law is kept, so its id is its own

    def service(self, on: date | None = None) -> Service:
        """The service on a day; without a day, by the last values known."""
        return self.service_in(self.legislation.at(on or date.max))

    def service_in(self, in_force: InForce) -> Service:
        """The service under the values in force."""
        kept = self._services.get(id(in_force))
        if kept is None:
            kept = self._services[id(in_force)] = (in_force, self._service(in_force))
        return kept[1]

    def _service(self, in_force: InForce) -> Service:
        own, word, number = self.legislation.own, in_force.single, in_force.single
        return Service(
            code=self.code,
            names=self.legislation.title(in_force, {}),
            ground=self.legislation.references[own.reference or ""],
            payer=word["payer"].word,
            decider=word["decider"].word,
            frequency=Frequency(word["frequency"].word),
            consent_window_days=int(number["consent_window_days"].value),
            reminder_after_days=int(number["reminder_after_days"].value),
            late_reply_days=int(number["late_reply_days"].value),
            account_days=int(number["account_days"].value),
            term_working_days=int(number["term_working_days"].value),
            document_days=int(number["document_days"].value),
            offered=word["offered"].word == "yes",
            reads=self.rule.reads | READ_BY_ALL,
            events=word["events"].codes - {NO_EVENT},
            again_after_days={
                ending: int(entry.value) for ending, entry in in_force.tables["again_after_days"].items()
            },
            most_offers=int(number["most_offers"].value),
            follows_changes=word["follows_changes"].word != "no",
            grants_changes=word["follows_changes"].word == "granted",
        )


def benefit(code: str, known: date | None = None) -> Benefit:
    """The benefit with this code; by the law as it was `known` on a day, or by all that is known. Raises
    UnknownService.
    """
    there = load()
    found = there.get(code)
    if found is None:
        raise UnknownService(code, tuple(there))
    return found if known is None else found.as_known(known)


def service(code: str, on: date | None = None) -> Service:
    """The service on a day; without a day, by the last values known. Raises UnknownService."""
    return benefit(code).service(on)


def services(on: date | None = None, *, every: bool = False) -> tuple[Service, ...]:
    """The services that the Card offers, by code; with `every` also those that the law holds but the Card does not
    offer. One that begins on a later day is not there yet.

    Raises BadFacts for a day before the first of all.
    """
    known = [one for _, one in sorted(load().items())]
    begun = [one for one in known if on is None or on >= one.legislation.first_day]
    if not begun:
        begun = [min(known, key=lambda one: one.legislation.first_day)]  # which says from when on it is known
    found = (one.service(on) for one in begun)
    return tuple(one for one in found if every or one.offered)


def load() -> dict[str, Benefit]:
    """All benefits by code, read at the first call and kept. Programs call it at their start, so that a fault in the
    law stops them there. Raises BadParameters with file and line.
    """
    if not _benefits:
        modules = _own_modules()
        common = read_parameter_file(PARAMETERS / f"{COMMON}.yaml")
        check_common(common, {name for rule in _rules(modules) for name in (rule.takes | TERMS).kinds()})
        _benefits.update(_load(modules, PARAMETERS))
    return _benefits


@contextmanager
def instead(others: Mapping[str, Benefit]) -> Iterator[None]:
    """For as long as it is open the law is these benefits alone: for those who ask what another law would give."""
    there, given = dict(load()), dict(others)  # `others` may be the very table that is emptied
    _benefits.clear()
    _benefits.update(given)
    try:
        yield
    finally:
        _benefits.clear()
        _benefits.update(there)


def add_directory(path: Path) -> tuple[str, ...]:
    """Add the benefits of a directory: modules `*.py` with a `RULE`, and beside them a file `CODE.yaml` for each. The
    figures of its `regions.csv`, if it has one, go before those that the parameters hold.

    Gives the codes added. Nothing outside the directory is touched; `remove_directory` takes them away again. Raises
    BadParameters, or ValueError for a code that exists already.
    """
    modules = [_import_file(file) for file in sorted(path.glob("*.py")) if not file.name.startswith("_")]
    added = _load(modules, path)
    known = load()
    taken = sorted(set(added) & set(known))
    if taken:
        raise ValueError(f"a benefit with this code exists already: {', '.join(taken)}")
    renewed = _with_regions(path, (*region_folders(), path.resolve()))
    known.update(added | renewed)
    _directories[path.resolve()] = tuple(added)
    return tuple(added)


def remove_directory(path: Path) -> None:
    """Take away the benefits that `add_directory` added from this directory."""
    for code in _directories.pop(path.resolve()):
        del _benefits[code]
    _benefits.update(_with_regions(path, region_folders()))


def region_folders() -> tuple[Path, ...]:
    """Where regional figures are read from: the parameters' own folder, then each that was added."""
    return (PARAMETERS, *_directories)


def region_tables() -> tuple[str, ...]:
    """The names of all parameters by region."""
    return tuple(dict.fromkeys(name for one in load().values() for name in tables_by_region(one.rule.takes)))


def region_names() -> dict[str, Texts]:
    """Every region of the country by its code (ISO 3166-2)."""
    words = read_parameter_file(PARAMETERS / f"{COMMON}.yaml").words
    return {region.value: words[region] for region in Region}


def _with_regions(changed: Path, folders: tuple[Path, ...]) -> dict[str, Benefit]:
    """Our own benefits by region, read anew with the figures of the folders, if the changed one holds any."""
    if not (changed / REGIONS).exists():
        return {}
    common = read_parameter_file(PARAMETERS / f"{COMMON}.yaml")
    return {
        code: Benefit(one.rule, read_legislation(PARAMETERS / f"{code}.yaml", common, one.rule.takes | TERMS, folders))
        for code, one in _benefits.items()
        if one.legislation.own.path.parent == PARAMETERS and tables_by_region(one.rule.takes)
    }


def _load(modules: list[ModuleType], parameters: Path) -> dict[str, Benefit]:
    common = read_parameter_file(PARAMETERS / f"{COMMON}.yaml")
    found: dict[str, Benefit] = {}
    for module in modules:
        _check_said(module)
    for rule in _rules(modules):
        path = parameters / f"{rule.code}.yaml"
        if rule.code in found:
            raise BadParameters(path, 1, f"two modules declare a RULE with the code {rule.code!r}")
        if not path.exists():
            raise BadParameters(path, 1, f"there is no such file for the rule {rule.code!r}")
        found[rule.code] = Benefit(rule, read_legislation(path, common, rule.takes | TERMS))
    for file in parameters.glob("*.yaml"):
        if file.stem != COMMON and file.stem not in found:
            raise BadParameters(file, 1, "no module declares a RULE with this code")
    return found


def _check_said(module: ModuleType) -> None:
    """A rule says nothing that it does not list: it would have no text."""
    for rule in _rules([module]):
        texts, path = (rule.takes | TERMS).texts(), Path(module.__file__ or "")
        for line, code in said_in(path):
            if code not in texts:
                raise BadParameters(path, line, f"{code!r} is said and not listed under `says` of the rule")


def _rules(modules: Iterable[ModuleType]) -> list[Rule]:
    declared = (getattr(module, "RULE", None) for module in modules)
    return [rule for rule in declared if isinstance(rule, Rule)]


def read_legislation(
    path: Path,
    common: ParameterFile,
    takes: Takes,
    regions_in: tuple[Path, ...] = (),
    must_state: tuple[str, ...] = MUST_STATE,
) -> Legislation:
    """The legislation of one file on top of the common one, of which `takes` is read. `regions_in` are further folders
    with regional figures. Raises BadParameters.
    """
    own = with_lines(read_parameter_file(path), common, takes, (PARAMETERS, path.parent, *regions_in))
    if own.service != path.stem:
        raise BadParameters(path, 1, f"the file of {own.service!r} must be named {own.service}.yaml")
    if own.reference is None or own.reference not in {**common.references, **own.references}:
        raise BadParameters(path, 1, "the file needs a reference that is defined under references")
    law = Legislation(own, common, takes, must_state)
    check_used(law)
    check_signed(law)
    return law


def _import_file(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benefits_added_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot import {file.name}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as wrong:
        line = wrong.lineno if isinstance(wrong, SyntaxError) else None
        raise BadParameters(file, line or 1, f"the module cannot be read: {type(wrong).__name__}: {wrong}") from wrong
    return module


def _own_modules() -> list[ModuleType]:
    prefix = rules.__name__ + "."
    return [importlib.import_module(found.name) for found in pkgutil.iter_modules(rules.__path__, prefix)]


# Read at the first use and not at import: a typing error in a file may not stop `--help`.
_benefits: dict[str, Benefit] = {}
_directories: dict[Path, tuple[str, ...]] = {}
