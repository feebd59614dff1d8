"""Becomes another program that dies with its parent: `child.py PARENT SIGNAL USER -- ARGV…`.

The kernel forgets PR_SET_PDEATHSIG whenever credentials change, so it is set last, right before
the program starts. USER is `same`, or one of two ways for root to run what refuses root:
`namespace` (a user namespace in which root looks like 65534) and `nobody` (really 65534, keeping
only the right to pass file permissions).
"""

import ctypes
import os
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = 65534
SETPRIV = [
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=+dac_override",
    "--bounding-set=-all,+dac_override",
    "--securebits=+no_setuid_fixup",
]


def enter_namespace(libc: ctypes.CDLL) -> None:
    """Root outside, 65534 inside; raises OSError where namespaces are refused."""
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are refused")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def main() -> None:
    parent, signal_number, user = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    argv = sys.argv[5:]
    libc = ctypes.CDLL(None, use_errno=True)
    if user == "nobody":
        again = [sys.executable, "-I", "-S", __file__, *sys.argv[1:3], "same", "--", *argv]
        os.execvp(SETPRIV[0], SETPRIV + again)
    if user == "namespace":
        enter_namespace(libc)
    libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        # The parent died before the line above: nobody will ever send the signal.
        sys.exit(1)
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    main()
