"""The SMS centre of an operator: messages handed over, replies and delivery receipts taken in, over SMPP 3.4."""

from adapters.sms.smpp import SYSTEM, IncomingSms, Receipt, ReceiptState, SmppCentre, SmppInbox

__all__ = ["SYSTEM", "IncomingSms", "Receipt", "ReceiptState", "SmppCentre", "SmppInbox"]
