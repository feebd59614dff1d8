"""The pages of a group and of its checkouts."""

import re
from datetime import timedelta

import pytest

from core import clock
from core.idempotency import form_key_new
from core.public_pages import public_pages_forget
from orders.models import Order
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_pages():
    public_pages_forget()


@pytest.fixture
def group():
    campaign, sku = cast.campaign_make(size=3)
    made, _ = cast.group_open(campaign, sku, cast.person("李梅"))
    return made, campaign, sku


def form(sku, who, shown_fen, **changes):
    return {
        "sku": sku.public_id,
        "quantity": "1",
        "address": address_of(who),
        "note": "",
        "shown_fen": str(shown_fen),
        "form_key": form_key_new(),
        **changes,
    }


def address_of(who):
    return who.user.addresses.get().public_id if hasattr(who.user, "addresses") else _address(who)


def _address(who):
    from accounts.models import Address

    return Address.objects.get(user=who.user).public_id


TOTAL = cast.GROUP_FEN + cast.FREIGHT_FEN


def test_the_page_of_a_group_in_few_queries(client, group, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        page = client.get(f"/g/{group[0].public_id}/")
    text = page.content.decode()
    assert "还差 2 人成团" in text
    assert "data-countdown" in text
    assert "参加这个团" in text
    assert "李梅" not in text
    assert page["Cache-Control"] == "public, max-age=2"


def test_a_group_that_is_being_decided_looks_again_by_itself(client, group):
    made = group[0]
    made.deadline_at = clock.now() - timedelta(seconds=1)
    made.save(update_fields=["deadline_at"])
    text = client.get(f"/g/{made.public_id}/").content.decode()
    assert "时间到，正在核对" in text
    assert 'data-countdown-reload="5"' in text


def test_a_failed_group_says_that_the_money_goes_back(client, group):
    made, _, _ = group
    cast.overdue(made)
    from campaigns.groupbuy.services import group_expire
    from core import clock

    group_expire(group_id=made.pk, now=clock.now())
    text = client.get(f"/g/{made.public_id}/").content.decode()
    assert "这个团没有成" in text
    assert "全额自动退回" in text
    assert "参加这个团" not in text


def test_joining_needs_a_sign_in_and_comes_back(client, group):
    path = f"/g/{group[0].public_id}/join/"
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"] == f"/sign-in/?next={path}"


def test_joining_by_the_form_makes_an_order_and_leads_to_the_cashier(client, group):
    made, _, sku = group
    bob = cast.person("Bob")
    client.force_login(bob.user)
    path = f"/g/{made.public_id}/join/"
    text = client.get(path).content.decode()
    shown = int(re.search(r'name="shown_fen" value="(\d+)"', text)[1])
    assert shown == TOTAL
    answer = client.post(path, form(sku, bob, shown))
    order = Order.objects.get(buyer=bob.user)
    assert answer["Location"] == f"/orders/{order.public_id}/pay/"
    assert order.payable_fen == shown


def test_the_same_form_twice_is_one_order(client, group):
    made, _, sku = group
    bob = cast.person("Bob")
    client.force_login(bob.user)
    sent = form(sku, bob, TOTAL)
    first = client.post(f"/g/{made.public_id}/join/", sent)
    second = client.post(f"/g/{made.public_id}/join/", sent)
    assert first["Location"] == second["Location"]
    assert Order.objects.filter(buyer=bob.user).count() == 1


def test_a_price_that_changed_is_shown_first(client, group):
    made, _, sku = group
    bob = cast.person("Bob")
    client.force_login(bob.user)
    answer = client.post(f"/g/{made.public_id}/join/", form(sku, bob, TOTAL - 100, note="给王师傅"))
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "¥55.00" in text
    assert "给王师傅" in text
    assert not Order.objects.filter(buyer=bob.user).exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity": "0"}, "至少购买 1 件"),
        ({"quantity": "六"}, "整数"),
        ({"quantity": "99"}, "每单最多"),
        ({"address": "adr_somebody"}, "收货地址"),
        ({"sku": "sku_other"}, "规格"),
        ({"note": "枣" * 300}, "留言最多"),
        ({"note": "\x00"}, "不能保存的字符"),
        ({"form_key": "x"}, "页面打开太久"),
        ({"shown_fen": "-1"}, "页面打开太久"),
    ],
)
def test_bad_input_gets_a_sentence_and_loses_nothing(client, group, changes, words):
    made, _, sku = group
    bob = cast.person("Bob")
    client.force_login(bob.user)
    sent = form(sku, bob, TOTAL, note="放门口") | changes
    answer = client.post(f"/g/{made.public_id}/join/", sent)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert words in text
    assert not Order.objects.filter(buyer=bob.user).exists()
    if changes.get("note") is None:
        assert "放门口" in text


