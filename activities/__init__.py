"""The effects of a case, one module per step; each activity is one idempotent effect under the key that it is given.

An activity writes *intended*, closes the session, calls, and writes *done*. It decides nothing about the case.
"""

from collections.abc import Callable
from typing import Any

from activities.account import AccountStep
from activities.assign import AssignStep
from activities.close import CloseStep
from activities.consent import ConsentStep
from activities.credit import CreditStep
from activities.decide import DecideStep
from activities.detect import DetectStep
from activities.notice import NoticeStep
from activities.notify import NotifyStep
from activities.offer import OfferStep
from activities.pay import PayStep
from activities.reckon import ReckonStep
from activities.register import RegisterStep
from activities.world import World

__all__ = ["World", "all_activities", "paying_activities"]


def all_activities(world: World) -> list[Callable[..., Any]]:
    """Every activity of cases and notices, ready for a worker."""
    account, assign, notice = AccountStep(world), AssignStep(world), NoticeStep(world)
    consent, detect, decide = ConsentStep(world), DetectStep(world), DecideStep(world)
    offer = OfferStep(world)
    return [
        detect.detect,
        detect.reassess,
        offer.offer,
        offer.read_receipt,
        consent.hear,
        consent.record_consent,
        account.find_account,
        account.ask_account,
        account.check_account,
        RegisterStep(world).register,
        assign.assign,
        assign.accept_amount,
        CreditStep(world).credit,
        decide.decide,
        decide.settle,
        NotifyStep(world).notify,
        CloseStep(world).close,
        notice.detect_notice,
        notice.tell,
    ]


def paying_activities(world: World) -> list[Callable[..., Any]]:
    """Every activity of payment runs."""
    pay, reckon = PayStep(world), ReckonStep(world)
    return [
        pay.pay_open,
        pay.pay_select,
        pay.pay_freeze,
        pay.pay_check,
        pay.pay_seal,
        pay.pay_send,
        pay.pay_answer,
        pay.pay_statement,
        pay.pay_cure,
        pay.pay_totals,
        pay.pay_close,
        reckon.pay_reckon,
        reckon.pay_tell,
    ]
