"""What the merchant paid by other means is booked once, within what there is, and put right by an
entry against it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from core import clock
from core.idempotency import form_key_new
from sharers.models import RewardEntry
from sharers.queries import statements
from sharers.services import PayoutRefused, payout_record, payout_reverse
from sharers.tests.factories import REWARD_FEN, bought, money, released
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(sku):
    return staff_make(sku.store).user


def paid(sharer, by, amount_fen=100, key=None):
    return payout_record(
        sharer_id=sharer.pk,
        amount_fen=amount_fen,
        note="微信",
        by_id=by.pk,
        form_key=key or form_key_new(),
        now=clock.now(),
    )


@pytest.mark.parametrize("amount_fen", [0, -1, REWARD_FEN + 1])
def test_a_payout_is_within_what_is_available(sku, sharer, buyer, owner, amount_fen):
    released(sku, buyer)
    with pytest.raises(PayoutRefused, match=r"2\.95"):
        paid(sharer, owner, amount_fen)
    assert money(sharer) == (0, REWARD_FEN)


def test_a_refused_form_may_be_sent_again(sku, sharer, buyer, owner):
    key = form_key_new()
    with pytest.raises(PayoutRefused):
        paid(sharer, owner, key=key)
    released(sku, buyer)
    assert paid(sharer, owner, key=key) is not None


def send(client, sharer, key, amount="1.00"):
    url = reverse("admin:sharers_sharer_change", args=[sharer.pk])
    data = {"name": sharer.name, "intro": "", "paid_note": "", "paid_fen": amount, "form_key": key}
    return client.post(url, data, follow=True).content.decode()


@pytest.mark.parametrize("amount", ["1.00", f"{REWARD_FEN / 100:.2f}"])
def test_a_form_that_is_sent_twice_books_once(client, sku, sharer, buyer, owner, amount):
    released(sku, buyer)
    client.force_login(owner)
    page = client.get(reverse("admin:sharers_sharer_change", args=[sharer.pk]))
    key = page.context["adminform"].form["form_key"].value()
    assert "已登记结算" in send(client, sharer, key, amount)
    assert "已经登记过" in send(client, sharer, key, amount)
    assert RewardEntry.objects.filter(kind="payout").count() == 1
    assert cast.broken("sharers.balances") == []


# --- put right ---
def test_a_mistaken_payout_is_reversed_once(sku, sharer, buyer, owner):
    released(sku, buyer)
    entry = paid(sharer, owner)
    known = {"entry_id": entry.pk, "reason": "填错了", "by_id": owner.pk}
    assert payout_reverse(**known, now=clock.now())
    assert not payout_reverse(**known, now=clock.now())
    assert money(sharer) == (0, REWARD_FEN)
    assert (entry.reversal.amount_fen, entry.reversal.note) == (100, "填错了")
    assert cast.broken() == []
    (month,) = statements(sharer.pk)
    assert month.paid_out_fen == 0


def test_a_payout_and_what_puts_it_right_stand_each_in_its_own_month(sku, sharer, buyer, owner):
    released(sku, buyer)
    entry = paid(sharer, owner)
    payout_reverse(entry_id=entry.pk, reason="填错了", by_id=owner.pk, now=clock.now())
    midnight = datetime(2031, 1, 31, 16, tzinfo=UTC)
    RewardEntry.objects.exclude(kind="reversal").update(at=midnight - timedelta(seconds=1))
    RewardEntry.objects.filter(kind="reversal").update(at=midnight)
    later, earlier = statements(sharer.pk)
    assert (earlier.earned_fen, earlier.paid_out_fen) == (REWARD_FEN, -100)
    assert (later.earned_fen, later.paid_out_fen) == (0, 100)


def test_only_a_payout_is_reversed(sku, sharer, buyer, owner):
    bought(sku, buyer)
    earned = RewardEntry.objects.get()
    with pytest.raises(PayoutRefused, match="只有"):
        payout_reverse(entry_id=earned.pk, reason="x", by_id=owner.pk, now=clock.now())
    assert RewardEntry.objects.count() == 1


def test_the_owner_reverses_with_a_reason(client, sku, sharer, buyer, owner):
    released(sku, buyer)
    entry = paid(sharer, owner)
    url = reverse("admin:sharers_rewardentry_reverse", args=[entry.pk])
    client.force_login(owner)
    page = client.get(reverse("admin:sharers_rewardentry_change", args=[entry.pk]))
    assert url in page.content.decode()
    assert "这个字段是必填项" in client.post(url, {"reason": ""}).content.decode()
    assert money(sharer) == (0, REWARD_FEN - 100)
    client.post(url, {"reason": "填错了金额"})
    assert money(sharer) == (0, REWARD_FEN)
    page = client.get(reverse("admin:sharers_rewardentry_change", args=[entry.pk]))
    assert url not in page.content.decode()


@pytest.mark.parametrize("who", ["clerk", "neighbour"])
def test_nobody_else_reverses(client, sku, sharer, buyer, owner, who):
    released(sku, buyer)
    entry = paid(sharer, owner)
    other = (
        staff_make(sku.store, role="clerk")
        if who == "clerk"
        else staff_make(cast.store_open("陶坊"))
    )
    client.force_login(other.user)
    url = reverse("admin:sharers_rewardentry_reverse", args=[entry.pk])
    assert client.post(url, {"reason": "x"}).status_code in {302, 403, 404}
    assert money(sharer) == (0, REWARD_FEN - 100)
