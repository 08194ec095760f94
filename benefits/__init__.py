"""The law as code: decides one case exactly, for any day, with its reason. Imports nothing of ours; holds no I/O
but reading its own parameter files at start. Everything that others need is named here.
"""

from benefits.brief import ground_in_brief, main_figures
from benefits.catalogue import (
    Service,
    UnknownService,
    add_directory,
    load,
    region_folders,
    region_names,
    region_tables,
    remove_directory,
    service,
    services,
)
from benefits.decision import Condition, Decision, Frequency, Part, Right, TraceKind, TraceLine
from benefits.endings import WARNED, WARNED_OF_QUARTER, Ending, Undecided, endings, undecided_in
from benefits.evaluator import assess, assess_all, assess_each, awaits_law, own_end
from benefits.explain import explain
from benefits.facts import BadFacts, Facts, read_facts, read_facts_file
from benefits.family import Claim, FamilyCard, assess_family
from benefits.future import Month, Schedule, Stop, Stretch, schedule
from benefits.iin import BadIin, is_iin, make_iin, read_iin
from benefits.listing import Change, ListedParameter, changes_between, parameters_on
from benefits.notices import Notice, NoticeTopic, notice_topic, notice_topics, notices_due
from benefits.owed import Due, OwedMonth, owed
from benefits.parameter_file import BadParameters
from benefits.paying import PayDay, Paying, Recovering, may_contest_until, paying, recovering
from benefits.readings import Readings, assess_readings, notices_in, readings
from benefits.reckoned import (
    Grant,
    MonthAccount,
    Reckoned,
    Sum,
    by_month,
    differences,
    law_of,
    reckon,
)
from benefits.redecided import Redecided, redecide
from benefits.texts import LANGUAGES, Language, Texts
from benefits.what_if import Answer, ForWhom, for_whom, law_with, law_without_changes, values_changed
from benefits.worklist import Ahead, ToCheck, ahead_of, work_list

__all__ = [
    "LANGUAGES",
    "WARNED",
    "WARNED_OF_QUARTER",
    "Ahead",
    "Answer",
    "BadFacts",
    "BadIin",
    "BadParameters",
    "Change",
    "Claim",
    "Condition",
    "Decision",
    "Due",
    "Ending",
    "Facts",
    "FamilyCard",
    "ForWhom",
    "Frequency",
    "Grant",
    "Language",
    "ListedParameter",
    "Month",
    "MonthAccount",
    "Notice",
    "NoticeTopic",
    "OwedMonth",
    "Part",
    "PayDay",
    "Paying",
    "Readings",
    "Reckoned",
    "Recovering",
    "Redecided",
    "Right",
    "Schedule",
    "Service",
    "Stop",
    "Stretch",
    "Sum",
    "Texts",
    "ToCheck",
    "TraceKind",
    "TraceLine",
    "Undecided",
    "UnknownService",
    "add_directory",
    "ahead_of",
    "assess",
    "assess_all",
    "assess_each",
    "assess_family",
    "assess_readings",
    "awaits_law",
    "by_month",
    "changes_between",
    "differences",
    "endings",
    "explain",
    "for_whom",
    "ground_in_brief",
    "is_iin",
    "law_of",
    "law_with",
    "law_without_changes",
    "load",
    "main_figures",
    "make_iin",
    "may_contest_until",
    "notice_topic",
    "notice_topics",
    "notices_due",
    "notices_in",
    "owed",
    "own_end",
    "parameters_on",
    "paying",
    "read_facts",
    "read_facts_file",
    "read_iin",
    "readings",
    "reckon",
    "recovering",
    "redecide",
    "region_folders",
    "region_names",
    "region_tables",
    "remove_directory",
    "schedule",
    "service",
    "services",
    "undecided_in",
    "values_changed",
    "work_list",
]
