"""The frame of every page: it needs no person, leads to what the law wants, and obeys the CSP."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.template.loader import get_template, render_to_string
from django.test import Client

TEMPLATES = Path(settings.BASE_DIR) / "templates"
STATIC = Path(settings.BASE_DIR) / "static"
PAGES = [
    path.relative_to(TEMPLATES)
    for path in sorted(TEMPLATES.rglob("*.html"))
    if path.relative_to(TEMPLATES).parts[0] not in {"admin", "unfold"}
]
ERRORS = ["400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html", "503.html"]
# The look of a class may come from these, and from nowhere else.
SHEETS = [*sorted((STATIC / "css").glob("*.css"))]


def text_of(path: Path) -> str:
    """A template without its comments."""
    return re.sub(r"{#.*?#}", "", (TEMPLATES / path).read_text(encoding="utf-8"))


def plain(text: str) -> str:
    """A template without its tags; a "?" stands where a value would."""
    return re.sub(r"{{.*?}}", "?", re.sub(r"{%.*?%}", " ", text))


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_page_shows_without_request_person_or_database(name):
    page = render_to_string(name)
    assert '<main id="main"' in page
    for path in ("/licences/", "/agreement/", "/privacy/"):
        assert f'href="{path}"' in page
    assert re.search(r'class="weui-btn [^"]*" href="/|<button', page), "a way on"


def test_the_frame_reads_nothing_of_a_person():
    """A request without user, session, messages and cookies, as a public page gets it."""
    bare = HttpRequest()
    bare.META = {"SERVER_NAME": "testserver", "SERVER_PORT": "80"}
    page = get_template("base.html").render({}, bare)
    assert "csrfmiddlewaretoken" not in page
    assert not re.search(
        r"\b(user|session|perms)\b\.|messages",
        text_of(Path("base.html")).replace("{% block messages %}", ""),
    )


def test_what_the_last_act_did_is_said_on_personal_pages_only():
    said = [str(path) for path in PAGES if re.search(r"\bmessages\b %}", text_of(path))]
    assert said == ["base.html", "personal.html"]


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_a_template_holds_no_inline_script_or_style(path):
    text = text_of(path)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script\b[^>]*>", text))


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_what_htmx_sends_works_without_it(path):
    """Every hx-post is a real form with its own token; public pages carry none."""
    text = text_of(path)
    for tag in re.findall(r"<form\b[^>]*hx-post[^>]*>", text):
        assert 'method="post"' in tag
        assert "action=" in tag
    assert text.count("{% csrf_token %}") >= text.count('method="post"')


def test_every_class_of_ours_has_a_look():
    """A class that no style sheet knows is a slip of the pen."""
    weui = finders.find("weui/weui.min.css")
    if weui is None:
        pytest.skip("the npm packages are not installed")
    sheets = [Path(weui).read_text(encoding="utf-8")]
    sheets += [sheet.read_text(encoding="utf-8") for sheet in SHEETS]
    known = set(re.findall(r"\.([a-zA-Z][\w-]*)", "".join(sheets)))
    unknown = {
        f"{path}: {name}"
        for path in PAGES
        for value in re.findall(r'class="([^"]*)"', plain(text_of(path)))
        for name in value.split()
        if "?" not in name and name not in known and not name.startswith("page-")
    }
    assert unknown == set()


def test_every_static_file_that_a_template_names_exists():
    named = {
        name
        for path in PAGES
        for name in re.findall(r"{%\s*static\s+[\"']([^\"']+)[\"']\s*%}", text_of(path))
    }
    assert {name for name in named if finders.find(name) is None} <= {"weui/weui.min.css"}


def test_every_drawn_icon_that_a_template_names_exists():
    drawn = set(re.findall(r'id="(\w+)"', (STATIC / "img" / "icons.svg").read_text()))
    named = {name for path in PAGES for name in re.findall(r'icons\.svg" %}#(\w+)', text_of(path))}
    assert named == drawn


def test_the_scripts_say_nothing_of_their_own():
    """Words for people are marked for translation in templates and travel in data attributes."""
    for script in sorted((STATIC / "js").glob("*.js")):
        text = script.read_text(encoding="utf-8")
        assert not re.search(r"[\u4e00-\u9fff]", text), script.name
        assert text.count("\n") < 120, script.name


@pytest.mark.django_db
def test_the_policy_allows_no_inline_code(client: Client):
    policy = client.get("/sign-in/")["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
