"""Why an SMS centre refuses a message: for the number, for the message, or for us. Only the first is about the person.

Statuses of SMPP 3.4, section 5.1.3. Whatever is not named here, and every status of an operator's own invention, is
taken for ours: then everything waits, one alarm is raised, and nobody loses a right by a mistake in our settings. Which
of an operator's own are about the number, its manual says, and a setting (`DEMEU_SMPP_NUMBER_STATUSES`).
"""

from typing import Final

ABOUT_THE_NUMBER: Final = frozenset(
    {"ESME_RINVDSTADR", "ESME_RINVDSTTON", "ESME_RINVDSTNPI", "ESME_RINVNUMDESTS", "ESME_RINVDESTFLAG"}
)
"""This number cannot be reached: the person is, for now, unreachable."""

ABOUT_THE_MESSAGE: Final = frozenset(
    {
        "ESME_RINVMSGLEN",
        "ESME_RINVESMCLASS",
        "ESME_RINVDCS",
        "ESME_RINVPARLEN",
        "ESME_RINVOPTPARSTREAM",
        "ESME_ROPTPARNOTALLWD",
        "ESME_RMISSINGOPTPARAM",
        "ESME_RINVOPTPARAMVAL",
        "ESME_RINVREGDLVFLG",
    }
)
"""This very message is not one: an operator looks, for to send it again would not help."""
