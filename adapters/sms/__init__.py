"""The SMS centre of an operator: messages handed over, replies and delivery receipts taken in, over SMPP 3.4."""

from adapters.sms.inbox import IncomingSms, Receipt, SmppInbox
from adapters.sms.pdu import ReceiptState
from adapters.sms.smpp import SYSTEM, SmppCentre

__all__ = ["SYSTEM", "IncomingSms", "Receipt", "ReceiptState", "SmppCentre", "SmppInbox"]
