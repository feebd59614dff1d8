"""The house as its folders say it is: the contract is checked against the code, not believed."""

import ast
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LAYERS = [{name.strip() for name in line.split("|")} for line in CONTRACT["contracts"][0]["layers"]]


def sources(*, tests=False):
    """The code of the apps. The demo fills every app's tables from a file: data, not a layer."""
    for app in [*settings.SHOP_APPS, "shop"]:
        for path in sorted((ROOT / app.replace(".", "/")).rglob("*.py")):
            relative = path.relative_to(ROOT)
            if {"migrations", "demo"} & set(relative.parts) or (
                "tests" in relative.parts and not tests
            ):
                continue
            yield relative, ast.parse(path.read_text(encoding="utf-8"))


def test_every_app_has_its_line_in_the_contract():
    layered = set().union(*LAYERS) - {"shop.urls"}
    assert layered == set(settings.SHOP_APPS)


def test_every_layer_has_a_sentence_on_what_it_is_for():
    text = (ROOT / "pyproject.toml").read_text()
    for name in set().union(*LAYERS):
        word = name.split(".")[0]
        assert f"#   {word} " in text, f"{name} has no sentence in pyproject.toml"


def test_every_app_is_known_to_the_import_linter():
    roots = set(CONTRACT["root_packages"])
    assert {app.split(".")[0] for app in settings.SHOP_APPS} <= roots


def test_every_apps_imports_are_sorted_as_ours():
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    known = set(ruff["isort"]["known-first-party"])
    roots = {app.split(".")[0] for app in settings.SHOP_APPS}
    assert roots - known == set()


@pytest.mark.parametrize("private", ["models", "locks", "states"])
def test_models_locks_and_states_stay_at_home(private):
    strangers = []
    for path, tree in sources():
        home = path.parts[1] if path.parts[0] == "campaigns" else path.parts[0]
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                parts = node.module.split(".")
                named = [alias.name for alias in node.names]
                app = parts[1] if parts[0] == "campaigns" and len(parts) > 1 else parts[0]
                known = {name.split(".")[-1] for name in settings.SHOP_APPS} - {"core"}
                if app in known and app != home and (private in parts or private in named):
                    strangers.append(f"{path}:{node.lineno} {node.module}")
    assert strangers == []


def test_rows_are_locked_in_locks_alone():
    found = [
        f"{path}:{node.lineno}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("select_for_update", "row_lock"))
        or (isinstance(node, ast.alias) and node.name == "row_lock")
        if path.name != "locks.py" and path != Path("core/deliveries.py")
    ]
    assert found == []


def test_no_state_is_assigned_outside_the_machines():
    found = []
    for path, tree in sources():
        if path == Path("core/states.py"):
            continue
        for node in ast.walk(tree):
            targets = []
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, ast.AugAssign):
                targets = [node.target]
            if any(isinstance(t, ast.Attribute) and t.attr == "state" for t in targets):
                found.append(f"{path}:{node.lineno}")
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "update"
                and any(keyword.arg == "state" for keyword in node.keywords)
            ):
                found.append(f"{path}:{node.lineno}")
    assert found == []


def test_nobody_uses_model_signals():
    found = [
        f"{path}:{node.lineno}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module in {"django.db.models.signals", "django.dispatch"}
    ]
    assert found == []


def test_money_is_never_a_float_column():
    from django.apps import apps
    from django.db import models

    floats = [
        f"{model._meta.label}.{field.name}"
        for app in settings.SHOP_APPS
        for model in apps.get_app_config(app.split(".")[-1]).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.FloatField | models.DecimalField)
    ]
    assert floats == []


PEOPLE_OR_PLATFORM = {"core", "accounts", "wechat"}
# What a person tells the platform's 服务号, and who knows whom, whichever store it is about.
PEOPLES_OWN = {"notices.NoticeConsent", "notices.NoticePreference", "sharing.Tie"}


def test_every_row_that_belongs_to_a_merchant_has_its_store():
    from django.apps import apps

    homeless = [
        model._meta.label
        for app in settings.SHOP_APPS
        if app not in PEOPLE_OR_PLATFORM
        for model in apps.get_app_config(app.split(".")[-1]).get_models()
        if model._meta.label not in {"stores.Store", *PEOPLES_OWN}
        and "store" not in {field.name for field in model._meta.concrete_fields}
    ]
    assert homeless == []