def test_somebody_elses_address_is_refused(client, group):
    made, _, sku = group
    bob, carol = cast.person("Bob"), cast.person("Carol")
    client.force_login(bob.user)
    answer = client.post(
        f"/g/{made.public_id}/join/", form(sku, bob, TOTAL, address=address_of(carol))
    )
    assert answer.status_code == 422
    assert not Order.objects.filter(buyer=bob.user).exists()


def test_a_full_group_offers_others_and_leading(client, group):
    made, _, sku = group
    for _ in range(2):
        cast.join(made.public_id, sku, cast.person())
    bob = cast.person("Bob")
    client.force_login(bob.user)
    answer = client.post(f"/g/{made.public_id}/join/", form(sku, bob, TOTAL))
    assert answer.status_code == 409
    assert "刚刚满员" in answer.content.decode()


def test_my_seat_is_in_my_fragment_alone(client, group):
    made, _, sku = group
    bob = cast.person("Bob")
    joined = cast.join(made.public_id, sku, bob)
    path = f"/g/{made.public_id}/mine/"
    assert joined.order_public_id not in client.get(path).content.decode()
    client.force_login(bob.user)
    text = client.get(path).content.decode()
    assert joined.order_public_id in text
    assert "名额为你留着" in text


def test_strict_policy_inside_wechat_shows_no_prompt_and_no_moments(client, group, settings):
    settings.WECHAT_SHARE_POLICY = "strict"
    path = f"/g/{group[0].public_id}/mine/"
    inside = client.get(path, headers={"user-agent": "MicroMessenger/8.0"}).content.decode()
    assert 'data-share-channels="friend"' in inside
    assert re.search(r'<form method="post" action="/share/" hidden>', inside)
    outside = client.get(path).content.decode()
    assert 'data-share-channels="friend moments"' in outside


def test_other_peoples_orders_do_not_open(client, group):
    made, _, sku = group
    joined = cast.join(made.public_id, sku, cast.person("Bob"))
    client.force_login(cast.person("Charlie").user)
    for end in ("", "pay/", "result/", "close/", "receive/", "pay/qr.svg"):
        answer = client.get(f"/orders/{joined.order_public_id}/{end}")
        assert answer.status_code == 404, end
    for end in ("close/", "receive/", "pay/prepare/", "pay/status/"):
        answer = client.post(f"/orders/{joined.order_public_id}/{end}")
        assert answer.status_code == 404, end
    assert cast.order_of(joined.order_public_id).state == "awaiting_payment"


def test_sharing_makes_a_link_of_ones_own(client, group):
    made, _, _ = group
    bob = cast.person("Bob")
    client.force_login(bob.user)
    page = client.get(f"/g/{made.public_id}/mine/").content.decode()
    ticket = re.search(r'data-share-ticket="([^"]+)"', page)[1]
    answer = client.post(
        "/share/",
        {"ticket": ticket, "channel": "friend"},
        headers={"accept": "application/json"},
    )
    assert re.fullmatch(rf".*/g/{made.public_id}/\?s=\w{{12}}", answer.json()["link"])
    forged = client.post("/share/", {"ticket": ticket[:-2] + "xx", "channel": "friend"})
    assert forged.status_code == 400
