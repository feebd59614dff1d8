"""The pages of docs/ name what there is."""

import re
from functools import cache

import pytest

from core.management.commands.docs_build import facts_page
from local.paths import ROOT

NAMED = re.compile(r"`([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?:\(\))?`")
CODE = {".py", ".html", ".js", ".css", ".toml", ".ini", ".txt", ".in", ".json"}
PAGES = sorted(ROOT.glob("docs/**/*.md"))


@cache
def words():
    """Every name that the code holds."""
    ours = [path for path in ROOT.iterdir() if path.name not in {"docs", "node_modules"}]
    files = [path for path in ours if path.is_file()]
    for folder in ours:
        if folder.is_dir() and not folder.name.startswith("."):
            files += folder.rglob("*")
    texts = (path.read_text(encoding="utf-8") for path in files if path.suffix in CODE)
    return {word for text in texts for word in re.findall(r"\w+", text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_name_on_a_page_is_in_the_code(page):
    gone = sorted(set(NAMED.findall(page.read_text())) - words())
    assert gone == []


def test_what_a_fact_means_is_a_whole_sentence():
    rows = [line.split(" | ") for line in facts_page().splitlines() if line.startswith("| `")]
    assert rows
    assert [row[1] for row in rows if not row[1].endswith((".", "!", "?"))] == []
