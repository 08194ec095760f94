"""Who pays the months: the account that they are paid from, and what a payment is called in a file."""

from dataclasses import dataclass
from typing import TypeVar

from adapters.bank_files import Alphabet, BankFiles, Debtor, Head, Order
from card import run_lines
from card.run_tables import RunBatch

T = TypeVar("T")

NOT_SET = "nobody pays here: DEMEU_PAYER_IBAN and the others that begin so are not set"


@dataclass(frozen=True)
class Payer:
    """`files`: where the files go; the fund's account is where contributions go that were kept back."""

    files: BankFiles
    debtor: Debtor
    fund_iban: str
    alphabet: Alphabet = Alphabet.CYRILLIC

    def head(self, batch: RunBatch) -> Head:
        """What the file declares: as it was frozen."""
        return Head(
            message_id=batch.key,
            created_at=batch.made_at,
            execution_day=_there(batch.execution_day),
            debtor=self.debtor,
            count=_there(batch.count),
            total=_there(batch.total),
        )

    def order(self, row: run_lines.Order, purpose_code: str) -> Order:
        return Order(
            end_to_end_id=row.end_to_end_id,
            amount=row.amount,
            iban=row.iban or self.fund_iban,
            iin=row.iin,
            name=row.name,
            purpose_code=purpose_code,
            text=f"{row.service} {row.month:%m.%Y}",
        )


def _there(value: T | None) -> T:
    if value is None:
        raise ValueError("a file that leaves has declared its sums")
    return value
