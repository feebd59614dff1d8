"""What a buyer hears of a paid order besides its states: checks, invoices, another address."""

from datetime import timedelta

import pytest

from accounts.models import User
from accounts.queries import address_for_order
from accounts.tests.factories import address_make
from core import clock
from notices.kinds import Kind
from notices.models import Notice, NoticeDelivery
from orders.models import Order
from orders.services import (
    invoice_decline,
    invoice_issue,
    invoice_request,
    order_address_change,
    order_cancel,
)
from orders.tests.factories import deliver, order_make, paid_make, pay, person
from risk.reports import REFUSED
from risk.services import risk_report
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

PDF = b"%PDF-1.4\n%%EOF"


def told(kind):
    """The notices of that kind, each of which also goes beyond the inbox."""
    deliver()
    found = list(Notice.objects.filter(kind=kind).order_by("pk"))
    assert NoticeDelivery.objects.filter(notice__in=found).count() == len(found)
    return found


def suspect(sku):
    """Somebody whose orders this SKU's shop looks at before it sends them."""
    who = person()
    User.objects.filter(pk=who.id).update(joined_at=clock.now() - timedelta(days=30))
    for reference in ("one", "another"):
        risk_report(
            REFUSED,
            user_id=who.id,
            store_id=sku.store_id,
            reference=reference,
            now=clock.now(),
        )
    return who


def test_who_paid_is_told_that_it_will_be_sent():
    order = paid_make()
    (notice,) = told(Kind.PAID)
    assert (notice.user_id, "商家会尽快发货" in notice.body) == (order.buyer_id, True)


def test_who_paid_for_what_is_looked_at_first_is_not_promised_a_parcel():
    sku = cast.sku_on_sale()
    order = order_make(sku, who=suspect(sku))
    pay(order.public_id)
    (notice,) = told(Kind.PAID)
    assert Order.objects.get(pk=order.pk).state == "on_hold"
    assert "核对" in notice.body
    assert "商家会尽快发货" not in notice.body


def test_who_joined_a_group_and_is_looked_at_is_told_both():
    campaign, sku = cast.campaign_make(size=3)
    cast.group_open(campaign, sku, suspect(sku))
    (notice,) = told(Kind.PAID)
    assert "成团并且商家核对过" in notice.body


# --- invoices ---


@pytest.fixture
def invoice(settings, tmp_path):
    settings.PRIVATE_ROOT = str(tmp_path)
    return asked(paid_make())


def asked(order):
    return invoice_request(
        order_id=order.pk,
        kind="person",
        title="王小枣",
        tax_no="",
        email="fapiao@example.com",
        now=clock.now(),
    )


def declined(invoice, reason):
    return invoice_decline(invoice_id=invoice.pk, reason=reason, by_id=None, now=clock.now())


def test_an_invoice_is_told_when_it_is_there(invoice):
    assert told(Kind.INVOICE_ISSUED) == []
    invoice_issue(invoice_id=invoice.pk, data=PDF, by_id=None, now=clock.now())
    (notice,) = told(Kind.INVOICE_ISSUED)
    order = invoice.order
    assert (notice.user_id, notice.path) == (order.buyer_id, f"/orders/{order.public_id}/invoice/")


def test_each_refusal_is_told_with_its_reason(invoice):
    declined(invoice, "抬头写错了")
    (first,) = told(Kind.INVOICE_DECLINED)
    assert "抬头写错了" in first.body
    asked(invoice.order)
    declined(invoice, "还是不对")
    _first, second = told(Kind.INVOICE_DECLINED)
    assert "还是不对" in second.body


def test_who_may_not_ask_again_is_not_told_to(invoice):
    declined(invoice, "抬头写错了")
    assert told(Kind.INVOICE_DECLINED)[0].body.endswith("：抬头写错了。改好后可以重新申请。")
    asked(invoice.order)
    order_cancel(order_id=invoice.order_id, reason="没货了", now=clock.now())
    deliver()
    _first, second = told(Kind.INVOICE_DECLINED)
    assert second.body.endswith("：款项已全部退回，不能再开票。")


# --- another address ---


def moved(order, *, by_id):
    buyer = User.objects.get(pk=order.buyer_id)
    address = address_make(buyer, recipient="李四", phone="13911112222", street="解放路 99 号")
    order_address_change(
        order_id=order.pk,
        address=address_for_order(buyer.pk, address.public_id),
        by_id=by_id,
        now=clock.now(),
    )


def test_an_address_that_the_shop_changed_is_told_and_not_shown():
    order = paid_make()
    moved(order, by_id=staff_make(order.store).user_id)
    (notice,) = told(Kind.ADDRESS_CHANGED)
    assert (notice.user_id, notice.path) == (order.buyer_id, f"/orders/{order.public_id}/")
    for secret in ("李四", "13911112222", "解放路"):
        assert secret not in f"{notice.title}{notice.body}{notice.values}"


def test_who_changed_the_address_themselves_is_not_told():
    order = paid_make()
    moved(order, by_id=order.buyer_id)
    assert told(Kind.ADDRESS_CHANGED) == []
