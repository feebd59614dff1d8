"""Every string that a person reads is marked, so that another language needs no hunt."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

ROOT = Path(settings.BASE_DIR)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# `compile`: a pattern is read by nobody.
MARKS = {
    "compile",
    "_",
    "gettext",
    "gettext_lazy",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}
# Long texts of their own, kept whole in one language and one file each.
TEXTS = {"templates/storefront/agreement.html", "templates/storefront/privacy.html"}

# Words of somebody else's file format, or that are looked for: translated they would not be found.
FORMATS = {"payments/bills.py", "freight/regions.py", "guard/phrases.py"}

PYTHON = [
    path.relative_to(ROOT)
    for app in [*settings.SHOP_APPS, "shop"]
    for path in sorted((ROOT / app.replace(".", "/")).rglob("*.py"))
    if not {"tests", "migrations", "demo"} & set(path.relative_to(ROOT).parts)
    and str(path.relative_to(ROOT)) not in FORMATS
]
TEMPLATES = [
    path.relative_to(ROOT)
    for path in sorted((ROOT / "templates").rglob("*.html"))
    if str(path.relative_to(ROOT)) not in TEXTS
]


def marked_strings(tree):
    """The constants inside a call of a marking function, and those that nobody reads."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in MARKS:
                found.update(id(child) for child in ast.walk(node))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(id(node.value))
    return found


@pytest.mark.parametrize("path", PYTHON, ids=str)
def test_every_chinese_string_in_the_code_is_marked(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    marked = marked_strings(tree)
    bare = [
        f"{path}:{node.lineno} {node.value!r}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CHINESE.search(node.value)
        and id(node) not in marked
    ]
    assert bare == []


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_every_chinese_string_in_a_template_is_marked(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    text = re.sub(r"{#.*?#}", "", text, flags=re.DOTALL)
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}", "", text, flags=re.DOTALL)
    text = re.sub(
        r"{%\s*blocktrans(late)?\b.*?{%\s*endblocktrans(late)?\s*%}", "", text, flags=re.DOTALL
    )
    text = re.sub(r"_\((\"[^\"]*\"|'[^']*')\)", "", text)
    text = re.sub(r"{%\s*trans(late)?\b.*?%}", "", text, flags=re.DOTALL)
    bare = [line.strip() for line in text.splitlines() if CHINESE.search(line)]
    assert bare == []


def theme_strings():
    """Every string that the admin's theme marks in the templates we use."""
    import unfold

    root = Path(unfold.__file__).parent
    for path in sorted(root.rglob("*.html")):
        if "contrib" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"{%\s*trans(?:late)?\s+([\"'])(.*?)\1", text):
            yield match.group(2)


def test_the_office_speaks_chinese_throughout():
    with translation.override("zh-hans"):
        english = sorted(
            {text for text in theme_strings() if not CHINESE.search(translation.gettext(text))}
        )
    assert english == []
