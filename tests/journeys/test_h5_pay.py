"""A phone's own browser pays: it leaves for WeChat, and the shop asks whether the money came."""

import re

import pytest

from tests.journeys.test_shared_card import MUGS, sign_in, state_of

AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1"


@pytest.mark.parametrize("answer", ["确认支付", "取消"])
def test_a_phone_outside_of_wechat_pays_or_does_not(shop, visit, answer):
    phone = visit("", agent=AGENT)
    phone.product(MUGS, "/store/taofang/")
    phone.choose("单独购买")
    sign_in(shop, phone)
    order = phone.order("提交订单")
    phone.shot(f"h5-cashier-{answer}")
    phone.click("微信支付")
    phone.page.wait_for_url(re.compile("checkmweb"))
    phone.page.get_by_role("button", name=answer).click()
    phone.page.get_by_role("link", name="返回商家").click()
    phone.page.wait_for_url(re.compile(f"{order}/result/"))
    if answer == "确认支付":
        phone.paid()
        assert state_of(shop, order) == "to_ship"
    else:
        phone.page.get_by_role("heading", name="正在确认付款").wait_for()
        assert state_of(shop, order) == "awaiting_payment"
    phone.shot(f"h5-result-{answer}")
    assert shop.audit() == []
