"""`make docs`: writes the documents that the code itself dictates."""

import subprocess

from local import environment
from local.install import LOCAL, install
from local.paths import DATA, ROOT, python


def main(arguments: list[str]) -> int:
    install(LOCAL)
    env = environment.base("development", DATA)
    command = [python(), "manage.py", "docs_build", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
