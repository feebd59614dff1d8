"""Which fact is told to whom as what: made by the real services, told by the real subscribers."""

import pytest
from django.db import transaction
from django.urls import resolve

from accounts.models import User
from accounts.queries import address_for_order
from accounts.tests.factories import address_make
from community.services import code_show
from community.tests.factories import code_make, entry_make
from core import clock
from core.deliveries import deliveries_rerun, delivery_attempt
from core.models import Delivery
from notices.kinds import TOPIC_OF, Kind
from notices.models import Notice
from notices.table import RULES, WORDS
from orders.models import Order, OrderLine
from orders.services import (
    invoice_issue,
    invoice_request,
    order_address_change,
    order_cancel,
    order_close_request,
    order_line_cancel,
    order_price_ask,
    order_ship,
    order_urge,
)
from orders.tests.factories import deliver, order_make, paid_make, place, priced, settle
from payments.models import MerchantAccount, Payment, Refund
from payments.services import GatewayTrouble, payment_prepare, refund_request, refund_settle
from payments.states import REFUND
from payments.tests.factories import payment_make
from payments.tests.fake import provider_faked
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def told(user_id, *, for_staff=False):
    """The kinds that a person was told, oldest first."""
    deliver()
    rows = Notice.objects.filter(user_id=user_id, for_staff=for_staff)
    return list(rows.order_by("pk").values_list("kind", flat=True))


def paid():
    return paid_make().buyer_id, [Kind.PAID]


def closed():
    order = order_make()
    order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True)
    return order.buyer_id, [Kind.CLOSED]


def cancelled():
    order = paid_make()
    order_cancel(order_id=order.pk, reason="没货了", now=clock.now())
    return order.buyer_id, [Kind.PAID, Kind.CANCELLED]


def paid_late():
    order = order_make()
    payment = Payment.objects.get(order_ref=order.public_id)
    order_close_request(order_id=order.pk, now=clock.now())
    deliver()
    settle(payment)
    return order.buyer_id, [Kind.CLOSED, Kind.PAID_LATE]


def shipped():
    order = paid_make()
    ship(order, "SF1234567890")
    return order.buyer_id, [Kind.PAID, Kind.SHIPPED]


def shipped_in_two_parcels():
    sku = cast.sku_on_sale()
    order = paid_make(sku, quantity=2)
    line = order.lines.get()
    ship(order, "SF1111111111", quantities={line.pk: 1})
    deliver()
    ship(order, "SF2222222222")
    return order.buyer_id, [Kind.PAID, Kind.SHIPPED, Kind.SHIPPED]


def repriced():
    order = order_make()
    order_price_ask(
        order_id=order.pk, payable_fen=order.payable_fen - 100, by_id=None, now=clock.now()
    )
    return order.buyer_id, [Kind.REPRICED]


def refunded():
    order = paid_make()
    order_cancel(order_id=order.pk, reason="没货了", now=clock.now())
    deliver()
    money_back(order)
    return order.buyer_id, [Kind.PAID, Kind.CANCELLED, Kind.REFUNDED]


def line_given_up():
    sku = cast.sku_on_sale()
    from catalog.tests.factories import sku_make
    from orders.services import OrderItem

    other = sku_make(store=sku.store, price_fen=100, on_hand=5)
    order = place(sku, items=[OrderItem(sku.pk, 1), OrderItem(other.pk, 1)])
    cast.pay(order.public_id)
    deliver()
    give_up(order, order.lines.get(sku=other))
    return order.buyer_id, [Kind.PAID, Kind.REFUNDING]


def line_for_nothing_given_up():
    order, costs = priced(1, 1, 1)
    give_up(order, order.lines.order_by("pk")[costs.index(0)])
    return order.buyer_id, [Kind.PAID, Kind.LINE_CANCELLED]


def rest_for_nothing_given_up():
    order, _costs = priced(1, 2)
    line = order.lines.get()
    ship(order, "SF1111111111", quantities={line.pk: 1})
    deliver()
    give_up(order, line)
    return order.buyer_id, [Kind.PAID, Kind.SHIPPED, Kind.LINE_CANCELLED]


def refund_stuck():
    order = paid_make()
    order_cancel(order_id=order.pk, reason="没货了", now=clock.now())
    deliver()
    stuck(order)
    return order.buyer_id, [Kind.PAID, Kind.CANCELLED, Kind.REFUND_STUCK]


