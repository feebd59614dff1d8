"""`python3 -m local COMMAND [ARGUMENTS]`: what the Makefile calls.

This file alone must parse on old Pythons, so that they are refused with a sentence.
"""

import importlib
import sys

COMMANDS = ("run", "test", "check", "manage", "docs", "bench", "lock", "install", "skips")


def main():  # noqa: ANN201  old Pythons must parse this
    # type: () -> int
    if sys.version_info < (3, 11):  # noqa: UP036  the point of this file
        sys.stderr.write(
            f"需要 Python 3.11 或更新版本 / Python 3.11 or newer is needed; this is {sys.version.split()[0]}.\n"
            "例如 / for example: make run PYTHON=python3.11\n"
        )
        return 1
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.stderr.write("usage: python3 -m local {}\n".format("|".join(COMMANDS)))
        return 2
    problem = importlib.import_module("local.problem")
    try:
        command = importlib.import_module("local." + sys.argv[1])
        return int(command.main(sys.argv[2:]) or 0)
    except problem.Problem as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
