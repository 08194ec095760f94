"""Why an SMS centre refuses a message: for the number, for the message, or for us. Only the first is about the person.

Statuses of SMPP 3.4, section 5.1.3. Whatever is not named here, and every status of an operator's own invention, is
taken for ours: then everything waits, one alarm is raised, and nobody loses a right by a mistake in our settings. Which
of an operator's own are about the number, its manual says, and a setting (`DEMEU_SMPP_NUMBER_STATUSES`).
"""

from typing import Final

ABOUT_THE_NUMBER: Final = frozenset({"ESME_RINVDSTADR"})
"""This number cannot be reached: the person is, for now, unreachable. The kind of number (TON, NPI) is what we write
and about us."""

IN_A_ROW: Final = 3
"""So many numbers, of one network or of any, none taken between them, and it is about us: an operator that has lost its
routes knows nobody."""

ABOUT_THE_MESSAGE: Final = frozenset(
    {
        "ESME_RINVMSGLEN",
        "ESME_RINVPARLEN",
        "ESME_RINVOPTPARAMVAL",
    }
)
"""This very message is not one: an operator looks, for to send it again would not help. What we write in every message
(coding, class, our key beside it) is about us."""