def paid_twice():
    order = order_make()
    first = Payment.objects.get(order_ref=order.public_id)
    settle(first)
    deliver()
    settle(payment_make(account=first.account, order_ref=order.public_id, payer_id=order.buyer_id))
    return order.buyer_id, [Kind.PAID, Kind.REFUNDING]


CASES = [
    refund_stuck,
    paid_twice,
    paid,
    closed,
    cancelled,
    paid_late,
    shipped,
    shipped_in_two_parcels,
    repriced,
    refunded,
    line_given_up,
    line_for_nothing_given_up,
    rest_for_nothing_given_up,
]


def give_up(order, line):
    order_line_cancel(
        order_id=order.pk, line_id=line.pk, reason="没货了", by_id=None, now=clock.now()
    )


def ship(order, number, **changes):
    order_ship(
        order_id=order.pk, carrier="sf", tracking_no=number, by_id=None, now=clock.now(), **changes
    )


def stuck(order):
    refund = Refund.objects.get(order_ref=order.public_id)
    with transaction.atomic():
        REFUND.move_row(refund, "submit", now=clock.now())
        assert REFUND.move_row(refund, "stick", now=clock.now())


def money_back(order):
    refund = Refund.objects.get(order_ref=order.public_id)
    refund_settle(
        refund_id=refund.pk,
        provider_refund_id=f"50{refund.pk}",
        amount_fen=refund.amount_fen,
        succeeded_at=clock.now(),
        now=clock.now(),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_what_happens_to_an_order_is_told_to_its_buyer_alone(case):
    buyer_id, kinds = case()
    assert told(buyer_id) == kinds
    assert set(Notice.objects.values_list("user_id", flat=True)) == {buyer_id}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_every_fact_delivered_twice_is_told_once(case):
    buyer_id, kinds = case()
    deliver()
    ours = list(
        Delivery.objects.filter(subscriber__startswith="notices.").values_list("pk", flat=True)
    )
    assert ours
    Delivery.objects.filter(pk__in=ours).update(delivered_at=None)
    deliveries_rerun(ours, now=clock.now())
    assert all(delivery_attempt(pk, now=clock.now()) for pk in reversed(ours))
    assert told(buyer_id) == kinds


def test_goods_for_which_nothing_goes_back_are_named_to_their_buyer_in_the_inbox_alone():
    buyer_id, _kinds = rest_for_nothing_given_up()
    told(buyer_id)
    notice = Notice.objects.get(kind=Kind.LINE_CANCELLED)
    gone = OrderLine.objects.get(cancelled_at__isnull=False)
    assert (gone.quantity, Refund.objects.exists()) == (1, False)
    assert str(gone) in notice.body and "没有钱要退" in notice.body
    assert not notice.deliveries.exists()


def test_a_group_tells_its_members_and_not_the_newcomer_of_themselves():
    campaign, sku = cast.campaign_make(size=3)
    alice, bob, carol = cast.people(3)
    group, _leader = cast.group_open(campaign, sku, alice)
    assert told(alice.id) == [Kind.PAID]
    cast.pay(cast.join(group.public_id, sku, bob).order_public_id)
    assert told(alice.id) == [Kind.PAID, Kind.GROUP_ONE_SHORT]
    assert told(bob.id) == [Kind.PAID]
    cast.pay(cast.join(group.public_id, sku, carol).order_public_id)
    for one, kinds in (
        (alice, [Kind.PAID, Kind.GROUP_ONE_SHORT, Kind.GROUP_SUCCEEDED]),
        (bob, [Kind.PAID, Kind.GROUP_SUCCEEDED]),
        (carol, [Kind.PAID, Kind.GROUP_SUCCEEDED]),
    ):
        assert sorted(told(one.id)) == sorted(kinds)


def test_a_failed_group_is_told_once_to_each_member_and_not_also_as_a_cancelled_order():
    from core.deadlines import deadlines_run

    campaign, sku = cast.campaign_make(size=3)
    alice, bob = cast.people(2)
    group, _leader = cast.group_open(campaign, sku, alice)
    cast.pay(cast.join(group.public_id, sku, bob).order_public_id)
    deliver()
    cast.overdue(group)
    deadlines_run(now=clock.now())
    for one in (alice, bob):
        kinds = told(one.id)
        assert kinds.count(Kind.GROUP_FAILED) == 1
        assert Kind.CANCELLED not in kinds
        assert Kind.REFUNDING not in kinds


def test_staff_are_told_what_they_have_to_do_and_buyers_are_not():
    sku = cast.sku_on_sale()
    owner = staff_make(sku.store).user
    other = staff_make(cast.store_open("陶坊")).user
    order = paid_make(sku)
    assert told(owner.pk, for_staff=True) == [Kind.STAFF_TO_SHIP]
    order_urge(order_id=order.pk, by_id=order.buyer_id, now=clock.now())
    assert told(owner.pk, for_staff=True) == [Kind.STAFF_TO_SHIP, Kind.STAFF_URGED]
    assert told(other.pk, for_staff=True) == []
    assert told(order.buyer_id, for_staff=True) == []
    assert told(order.buyer_id) == [Kind.PAID]


def address_move(order, by_id, street):
    buyer = User.objects.get(pk=order.buyer_id)
    there = address_for_order(buyer.pk, address_make(buyer, street=street).public_id)
    order_address_change(order_id=order.pk, address=there, by_id=by_id, now=clock.now())


def test_staff_are_told_each_time_that_a_buyer_sends_an_order_elsewhere():
    sku = cast.sku_on_sale()
    owner = staff_make(sku.store).user
    order = paid_make(sku)
    first = [Kind.STAFF_TO_SHIP]
    address_move(order, owner.pk, "人民路 1 号")
    assert told(owner.pk, for_staff=True) == first
    address_move(order, order.buyer_id, "解放路 99 号")
    assert told(owner.pk, for_staff=True) == [*first, Kind.STAFF_ADDRESS_CHANGED]
    address_move(order, order.buyer_id, "解放路 100 号")
    ship(order, "SF1234567890")  # by the label that was printed yesterday, perhaps
    assert told(owner.pk, for_staff=True) == [*first, *[Kind.STAFF_ADDRESS_CHANGED] * 2]
    notice = Notice.objects.filter(kind=Kind.STAFF_ADDRESS_CHANGED).first()
    assert notice.path == f"/office/orders/order/{order.pk}/change/"
    assert "解放路" not in f"{notice.title}{notice.body}{notice.values}"


def test_staff_are_told_each_time_that_money_of_an_issued_invoice_goes_back(settings, tmp_path):
    settings.PRIVATE_ROOT = str(tmp_path)
    sku = cast.sku_on_sale()
    owner = staff_make(sku.store).user
    order, other = paid_make(sku), paid_make(sku)
    for one in (order, other):
        invoice = invoice_request(
            order_id=one.pk,
            kind="person",
            title="张三",
            tax_no="",
            email="a@example.com",
            now=clock.now(),
        )
    data = b"%PDF-1.7 %%EOF"
    invoice = invoice_issue(invoice_id=order.invoice.pk, data=data, by_id=owner.pk, now=clock.now())
    assert Kind.STAFF_INVOICE_OVER not in told(owner.pk, for_staff=True)
    part_back(order, 1200)
    part_back(other, 1200)  # its invoice is not out
    assert told(owner.pk, for_staff=True).count(Kind.STAFF_INVOICE_OVER) == 1
    order_cancel(order_id=order.pk, reason="没货了", now=clock.now())
    order_cancel(order_id=other.pk, reason="没货了", now=clock.now())
    assert told(owner.pk, for_staff=True).count(Kind.STAFF_INVOICE_OVER) == 2
    first, last = Notice.objects.filter(kind=Kind.STAFF_INVOICE_OVER).order_by("pk")
    assert "12.00 元" in first.body
    assert f"{order.payable_fen / 100:.2f} 元" in last.body
    assert first.path == f"/office/orders/invoice/{invoice.pk}/change/"


def part_back(order, fen):
    with transaction.atomic():
        refund_request(
            payment_id=Order.objects.get(pk=order.pk).payment_id,
            reason="line_cancelled",
            part="line_0",
            amount_fen=fen,
            now=clock.now(),
        )


def test_a_refund_that_is_stuck_is_the_staffs_business_until_it_is_not(client):
    sku = cast.sku_on_sale()
    owner = staff_make(sku.store).user
    order = paid_make(sku)
    order_cancel(order_id=order.pk, reason="没货了", now=clock.now())
    deliver()
    stuck(order)
    money_back(order)
    # Both facts come late: the money is back by now, and nobody is told that it is stuck.
    assert Kind.REFUND_STUCK not in told(order.buyer_id)
    assert Kind.REFUNDED in told(order.buyer_id)
    assert Kind.STAFF_REFUND_STUCK not in told(owner.pk, for_staff=True)
    other = paid_make(sku)
    order_cancel(order_id=other.pk, reason="没货了", now=clock.now())
    deliver()
    stuck(other)
    assert Kind.STAFF_REFUND_STUCK in told(owner.pk, for_staff=True)
    client.force_login(owner)
    page = client.get(Notice.objects.get(kind=Kind.STAFF_REFUND_STUCK).path)
    refund = Refund.objects.get(order_ref=other.public_id)
    assert [row.pk for row in page.context["cl"].result_list] == [refund.pk]
    assert "用原单号重新提交退款" in page.content.decode()


def test_a_group_without_codes_is_told_to_the_staff_once_and_not_when_there_is_one_again(client):
    entry = entry_make()
    owner = staff_make(entry.store).user

    def comes(number):
        code_show(entry_id=entry.pk, person_id=None, guest=f"{number:026d}", now=clock.now())

    comes(1)
    comes(2)
    assert told(owner.pk, for_staff=True) == [Kind.STAFF_CODES_OUT]
    assert entry.name in Notice.objects.get().body
    client.force_login(owner)
    page = client.get(Notice.objects.get().path)
    assert page.status_code == 200
    form = page.context["adminform"].form
    assert "picture" in form.fields and form.initial["entry"] == str(entry.pk)
    code_make(entry, capacity=1)
    comes(3)
    comes(4)
    code_make(entry)  # before anybody was told
    assert told(owner.pk, for_staff=True) == [Kind.STAFF_CODES_OUT]


def test_a_store_that_takes_no_money_is_told_to_its_staff_once_a_day(monkeypatch):
    order = order_make()
    owner = staff_make(order.store).user
    elsewhere = staff_make(cast.store_open("陶坊")).user
    fake = provider_faked(monkeypatch)

    def pays(code, *, permanent=True):
        fake.fail("prepare", code, permanent=permanent)
        payment = Payment.objects.get(order_ref=order.public_id)
        with pytest.raises(GatewayTrouble):
            payment_prepare(
                payment_public_id=payment.public_id,
                payer_id=order.buyer_id,
                amount_fen=payment.amount_fen,
                channel="native",
                now=clock.now(),
            )

    pays("SILENT", permanent=False)
    assert told(owner.pk, for_staff=True) == []
    pays("NO_AUTH")
    pays("MCH_NOT_EXISTS")
    assert told(owner.pk, for_staff=True) == [Kind.STAFF_ACCOUNT_TROUBLED]
    assert told(elsewhere.pk, for_staff=True) == []
    notice = Notice.objects.get(user=owner)
    assert notice.deliveries.exists()
    account = MerchantAccount.objects.get(store=order.store)
    assert account.mchid in notice.body


def test_a_groups_order_is_the_staffs_business_when_it_is_released():
    campaign, sku = cast.campaign_make(size=2)
    owner = staff_make(sku.store).user
    alice, bob = cast.people(2)
    group, _leader = cast.group_open(campaign, sku, alice)
    assert told(owner.pk, for_staff=True) == []
    cast.pay(cast.join(group.public_id, sku, bob).order_public_id)
    assert told(owner.pk, for_staff=True) == [Kind.STAFF_TO_SHIP, Kind.STAFF_TO_SHIP]


def test_a_notice_holds_no_address_and_no_phone():
    order = paid_make()
    ship(order, "SF1234567890")
    deliver()
    order = Order.objects.get(pk=order.pk)
    for notice in Notice.objects.all():
        text = f"{notice.title}{notice.body}{notice.values}"
        for secret in (order.phone, order.street, order.recipient):
            assert secret not in text


def test_every_kind_has_words_a_topic_and_a_rule_or_a_clock():
    by_clock = {Kind.BARGAIN_SOON, Kind.GROUP_SOON, Kind.PAY_SOON, Kind.RECEIVE_SOON}
    assert set(WORDS) == set(TOPIC_OF) == set(Kind)
    assert {rule.kind for rule in RULES} | by_clock == set(Kind)
    # WeChat takes titles of fifteen characters.
    assert [str(title) for title, _ in WORDS.values() if len(str(title)) > 15] == []


def test_every_notice_leads_to_a_page():
    shipped()
    deliver()
    for path in Notice.objects.values_list("path", flat=True):
        assert resolve(path)
