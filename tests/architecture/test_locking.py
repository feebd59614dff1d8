"""docs/locking.md is true: its files, functions, constraints and invariants exist."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from core.invariants import invariants

ROOT = Path(settings.BASE_DIR)
PAGE = (ROOT / "docs/locking.md").read_text(encoding="utf-8")
LOCKS = sorted(
    path for app in settings.SHOP_APPS for path in (ROOT / app.replace(".", "/")).glob("locks.py")
)


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_file_it_names_exists():
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.(?:py|md))`", PAGE))
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_lock_is_on_the_page(path):
    missing = [name for name in functions(path) if f"`{name}`" not in PAGE]
    assert (str(path.relative_to(ROOT)) in PAGE, missing) == (True, [])


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_foreign_keys_never_wait_for_a_lock_except_on_people(path):
    asked = re.findall(r"select_for_update\(([^)]*)\)", path.read_text(encoding="utf-8"))
    without = [arguments for arguments in asked if "no_key=True" not in arguments]
    assert (without == []) is (path.parent.name != "accounts")


def test_every_constraint_and_invariant_it_names_exists():
    constraints = {
        constraint.name for model in apps.get_models() for constraint in model._meta.constraints
    }
    known = constraints | {one.name for one in invariants()}
    rows = PAGE.split("## The scarce counters")[1].split("## Rules")[0].splitlines()
    named = {name for row in rows for name in re.findall(r"`([a-z_]+[._][a-z_]+)`", row)}
    assert len(named) > 8
    assert named - known == set()
