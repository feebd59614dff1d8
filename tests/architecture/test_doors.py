"""An app is entered by its doors: three that every app has, and those that docs/tour.md names."""

import ast
import re
from pathlib import Path

from django.conf import settings

from tests.architecture.test_layers import ROOT, sources

OPEN = {"queries", "services", "events"}
# Rows of core that other apps' rows are made of.
OF_CORES_ROWS = {"Deadline", "due_indexes"}
SECTION = (ROOT / "docs/tour.md").read_text(encoding="utf-8").split("## Which door")[1]
DOORS = {
    door
    for row in SECTION.split("\n## ")[0].splitlines()
    if row.startswith("| `")
    for door in re.findall(r"`([a-z_.]+)`", row.split("|")[1])
}


def app_of(dotted: str) -> str:
    """The app that a module belongs to; "" for what is not ours."""
    known = [app for app in settings.SHOP_APPS if f"{dotted}.".startswith(f"{app}.")]
    return known[0] if known else ""


def is_module(dotted: str) -> bool:
    path = ROOT / dotted.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").exists()


def home_of(path: Path) -> str:
    return app_of(".".join(path.with_suffix("").parts)) or path.parts[0]


def entries():
    """Every import of one app by another: file and line, module, name (None for a module)."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found = [(alias.name, None) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found = [
                    (f"{node.module}.{alias.name}", None)
                    if is_module(f"{node.module}.{alias.name}")
                    else (node.module, alias.name)
                    for alias in node.names
                ]
            else:
                continue
            for module, name in found:
                if app_of(module) not in {"", home_of(path)}:
                    yield f"{path}:{node.lineno}", module, name


def test_apps_are_entered_by_their_doors_alone():
    strangers = [
        f"{place} {module}"
        for place, module, _name in entries()
        if (app := app_of(module)) != "core"
        and module.removeprefix(f"{app}.") not in OPEN
        and module not in DOORS
    ]
    assert strangers == []


def test_every_door_leads_somewhere_and_is_used():
    used = {module for _place, module, _name in entries()}
    assert len(DOORS) > 20
    assert {door for door in DOORS if not is_module(door)} == set()
    assert DOORS - used == set()
    assert {door for door in DOORS if door.split(".")[-1] in OPEN} == set()


def test_what_begins_with_an_underscore_stays_at_home():
    private = [
        f"{place} {module}.{name}"
        for place, module, name in entries()
        if any(part.startswith("_") for part in f"{module}.{name or ''}".split("."))
    ]
    assert private == []


def test_cores_own_rows_stay_at_home():
    taken = {name for _place, module, name in entries() if module == "core.models"}
    assert taken == OF_CORES_ROWS
