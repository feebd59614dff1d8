"""The piece that a bargain keeps in stock: from its launch to its order, or to its end."""

import pytest

from campaigns.bargain import services
from campaigns.bargain.models import Bargain
from campaigns.bargain.pieces import kept
from campaigns.bargain.tests.checks import told, used
from campaigns.bargain.tests.factories import buy, campaign_make, launch, overdue, reached
from campaigns.bargain.tests.pages import HTMX, page, path_of
from catalog.models import Sku, StockMovement
from catalog.services import OutOfStock, StockRefused, stock_correct
from core import clock
from core.deliveries import deliveries_rerun
from core.models import Delivery
from orders.models import Order
from orders.services import order_cancel, order_close_request
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign():
    """One piece is left."""
    return campaign_make(on_hand=1)


def stock():
    return Sku.objects.values_list("on_hand", "reserved").get()


def moves():
    rows = StockMovement.objects.exclude(kind="restock").order_by("pk")
    return list(rows.values_list("kind", "reference"))


def close(ref):
    order_close_request(order_id=cast.order_of(ref).pk, now=clock.now())


def expire(bargain):
    overdue(bargain)
    services.bargain_expire(bargain_id=bargain.pk, now=clock.now())


def wants_it_alone(campaign):
    """A stranger wants the last piece at the list price."""
    with pytest.raises(OutOfStock):
        cast.buy(cast.person(), campaign.sku)


def test_from_the_launch_on_the_last_piece_is_the_launchers(campaign, alice):
    bargain = reached(campaign, alice)
    assert (stock(), moves()) == ((1, 1), [("reserve", bargain.public_id)])
    wants_it_alone(campaign)
    ref = buy(bargain, alice)
    assert moves()[1:] == [("release", bargain.public_id), ("reserve", ref)]
    wants_it_alone(campaign)
    cast.pay(ref)
    assert (told(bargain)[0], stock()) == ("bought", (1, 1))
    assert cast.broken() == []


def test_a_launch_without_a_piece_is_refused_and_takes_nothing(campaign, alice, client):
    launch(campaign, alice)
    bob = cast.person()
    with pytest.raises(services.NothingLeft):
        launch(campaign, bob)
    assert (Bargain.objects.count(), used(campaign), stock()) == (1, 1, (1, 1))
    client.force_login(bob.user)
    said = page(client, f"/bargains/{campaign.public_id}/")
    assert "没有可留的库存" in said
    assert cast.broken() == []


def test_a_piece_that_is_sold_while_the_launch_is_on_its_way(campaign, alice, monkeypatch):
    """The look at the stock is a hint; the reservation decides, and its refusal says the same."""
    looked = services.launch._offer
    monkeypatch.setattr(
        services.launch,
        "_offer",
        lambda *args, **kw: (looked(*args, **kw), cast.buy(cast.person(), campaign.sku))[0],
    )
    with pytest.raises(services.NothingLeft):
        launch(campaign, alice)
    assert (Bargain.objects.count(), used(campaign)) == (0, 0)


def test_an_end_without_an_order_gives_it_back_once(campaign, alice):
    bargain = launch(campaign, alice)
    expire(bargain)
    services.bargain_expire(bargain_id=bargain.pk, now=clock.now())
    assert (told(bargain)[0], bargain.reserved_as, stock()) == ("expired", "", (1, 0))
    assert moves() == [("reserve", bargain.public_id), ("release", bargain.public_id)]
    assert launch(campaign, cast.person()).reserved_as
    assert cast.broken() == []


def test_an_order_closed_unpaid_leaves_the_piece_with_the_bargain(campaign, alice, monkeypatch):
    bargain = reached(campaign, alice)
    first = buy(bargain, alice)
    # Before the bargain has heard of it, nobody else gets the piece either.
    with monkeypatch.context() as deaf:
        deaf.setattr(
            "campaigns.bargain.subscribers.services.bargain_order_closed", lambda **_: None
        )
        close(first)
    again = kept(bargain.public_id, cast.order_of(first).pk).reference
    assert moves()[-2:] == [("release", first), ("reserve", again)]
    wants_it_alone(campaign)
    assert cast.broken() == []
    for _ in range(2):
        order_id = cast.order_of(first).pk
        services.bargain_order_closed(order_id=order_id, now=clock.now())
    assert (told(bargain)[0], bargain.reserved_as, stock()) == ("reached", again, (1, 1))
    second = buy(bargain, alice)
    assert moves()[-2:] == [("release", again), ("reserve", second)]
    close(second)
    expire(bargain)
    assert (told(bargain)[0], stock()) == ("expired", (1, 0))
    assert cast.broken() == []


