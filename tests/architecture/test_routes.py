"""What an address of the shop may be asked with."""

import ast
import re

from tests.architecture.test_layers import sources

# `<name>` alone means the same.
ANY_STRING = re.compile(r"<(str:)?\w+>")


def routes():
    """Every address that a `path(…)` names: where, and its text."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) == "path":
                yield f"{path}:{node.lineno}", ast.unparse(node.args[0])


def test_no_address_takes_any_string():
    """It would hand a NUL on to the database, which cannot read one: ids are slugs, and whatever is
    none is a page that does not exist."""
    found = list(routes())
    assert len(found) > 80
    assert [f"{place} {text}" for place, text in found if ANY_STRING.search(text)] == []
