"""Starts one program so that it cannot outlive its parent: ``python child.py PARENT_PID SIGNAL USER -- COMMAND...``.

Run as a file, with nothing but the standard library, because it does what cannot be done safely between fork and
exec in a process with threads: it gives up root where USER is not ``-``, asks Linux for SIGNAL at the parent's death,
and becomes COMMAND under the same process id. Elsewhere than on Linux the parent's own clean-up has to do.
"""

import ctypes
import os
import pwd
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Become the command. Exits with 125 when the parent is gone already."""
    parent, signal_number, user, dashes, *command = arguments
    if dashes != "--" or not command:
        raise SystemExit("usage: child.py PARENT_PID SIGNAL USER -- COMMAND...")
    if user != "-":
        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal_number))
        if os.getppid() != int(parent):
            raise SystemExit(125)
    try:
        os.execvp(command[0], command)  # noqa: S606  (no shell is the point)
    except OSError as failed:
        raise SystemExit(f"{command[0]}: {failed.strerror}") from None


if __name__ == "__main__":
    main(sys.argv[1:])
