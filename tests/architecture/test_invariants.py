"""Every invariant has a test that plants its corruption and sees it named."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from core.invariants import invariants

ROOT = Path(settings.BASE_DIR)


def finds_nothing(statement: ast.stmt) -> bool:
    """Whether it says that an audit found nothing: `assert not …`, `assert … == []`."""
    if not isinstance(statement, ast.Assert):
        return False
    test = statement.test
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return True
    sides = [test.left, *test.comparators] if isinstance(test, ast.Compare) else []
    return any(isinstance(side, ast.List | ast.Set) and not side.elts for side in sides)


def texts(function: ast.FunctionDef) -> Iterator[str]:
    """The strings in the test's statements and decorators, where it does not say "nothing"."""
    silent = {
        id(node)
        for statement in ast.walk(function)
        if isinstance(statement, ast.stmt) and finds_nothing(statement)
        for node in ast.walk(statement)
    }
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in silent
        ):
            yield node.value


def planted() -> set[str]:
    """What the tests expect to be named."""
    folders = [*(ROOT / app.replace(".", "/") / "tests" for app in settings.SHOP_APPS)]
    paths = [path for folder in folders for path in folder.glob("test_*.py")]
    return {
        text.partition(":")[0]
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        for text in texts(node)
    }


def test_each_is_planted_in_a_test_of_its_app():
    names = {one.name for one in invariants()}
    assert len(names) > 50
    assert sorted(names - planted()) == []


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ('assert broken("a.b") == []', False),
        ('assert not audit(now=now, names=["a.b"])', False),
        ('assert broken("a.b") == ["a.b: row 1"]', True),
        ('(found,) = broken("a.b")', True),
    ],
)
def test_who_expects_nothing_to_be_found_has_planted_nothing(line, counts):
    (function,) = ast.parse(f"def test_it():\n    {line}").body
    assert ("a.b" in set(texts(function))) is counts
