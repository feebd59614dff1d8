"""Telling and sending at the same moment, each race with its control: the one without the guard."""

import pytest
from django.core.cache import cache

from core import clock
from notices.kinds import Kind
from notices.models import Notice, NoticeConsent, NoticeDelivery
from notices.services import delivery_send, notices_tell
from notices.tests.factories import consent_make, delivery_of, notice_make, openid_give, subject
from tests import cast
from tests.races.threads import kinds, many, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice():
    who = cast.person()
    openid_give(who)
    return who


@pytest.fixture
def sent(monkeypatch, settings):
    """What reached WeChat: scenes. Nobody follows, so that everything needs a consent."""
    cache.clear()
    settings.WECHAT_TEMPLATES = {}
    scenes = []
    monkeypatch.setattr(
        "notices.channels.subscription_send", lambda **asked: scenes.append(asked["scene"])
    )
    return scenes


def states(model):
    return sorted(model.objects.values_list("state", flat=True))


# One event, told by many at once.


def test_one_event_told_by_eight_at_once_is_told_once(alice, sent):
    about = subject(alice.id)
    told = many(lambda _n: notices_tell(kind=Kind.SHIPPED, subject=about, now=clock.now()), 8)
    assert sorted(told) == [0] * 7 + [1]
    assert (Notice.objects.count(), NoticeDelivery.objects.count()) == (1, 1)


def test_looking_first_instead_of_the_unique_key_is_stopped_by_it_alone(alice, sent):
    """Control: who looks whether it was told and then tells, all having looked before anybody did."""
    about = subject(alice.id)
    look = together(lambda: Notice.objects.filter(key=about.key).exists(), 2)

    def careless(_n):
        if look():
            return
        Notice.objects.create(
            store_id=about.store_id,
            user_id=alice.id,
            kind=Kind.SHIPPED,
            key=about.key,
            title="已发货",
            body="",
            path="/",
            made_at=clock.now(),
        )

    assert kinds(many(careless, 2)) == {"ok": 1, "IntegrityError": 1}


# One consent, wanted by many.


def test_one_consent_is_spent_by_one_of_eight_notices(alice, sent):
    store = cast.store_open()
    consent = consent_make(alice)
    ids = [delivery_of(notice_make(alice.id, store=store)).pk for _ in range(8)]
    told = many(lambda n: delivery_send(delivery_id=ids[n], now=clock.now()), 8)
    assert kinds(told) == {"ok": 8}
    assert sent == [consent.scene]
    assert states(NoticeDelivery) == ["sent"] + ["skipped"] * 7
    assert states(NoticeConsent) == ["used"]
    assert cast.broken() == []


def test_three_consents_are_three_messages_of_eight(alice, sent):
    store = cast.store_open()
    scenes = {consent_make(alice).scene for _ in range(3)}
    ids = [delivery_of(notice_make(alice.id, store=store)).pk for _ in range(8)]
    many(lambda n: delivery_send(delivery_id=ids[n], now=clock.now()), 8)
    assert (len(sent), set(sent)) == (3, scenes)
    assert states(NoticeDelivery).count("sent") == 3
    assert cast.broken() == []


def test_without_the_condition_two_notices_spend_one_consent(alice, sent, monkeypatch):
    """Control: the claim that looks, and writes what it saw. The audit names the loser."""
    look = together(lambda user_id: NoticeConsent.objects.filter(user_id=user_id).first(), 2)

    def careless(*, user_id, delivery_id, now, **_which):
        found = look(user_id)
        NoticeConsent.objects.filter(pk=found.pk).update(
            state="used", delivery_id=delivery_id, used_at=now
        )
        return found

    store = cast.store_open()
    consent_make(alice)
    ids = [delivery_of(notice_make(alice.id, store=store)).pk for _ in range(2)]
    monkeypatch.setattr("notices.services.send.consent_take", careless)
    many(lambda n: delivery_send(delivery_id=ids[n], now=clock.now()), 2)
    assert len(sent) == 2
    assert len(cast.broken("notices.consents")) == 1


# One delivery, taken by many workers.


def test_one_delivery_taken_by_eight_workers_is_sent_once(alice, sent):
    consent_make(alice)
    consent_make(alice)
    delivery = delivery_of(notice_make(alice.id))
    many(lambda _n: delivery_send(delivery_id=delivery.pk, now=clock.now()), 8)
    assert len(sent) == 1
    assert states(NoticeConsent) == ["unused", "used"]
    assert cast.broken() == []


def test_without_the_lock_two_workers_send_one_delivery(alice, monkeypatch):
    """Control: both read it while it waits."""
    cache.clear()
    sent = []
    monkeypatch.setattr(
        "notices.channels.template_send", lambda **asked: str(sent.append(asked["number"]))
    )
    read = together(
        lambda pk: NoticeDelivery.objects.select_related("notice").filter(pk=pk).first(), 2
    )
    monkeypatch.setattr("notices.services.send.delivery_lock", read)
    delivery = delivery_of(notice_make(alice.id))
    many(lambda _n: delivery_send(delivery_id=delivery.pk, now=clock.now()), 2)
    assert sent == [delivery.public_id] * 2
