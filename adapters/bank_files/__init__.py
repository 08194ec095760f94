"""The banks in files of ISO 20022: payments out (pain.001.001.09), their status and what was booked in
(pain.002.001.10, camt.054.001.08), and the exchange of all three over HTTP.

A file is read in two ways of failing: what the whole file breaks refuses it whole, with the line and the rule, before
any line is given out; what one line breaks stands in that line as the reason why it waits for a person. Nothing here
stores, matches or decides. Files are streamed, so memory does not grow with them.
"""

from adapters.bank_files.client import Arrival, BankFiles, FileReceipt, HttpBankFiles
from adapters.bank_files.initiation import write_initiation
from adapters.bank_files.letters import Alphabet, fit
from adapters.bank_files.records import (
    BadBatch,
    Debtor,
    FileRefused,
    Head,
    Limits,
    Line,
    LineState,
    Order,
    Rule,
    Waits,
    totals,
)
from adapters.bank_files.statement import Ours, Statement, read_statement
from adapters.bank_files.status_report import StatusReport, read_report

__all__ = [
    "Alphabet",
    "Arrival",
    "BadBatch",
    "BankFiles",
    "Debtor",
    "FileReceipt",
    "FileRefused",
    "Head",
    "HttpBankFiles",
    "Limits",
    "Line",
    "LineState",
    "Order",
    "Ours",
    "Rule",
    "Statement",
    "StatusReport",
    "Waits",
    "fit",
    "read_report",
    "read_statement",
    "totals",
    "write_initiation",
]
