"""`make lock`: resolves requirements*.in into hash-locked requirements*.txt, with uv."""

import shutil
import subprocess

from local.paths import ROOT
from local.problem import Problem

NAMES = ("requirements", "requirements-local", "requirements-dev")
FLAGS = ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header"]


def main(arguments: list[str]) -> int:
    """Arguments go to `uv pip compile`, `--upgrade` for instance."""
    uv = shutil.which("uv")
    if uv is None:
        raise Problem("需要 uv / uv is needed: https://docs.astral.sh/uv/")
    for name in NAMES:
        command = [uv, "pip", "compile", "-q", *FLAGS, "--python-version", "3.11", *arguments]
        subprocess.run([*command, f"{name}.in", "-o", f"{name}.txt"], cwd=ROOT, check=True)
    return 0
