"""Small scripts in a real browser, on pages of a few lines: what they do when a clock is wrong, a
network is away, or WeChat is old."""

import re
from pathlib import Path

import django_htmx
import pytest

from tests.journeys.conftest import WECHAT
from tests.shop import ROOT

HOST = "https://shop.example"
HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
WECOM = f"{WECHAT} wxwork/4.1.20"
# The server's time in these tests, and a phone that is ten minutes fast.
NOW, PHONE = "2026-03-01T12:00:00Z", "2026-03-01T12:10:00Z"
BEFORE = "2026-03-01T11:00:00Z"


@pytest.fixture
def page_of(browser):
    """page_of(html): the page at HOST, and what else is asked for there; `answers` by path."""
    contexts = []

    def make(html, *, answers=None, agent=None, at=None):
        context = browser.new_context(user_agent=agent)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8_000)
        if at:
            # The clock runs from its installing on, and cannot be stopped in its past.
            page.clock.install(time=BEFORE)
            page.clock.pause_at(at)
        page.loads = 0

        def answer(route):
            path = re.sub(r"\?.*", "", route.request.url.removeprefix(HOST))
            if path == "/":
                page.loads += 1
                return route.fulfill(body=html, content_type="text/html; charset=utf-8")
            if path.startswith("/static/"):
                file = HTMX if path.endswith("htmx.js") else ROOT / path[1:]
                return route.fulfill(path=file, content_type="text/javascript")
            found = (answers or {}).get(path, 404)
            found = found(route.request) if callable(found) else found
            if found == "away":
                return route.abort()
            if isinstance(found, int):
                return route.fulfill(status=found)
            kind = "application/json" if found.startswith("{") else "text/html; charset=utf-8"
            return route.fulfill(body=found, content_type=kind)

        page.route("**/*", answer)
        page.goto(HOST + "/")
        return page

    yield make
    for context in contexts:
        context.close()


# --- countdowns ---
COUNTDOWN = """<!doctype html><title>x</title>
<time data-countdown="2026-03-01T12:05:00Z" data-countdown-reload="2"></time>
<script src="/static/js/countdown.js" data-days="天"></script>"""


def test_a_phone_that_is_fast_does_not_reload_before_the_servers_time_is_up(page_of):
    page = page_of(COUNTDOWN, at=PHONE)
    page.clock.run_for(10_000)
    assert page.loads == 1
    page.evaluate(
        """now => {
            document.body.insertAdjacentHTML("beforeend", `<p data-now="${now}"></p>`);
            document.dispatchEvent(new Event("htmx:afterSettle"));
        }""",
        NOW,
    )
    assert page.locator("time").inner_text() == "00:05:00"
    page.clock.run_for(4 * 60_000)
    assert page.loads == 1
    with page.expect_event("load"):
        page.clock.run_for(65_000)
    assert page.loads == 2


def test_the_servers_time_calls_a_reload_off_that_was_armed_by_an_older_one(page_of):
    page = page_of(COUNTDOWN.replace("<time", f'<p data-now="{PHONE}"></p><time'), at=PHONE)
    page.evaluate(
        """now => {
            document.body.insertAdjacentHTML("beforeend", `<p data-now="${now}"></p>`);
            document.dispatchEvent(new Event("htmx:afterSettle"));
        }""",
        NOW,
    )
    page.clock.run_for(10_000)
    assert page.loads == 1


# --- failures ---
FAILURES = """<!doctype html><title>x</title>
<form method="post" action="/act" hx-post="/act" hx-target="#said"><button>去</button></form>
<a href="/look" hx-get="/look" hx-target="#said">看</a><p id="said"></p>
<script src="/static/htmx.js"></script>
<script src="/static/js/failures.js" data-signed-out="登录状态变了" data-busy="太频繁"
    data-server="服务器" data-stale="请刷新" data-offline="没有提交" data-offline-reading="没有更新">
</script>"""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (403, "登录状态变了"),
        (429, "太频繁"),
        (500, "服务器"),
        (409, "请刷新"),
        ("away", "没有提交"),
    ],
)
def test_what_does_not_come_back_is_said(page_of, answer, said):
    answers = {"/act": answer, "/look": "好了"}
    page = page_of(FAILURES, answers=answers)
    page.get_by_role("button", name="去").click()
    page.get_by_role("alert").get_by_text(said).wait_for()
    page.get_by_role("link", name="看").click()
    page.locator("#said", has_text="好了").wait_for()
    assert page.get_by_role("alert").count() == 0
    answers["/look"] = "away"
    page.get_by_role("link", name="看").click()
    page.get_by_role("alert").get_by_text("没有更新").wait_for()


