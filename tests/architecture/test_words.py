"""One word for one thing in everything that people read. The choice stands in docs/glossary.md."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
REJECTED = {"您": "你", "店家": "商家", "卖家": "商家", "顾客": "买家", "客人": "买家"}
# An account, for the platform's staff and for the law; of a person who shops it is never said.
ACCOUNT = re.compile(r"《?用户协议》?|微信用户|用户编号|“用户”|管理用户|创建用户|用户权限|^用户$")

# A text that people agreed to changes with its version only, and not for the sake of a word.
AGREED = {"templates/storefront/privacy.html", "templates/storefront/agreement.html"}

# What merchants write is looked for in their words.
PATTERNS = {"guard/phrases.py"}

PYTHON = [
    path
    for app in [*settings.SHOP_APPS, "shop"]
    for path in sorted((ROOT / app.replace(".", "/")).rglob("*.py"))
    if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts)
    and str(path.relative_to(ROOT)) not in PATTERNS
]
OTHERS = [
    *(
        path
        for path in sorted((ROOT / "templates").rglob("*.*"))
        if str(path.relative_to(ROOT)) not in AGREED
    ),
    *sorted((ROOT / "static/js").glob("*.js")),
    *sorted((ROOT / "locale").rglob("*.po")),
    *sorted((ROOT / "office/demo").glob("*.toml")),
    ROOT / "README.zh-hans.md",
]


def read_by_people(path: Path) -> list[tuple[int, str]]:
    """The lines, or in Python the strings, with the number of the line where each begins."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return [
            (node.lineno, node.value)
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
    lines = text.splitlines()
    return [
        (number, re.sub(r'^msgstr "(.*)"$', r"\1", line)) for number, line in enumerate(lines, 1)
    ]


def rejected(text: str) -> list[str]:
    found = [word for word in REJECTED if word in text]
    return [*found, "用户"] if "用户" in ACCOUNT.sub("", text) else found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("你还没有下过单", []),
        ("您还没有下过单", ["您"]),
        ("请联系店家", ["店家"]),
        ("发给顾客", ["顾客"]),
        ("用户", []),
        ("《用户协议》和《隐私政策》", []),
        ("这个用户还没有付款", ["用户"]),
    ],
)
def test_a_rejected_word_is_seen(text, found):
    assert rejected(text) == found


def test_nobody_reads_a_rejected_word():
    assert len(PYTHON) > 300
    assert len(OTHERS) > 100
    wrong = [
        f"{path.relative_to(ROOT)}:{number} {word}"
        for path in [*PYTHON, *OTHERS]
        for number, text in read_by_people(path)
        for word in rejected(text)
    ]
    assert wrong == []


def test_the_glossary_says_which_word_was_chosen():
    for word, chosen in REJECTED.items():
        assert re.search(rf"^\| {chosen} \|.*{word}", GLOSSARY, re.MULTILINE), word
