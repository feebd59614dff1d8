"""Ends the process groups of a supervisor that is gone: reads `add PGID` / `remove PGID` lines.

Grandchildren (a web server's workers) do not get the death signal that the kernel sends to direct
children. This process does notice: the pipe it reads closes when the supervisor dies, however it
dies. Groups get SIGTERM, and SIGKILL two seconds later if something is left.
"""

import os
import signal
import sys
import time

PATIENCE_S = 2.0


def send(group: int, signal_number: int) -> bool:
    """Whether there was anything left in the group to send to."""
    try:
        os.killpg(group, signal_number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        verb, _, group = line.partition(" ")
        (groups.add if verb == "add" else groups.discard)(int(group))
    left = {group for group in groups if send(group, signal.SIGTERM)}
    give_up = time.monotonic() + PATIENCE_S
    while left and time.monotonic() < give_up:
        time.sleep(0.05)
        left = {group for group in left if send(group, 0)}
    for group in left:
        send(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