# --- sharing ---
# An SDK that is ready at once and writes down what it is asked; `OLD` refuses the new calls.
SDK = """
window.asked = [];
const note = (name, refuses) => (told) => {
  window.asked.push([name, told.link || (told.menuList || []).join()]);
  if (refuses && told.fail) told.fail({ errMsg: "refused" });
};
window.wx = {
  config() {}, ready(heard) { heard(); }, hideMenuItems: note("hideMenuItems"),
  updateAppMessageShareData: note("updateAppMessageShareData", OLD),
  updateTimelineShareData: note("updateTimelineShareData", OLD),
  onMenuShareAppMessage: note("onMenuShareAppMessage"),
  onMenuShareTimeline: note("onMenuShareTimeline"),
};"""
CARD = """<!doctype html><title>x</title>
<div data-share data-share-url="/share/" data-share-ticket="t" data-share-link="https://shop.example/p/"
    data-share-channels="CHANNELS" data-jssdk-url="/jssdk/" data-jssdk-src="/sdk/">
  <form method="post" action="/share/">
    <input type="hidden" name="csrfmiddlewaretoken" value="c"><button data-share-copy>复制</button>
  </form>
</div>
<script>SDK</script>
<script src="/static/js/share.js" data-copied="已复制"></script>"""
LINK = '{"link": "https://shop.example/p/?s=mine"}'


def card(*, channels="friend moments", old=False):
    sdk = SDK.replace("OLD", "true" if old else "false")
    return CARD.replace("CHANNELS", channels).replace("SDK", sdk)


def asked_of_sdk(page, number):
    page.wait_for_function("number => window.asked.length >= number", arg=number)
    return page.evaluate("window.asked")


def test_an_old_wechat_is_told_by_the_old_calls(page_of):
    page = page_of(card(old=True), answers={"/share/": LINK, "/jssdk/": "{}"}, agent=WECHAT)
    mine = "https://shop.example/p/?s=mine"
    assert asked_of_sdk(page, 4) == [
        ["updateAppMessageShareData", mine],
        ["onMenuShareAppMessage", mine],
        ["updateTimelineShareData", mine],
        ["onMenuShareTimeline", mine],
    ]


def test_a_page_without_moments_hides_them_in_wechats_menu(page_of):
    answers = {"/share/": "away", "/jssdk/": "{}"}
    page = page_of(card(channels="friend"), answers=answers, agent=WECHAT)
    # Without a link of one's own the card still leads to the page.
    assert asked_of_sdk(page, 2) == [
        ["hideMenuItems", "menuItem:share:timeline"],
        ["updateAppMessageShareData", "https://shop.example/p/"],
    ]


@pytest.mark.parametrize(("agent", "channel"), [(WECHAT, "friend"), (WECOM, "wecom")])
def test_wecom_is_a_channel_of_its_own(page_of, agent, channel):
    answers = {"/share/": LINK, "/jssdk/": "{}"}
    page = page_of("<!doctype html><title>x</title>", answers=answers, agent=agent)
    sent = []
    page.on("request", lambda one: sent.append(one.post_data) if one.method == "POST" else None)
    page.set_content(card(channels="friend"))
    asked_of_sdk(page, 2)
    assert sent == [f"ticket=t&channel={channel}"]


def test_a_link_that_cannot_be_copied_is_shown_to_be_copied_by_hand(page_of):
    answers = {"/share/": "away"}
    page = page_of(card(), answers=answers)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=HOST)
    answers["/share/"] = LINK
    page.get_by_role("button", name="复制").click()
    page.get_by_role("status").get_by_text("已复制").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "https://shop.example/p/?s=mine"


def test_a_copy_that_fails_submits_the_form(page_of):
    def answer(request):
        script = "json" in request.headers["accept"]
        return 500 if script else "<title>手动复制</title>"

    page = page_of(card(), answers={"/share/": answer})
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=HOST)
    page.get_by_role("button", name="复制").click()
    page.wait_for_url(HOST + "/share/")
    assert page.title() == "手动复制"
