"""The office on a phone: every page of the menu and the forms behind it, and a day's work by thumb."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.tests.factories import user_make
from campaigns.groupbuy.models import Group, GroupCampaign
from catalog.models import Product, Sku
from core import clock
from orders.models import Order, RiskReview
from payments.models import BillDifference, MerchantAccount, Refund, TradeBill
from stores.models import Store, StoreStaff
from tests import cast
from tests.journeys.conftest import PICTURES
from tests.journeys.handheld import SIZE, darken, troubles
from tests.journeys.people import Visitor
from tests.office import url
from tests.office_store import rich_store, rows_of

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "Zao-yuan-7391"
# Of these the form is opened as well, empty and filled in; of the others, what is only looked at.
FORMS = (
    *(
        "catalog.Product",
        "groupbuy.GroupCampaign",
        "bargain.BargainCampaign",
        "coupons.CouponTemplate",
    ),
    *(
        "flash.FlashCampaign",
        "reductions.Reduction",
        "freight.FreightTemplate",
        "community.GroupCode",
    ),
)
ROWS = (
    *("orders.Order", "orders.RiskReview", "orders.Invoice", "groupbuy.Group", "catalog.Sku"),
    *("payments.BillDifference", "payments.TradeBill", "payments.PaymentIncident"),
    *("risk.RiskPolicy", "sharers.SharerPlan", "community.GroupEntry", "stores.Store"),
)
ACTS = ("ship", "reprice", "cancel-line", "refund-line", "address", "note", "money")
# Looked at in the dark, too, and kept as pictures.
KEPT = {
    "今日",
    "订单",
    "商品",
    "商品 +",
    "商品 1",
    "订单 1",
    "订单 ship",
    "拼团活动 +",
    "运费模板 1",
    "看板",
}


@pytest.fixture
def store() -> Store:
    """Everything that `rich_store` has, and what waits for somebody."""
    made = rich_store("枣园")
    campaign, sku = cast.campaign_make(store=made, size=3, hours=1)
    cast.group_open(campaign, sku, cast.person())
    cast.campaign_make(store=made, publish=False, newcomers_only=True)
    now = clock.now()
    account = MerchantAccount.objects.get(store=made)
    bill = TradeBill.objects.create(
        store=made, account=account, day=now.date(), fetched_at=now, matched_at=now
    )
    BillDifference.objects.create(
        store=made,
        bill=bill,
        side="payment",
        kind="not_here",
        reference="4200001",
        theirs_fen=99,
        found_at=now,
    )
    return made


@pytest.fixture
def office(browser: Any, live_server: Any) -> Iterator[Any]:
    """office(user): their phone, signed in."""
    if PICTURES:
        PICTURES.mkdir(parents=True, exist_ok=True)
    contexts = []

    def sign_in(user: Any) -> Visitor:
        user.email = user.email or f"{user.public_id}@example.cn"
        user.set_password(SECRET)
        user.save()
        site = SimpleNamespace(site=live_server.url, password=lambda _email: SECRET)
        context = browser.new_context(
            viewport=SIZE,
            has_touch=True,
            is_mobile=True,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        contexts.append(context)
        return Visitor(context.new_page(), site, PICTURES, "office-phone").office(user.email)

    yield sign_in
    for context in contexts:
        context.close()


def looked_at(visitor: Visitor, pages: dict[str, str]) -> list[str]:
    """Open each page and say what is wrong with it, by its name."""
    found, page = [], visitor.page
    for name, path in pages.items():
        page.goto(visitor.shop.site + path)
        found += [f"{name}: {one}" for one in troubles(page)]
        if name in KEPT:
            kept = f"office-phone-{name.replace(' ', '-')}"
            visitor.shot(kept, axe=False)
            darken(page)
            found += [f"{name} in the dark: {one}" for one in troubles(page, dark=True)]
            visitor.shot(f"{kept}-dark", axe=False)
    return found


def menu(visitor: Visitor) -> dict[str, str]:
    """Every page of the menu, as the person's own menu names it."""
    links = visitor.page.locator("#nav-sidebar a[href^='/office/']")
    told = links.evaluate_all(
        "(all) => all.map((one) => [one.querySelector('span:last-of-type')?.textContent.trim()"
        " || one.textContent.trim(), one.getAttribute('href')])"
    )
    return dict(told)


