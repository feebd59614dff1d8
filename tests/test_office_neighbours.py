"""What the office's pages do beside Django's own lists and forms, tried on the other store's rows."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from campaigns.coupons.models import Coupon, CouponTemplate
from catalog.models import Sku
from community.models import CounterCode
from digital.models import DigitalItem
from orders.amounts import line_paid_fen
from orders.models import Invoice, Order, OrderLine, RiskReview, Shipment
from orders.tests.test_bulk import sheet
from sharing.models import ShareLink
from stores.tests.factories import pickup_make
from tests.office import staff_client
from tests.office_store import values_of

pytestmark = pytest.mark.django_db(transaction=True)

ACTIONS = ("ship", "cancel", "cancel-line", "refund-line", "reprice", "address", "note", "money")


def test_the_actions_above_an_order_are_its_stores(stores):
    own, other = stores
    client = staff_client(own)
    before = [values_of(model) for model in (Order, OrderLine, Shipment)]
    for order in Order.objects.filter(store=other):
        line = order.lines.first()
        sent = {
            "carrier": "sf",
            "tracking_no": "SF999999",
            "reason": "x",
            "note": "x",
            "amount_fen": "0.01",
            "payable_fen": "0.01",
            "recipient": "x",
            "phone": "13800138000",
        }
        lines = {"cancel-line": f"{line.pk}:{line.left}:{line_paid_fen(line)}"}
        for name in ACTIONS:
            sent["line"] = lines.get(name, f"{line.pk}:0")
            path = f"/office/orders/order/{order.pk}/{name}/"
            answer = client.get(path)
            assert answer.status_code in {302, 403, 404}, name
            assert order.public_id not in answer.content.decode()
            assert client.post(path, sent).status_code in {302, 403, 404, 405}, name
    assert [values_of(model) for model in (Order, OrderLine, Shipment)] == before


def test_a_neighbours_order_is_not_collected_with_its_code(stores):
    own, other = stores
    pickup_make(own, name="二号店")
    order = Order.objects.filter(store=other, state="to_ship").first()
    Order.objects.filter(pk=order.pk).update(delivery="pickup", pickup_code="123456789012")
    before = values_of(Order)
    client = staff_client(own)
    answer = client.get("/office/orders/order/collect/", {"code": "123456789012"})
    assert answer.status_code == 200
    assert order.public_id not in answer.content.decode()
    client.post("/office/orders/order/collect/", {"code": "123456789012", "hand_over": "1"})
    assert values_of(Order) == before


def test_a_sheet_ships_no_neighbours_orders(stores):
    own, other = stores
    ready = list(Order.objects.filter(store=other, state="to_ship"))
    assert ready
    before = [values_of(model) for model in (Order, Shipment)]
    client = staff_client(own)
    rows = [(order.public_id, "顺丰速运", f"SF12345{order.pk}") for order in ready]
    file = SimpleUploadedFile("a.xlsx", sheet(*rows))
    path = "/office/orders/order/bulk-ship/"
    page = client.post(path, {"sheet": file})
    assert page.status_code == 200
    assert (len(page.context["plan"]), page.context["good"]) == (len(ready), 0)
    client.post(path, {"rows": page.context["rows"]})
    assert [values_of(model) for model in (Order, Shipment)] == before


def test_a_neighbours_review_is_not_decided(stores):
    own, other = stores
    review = RiskReview.objects.get(store=other)
    client = staff_client(own)
    before = values_of(RiskReview)
    for decision in ("release", "refuse"):
        sent = {"decision": decision, "confirmed": "1"}
        client.post(f"/office/orders/riskreview/{review.pk}/decide/", sent)
    assert values_of(RiskReview) == before


def test_the_spread_is_of_the_own_store(stores):
    own, other = stores
    client = staff_client(own)
    links = ShareLink.objects.filter(store=other)
    assert links
    mine = client.get("/office/spread/", {"days": "90"}).context["view"]
    for link in links:
        answer = client.get("/office/spread/", {"days": "90", "of": link.target_ref})
        assert answer.status_code == 200
        assert answer.context["view"] == mine
        assert link.target_ref not in str(mine)


def test_keys_do_not_go_into_a_neighbours_sku(stores):
    own, other = stores
    theirs = DigitalItem.objects.filter(store=other).first()
    before = values_of(DigitalItem)
    page = "/office/digital/digitalitem/import/"
    client = staff_client(own)
    assert other.name not in client.get(page).content.decode()
    answer = client.post(page, {"sku": theirs.sku_id, "keys": "NEW-1"})
    assert answer.status_code == 200
    assert answer.context["form"].errors["sku"]
    assert values_of(DigitalItem) == before


def test_nobody_restocks_a_neighbours_sku(stores):
    own, other = stores
    before = values_of(Sku)
    client = staff_client(own)
    for sku in Sku.objects.filter(store=other):
        path = f"/office/catalog/sku/{sku.pk}/restock/"
        assert client.get(path).status_code in {302, 403, 404}
        client.post(path, {"quantity": "7"})
    assert values_of(Sku) == before


def test_a_neighbours_coupon_cannot_be_given(stores):
    own, other = stores
    client = staff_client(own)
    template = CouponTemplate.objects.get(store=other)
    path = f"/office/coupons/coupontemplate/{template.pk}/give/"
    assert client.get(path).status_code in {302, 403, 404}
    order = Order.objects.filter(store=own).first()
    client.post(path, {"to": order.public_id, "form_key": "k" * 26})
    assert Coupon.objects.filter(store=other).count() == 1


def test_the_actions_above_an_invoice_are_its_stores(stores):
    own, other = stores
    client = staff_client(own)
    invoice = Invoice.objects.get(store=other)
    for name in ("issue", "decline", "file"):
        path = f"/office/orders/invoice/{invoice.pk}/{name}/"
        assert client.get(path).status_code in {302, 403, 404}
        client.post(path, {"reason": "x"})
        assert Invoice.objects.get(pk=invoice.pk).state == "requested"


def test_the_papers_of_a_counter_code_are_its_stores(stores):
    own, other = stores
    client = staff_client(own)
    code = CounterCode.objects.get(store=other)
    for name in ("paper", "png", "svg"):
        path = f"/office/community/countercode/{code.pk}/{name}/"
        assert client.get(path).status_code in {302, 403, 404}