def test_an_order_closed_too_late_gives_it_back(campaign, alice):
    bargain = launch(campaign, alice)
    ref = buy(bargain, alice)
    overdue(bargain)
    close(ref)
    assert (told(bargain)[0], bargain.reserved_as, stock()) == ("expired", "", (1, 0))
    ours = list(Delivery.objects.values_list("pk", flat=True))
    Delivery.objects.update(delivered_at=None)
    deliveries_rerun(ours, now=clock.now())
    assert stock() == (1, 0)
    assert cast.broken() == []


def test_money_after_giving_up_leaves_the_piece_too(campaign, alice):
    bargain = launch(campaign, alice)
    ref = buy(bargain, alice)
    Order.objects.update(given_up_at=clock.now())
    cast.pay(ref)
    cast.deliver()
    assert (cast.order_of(ref).state, told(bargain)[0]) == ("cancelled", "running")
    assert stock() == (1, 1)
    wants_it_alone(campaign)
    assert cast.broken() == []


def test_an_order_of_a_removed_sku_closes_and_nothing_is_kept(campaign, alice):
    bargain = launch(campaign, alice)
    ref = buy(bargain, alice)
    Sku.objects.update(removed_at=clock.now())
    close(ref)
    cast.deliver()
    assert cast.order_of(ref).state == "closed"
    assert (told(bargain)[0], bargain.reserved_as, stock()) == ("running", "", (1, 0))
    expire(bargain)
    assert cast.broken() == []


def test_what_was_bought_and_cancelled_is_free(campaign, alice):
    bargain = launch(campaign, alice)
    ref = buy(bargain, alice)
    cast.pay(ref)
    order_cancel(order_id=cast.order_of(ref).pk, reason="断货", now=clock.now())
    cast.deliver()
    assert (told(bargain)[0], stock()) == ("returned", (1, 0))
    assert cast.broken() == []


def test_a_launch_and_an_end_killed_half_way_leave_nothing(campaign, alice, monkeypatch):
    def dead(**_):
        raise SystemExit

    with monkeypatch.context() as killed:
        killed.setattr("campaigns.bargain.pieces.stock_reserve", dead)
        with pytest.raises(SystemExit):
            launch(campaign, alice)
    assert (Bargain.objects.count(), used(campaign), stock()) == (0, 0, (1, 0))
    bargain = launch(campaign, alice)
    with monkeypatch.context() as killed:
        killed.setattr("campaigns.bargain.pieces.stock_release", dead)
        with pytest.raises(SystemExit):
            expire(bargain)
    assert (told(bargain)[0], used(campaign), stock()) == ("running", 1, (1, 1))
    expire(bargain)
    assert (told(bargain)[0], used(campaign), stock()) == ("expired", 0, (1, 0))


def test_the_merchant_cannot_count_it_away(campaign, alice):
    launch(campaign, alice)
    with pytest.raises(StockRefused, match="被订单或砍价占用"):
        stock_correct(sku_id=campaign.sku_id, on_hand=0, reason="盘点", by_id=None, now=clock.now())
    assert StockMovement.objects.get(kind="reserve").reason == "为砍价预留"


def test_the_launcher_reads_of_it_and_buys_what_is_sold_out_for_others(campaign, alice, client):
    bargain = launch(campaign, alice)
    client.force_login(alice.user)
    assert "已为你留好一件" in page(client, path_of(bargain, "mine/"), headers=HTMX)
    assert 'name="shown_fen"' in page(client, path_of(bargain, "buy/"))
    client.logout()
    assert "已为你留好一件" not in page(client, path_of(bargain, "mine/"), headers=HTMX)


def test_a_bargain_from_before_says_what_is_true(campaign, alice, client):
    """Of those that waited already when pieces began to be kept, some found none."""
    bargain = launch(campaign, alice)
    services.decide.piece_free(
        sku_id=campaign.sku_id, reference=bargain.reserved_as, now=clock.now()
    )
    Bargain.objects.update(reserved_as="")
    client.force_login(alice.user)
    said = page(client, path_of(bargain, "mine/"), headers=HTMX)
    assert "库存以下单时为准" in said
    assert "已为你留好一件" not in said
    cast.pay(buy(bargain, alice))
    assert (told(bargain)[0], stock()) == ("bought", (1, 1))
    assert cast.broken() == []