def behind_the_menu(store: Store) -> dict[str, str]:
    models = {model._meta.label: model for model in admin.site._registry}
    pages = {}
    for label in (*FORMS, *ROWS):
        model, name = models[label], str(models[label]._meta.verbose_name)
        if label in FORMS:
            pages[f"{name} +"] = url(model, "add")
        for number, row in enumerate(rows_of(model, store)[:1], 1):
            pages[f"{name} {number}"] = url(model, "change", row.pk)
    draft = GroupCampaign.objects.get(store=store, state="draft")
    order = Order.objects.filter(store=store, state="to_ship").first()
    product = Product.objects.filter(store=store).first()
    review = RiskReview.objects.filter(store=store, outcome="").first()
    assert order and product and review
    lists = url(Order, "changelist")
    return {
        **pages,
        "拼团草稿": url(GroupCampaign, "change", draft.pk),
        **{f"订单 {act}": f"{lists}{order.pk}/{act}/" for act in ACTS},
        "审核 拒绝": f"{url(RiskReview, 'changelist')}{review.pk}/decide/?decision=refuse",
        "核销": f"{lists}collect/",
        "表格": f"{lists}bulk-ship/",
        "看板": f"{url(Group, 'changelist')}board/",
        "进货": f"{url(Sku, 'changelist')}{product.skus.first().pk}/restock/",
        "试算": f"{pages['运费模板 1']}?province=440000&quantity=3&each=500&amount_fen=9",
        "公告": reverse("office:announcements") + f"?product={product.public_id}",
        "什么都没有": f"{lists}?q=ord_none",
    }


def test_every_page_of_a_merchant_fits_the_phone(store, office):
    wang = office(StoreStaff.objects.filter(store=store, role="owner").first().user)
    pages = menu(wang)
    assert len(pages) > 40
    found = looked_at(wang, pages | behind_the_menu(store))
    assert found == [], "\n".join(found)
    assert wang.errors == []


def test_the_platforms_pages_fit_it_too(store, office):
    Group.objects.update(due_at=None, due_parked_at=clock.now(), due_error="KeyError: gone")
    Refund.objects.update(state="stuck", error="余额不足")
    boss = office(user_make(email="boss@example.cn", is_staff=True, is_superuser=True))
    pages = menu(boss)
    own = {name: pages[name] for name in ("今日", "事实", "投递", "退款", "支付异常", "用户")}
    own |= {name: pages[name] for name in ("分享域名", "身份冲突", "对账差异", "微信账单")}
    refund = Refund.objects.first()
    assert refund
    own["退款单"] = url(Refund, "change", refund.pk)
    own["店铺 +"] = url(Store, "add")
    found = looked_at(boss, own)
    assert found == [], "\n".join(found)
    assert boss.errors == []


def test_a_merchant_ships_and_publishes_with_one_thumb(store, office):
    wang = office(StoreStaff.objects.filter(store=store, role="owner").first().user)
    page = wang.page
    # The menu, and from it to an order and its parcel.
    page.locator("#header-inner .material-symbols-outlined:visible").first.tap()
    page.locator("#nav-sidebar").get_by_role("link", name="订单", exact=False).first.wait_for()
    wang.shot("office-phone-menu", axe=False)
    page.goto(wang.shop.site + url(Order, "changelist") + "?state__exact=to_ship")
    page.locator(".result-list tr.data-row a").first.tap()
    page.locator("#header-inner a[href='#']").tap()
    wang.shot("office-phone-order-actions", axe=False)
    assert troubles(page) == []
    page.get_by_role("link", name="发货").tap()
    page.get_by_label("运单号").fill("SF1234567890")
    page.get_by_role("button", name="确认发货").tap()
    page.get_by_text("已发货，买家可以看到运单号").wait_for()
    # A campaign is ticked by its card's line, published by the bar at the bottom, and asked about.
    page.goto(wang.shop.site + url(GroupCampaign, "changelist") + "?state__exact=draft")
    page.locator("td.action-checkbox").first.tap(position={"x": 30, "y": 20})
    page.locator("#changelist-actions select").select_option("publish")
    wang.shot("office-phone-action-bar", axe=False)
    assert troubles(page) == []
    page.locator("#changelist-actions button[name=index]").tap()
    page.get_by_role("heading", name="发布前请确认").wait_for()
    wang.shot("office-phone-before-publishing", axe=False)
    assert troubles(page) == []
    page.get_by_label(re.compile("我已知晓")).first.check()
    page.get_by_role("button", name="确认并发布").tap()
    page.get_by_text("的拼团已发布").wait_for()
    assert wang.errors == []
