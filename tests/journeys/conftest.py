"""A running shop, and browsers that look like phones inside WeChat, phones outside, and desks."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.people import Visitor
from tests.shop import ROOT, Shop, shop_running

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
# Playwright's event loop stays on the main thread after the first journey; Django would refuse the
# database to every test that comes after it, though nothing here is asynchronous.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
# Pictures of the pages are for people: they are taken when somebody asks for them (PICTURES=1).
PICTURES = ROOT / ".data" / "test" / "journeys" if os.environ.get("PICTURES") else None

WECHAT = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/120.0 Mobile Safari/537.36 MicroMessenger/8.0.50.2701 WeChat/arm64 Language/zh_CN"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).is_relative_to(ROOT / "tests" / "journeys"):
            item.add_marker(pytest.mark.journey)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no chromium on this machine"))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    return {
        "executable_path": CHROMIUM,
        "args": [*quiet, "--no-first-run", "--disable-quic", "--no-sandbox"],
    }


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop_running(tmp_path_factory.mktemp("journeys"), name="journeys", redis=4) as running:
        yield running


@pytest.fixture
def visit(browser: Any, shop: Shop, request: pytest.FixtureRequest) -> Iterator[Any]:
    """visit("limei"): somebody's phone inside WeChat; visit("", desk=True): a desktop browser."""
    if PICTURES:
        PICTURES.mkdir(parents=True, exist_ok=True)
    visitors: list[Visitor] = []

    def make(
        key: str = "",
        *,
        desk: bool = False,
        dark: bool = False,
        office: bool = False,
        agent: str | None = None,
    ) -> Visitor:
        context = browser.new_context(
            viewport={"width": 1280, "height": 900} if desk else {"width": 390, "height": 844},
            user_agent=WECHAT if key and not desk else agent,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            color_scheme="dark" if dark else "light",
        )
        visitor = Visitor(context.new_page(), shop, PICTURES, key or ("desk" if desk else "phone"))
        visitor.strict = not office
        visitors.append(visitor)
        if key and not desk:
            visitor.become(key)
        return visitor

    yield make
    failed = getattr(request.node, "failed", False)
    for visitor in visitors:
        visitor.page.context.close()
    if not failed:
        for visitor in visitors:
            assert visitor.errors == [], visitor.name


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
