"""A message is sent once, whoever dies meanwhile."""

import pytest
from django.core import mail

from core import clock
from notices.services import delivery_send
from notices.services.send import STALE
from notices.tests.answers import BAD_TEMPLATE, NO_CONSENT, kinds_of_delivery
from notices.tests.factories import consent_make, delivery_of, email_give, notice_make, send
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wechat")]


def test_what_is_over_is_not_sent_again(wechat, delivery):
    send(delivery)
    send(delivery)
    assert len(wechat.asked) == 1


def test_while_somebody_is_at_it_nobody_else_is(wechat, delivery, monkeypatch):
    """The second worker comes while the first is talking to WeChat."""
    seen = []

    def meanwhile(**asked):
        delivery_send(delivery_id=delivery.pk, now=clock.now())
        seen.append(asked)
        return "1"

    monkeypatch.setattr("notices.channels.template_send", meanwhile)
    assert send(delivery).state == "sent"
    assert len(seen) == 1


class Killed(BaseException):
    """The worker is gone: nothing after this runs."""


def test_a_worker_that_died_while_sending_is_followed_under_the_same_number(
    wechat, delivery, monkeypatch
):
    now = clock.now()
    with monkeypatch.context() as patch:
        patch.setattr(
            "notices.services.send._record", lambda *_a, **_k: (_ for _ in ()).throw(Killed)
        )
        with pytest.raises(Killed):
            send(delivery, now=now)
    delivery.refresh_from_db()
    assert delivery.state == "sending"
    send(delivery, now=now + STALE / 2)
    assert len(wechat.asked) == 1
    assert send(delivery, now=now + STALE).state == "sent"
    assert len({asked["number"] for _way, asked in wechat.asked}) == 1


def test_a_worker_that_died_with_a_consent_leaves_it_spent_on_the_same_delivery(
    wechat, alice, settings, monkeypatch
):
    """WeChat took the first try, so it refuses the second: received once, and by no other way."""
    settings.WECHAT_TEMPLATES = {}
    email_give(alice)
    consents = [consent_make(alice), consent_make(alice)]
    delivery = delivery_of(notice_make(alice.id))
    now = clock.now()
    with monkeypatch.context() as patch:
        patch.setattr(
            "notices.services.send._record", lambda *_a, **_k: (_ for _ in ()).throw(Killed)
        )
        with pytest.raises(Killed):
            send(delivery, now=now)
    wechat.subscription = [NO_CONSENT]
    assert send(delivery, now=now + STALE).state == "unclear"
    assert [asked["scene"] for _way, asked in wechat.asked] == [consents[0].scene] * 2
    assert kinds_of_delivery() == [("wechat", "unclear")]
    assert cast.broken() == []


def test_an_email_that_a_dead_worker_may_have_sent_is_not_sent_again(monkeypatch):
    bob = cast.person()
    email_give(bob)
    notice = notice_make(bob.id)
    send(delivery_of(notice))
    delivery, now = delivery_of(notice, "email"), clock.now()
    with monkeypatch.context() as patch:
        patch.setattr(
            "notices.services.send._record", lambda *_a, **_k: (_ for _ in ()).throw(Killed)
        )
        with pytest.raises(Killed):
            send(delivery, now=now)
    assert send(delivery, now=now + STALE).state == "unclear"
    assert len(mail.outbox) == 1


def test_a_worker_taken_for_dead_that_answers_late_changes_nothing(wechat, delivery, monkeypatch):
    now = clock.now()

    def slow(**_asked):
        monkeypatch.setattr("notices.channels.template_send", lambda **_asked: "2")
        delivery_send(delivery_id=delivery.pk, now=now + STALE)
        raise BAD_TEMPLATE

    monkeypatch.setattr("notices.channels.template_send", slow)
    assert send(delivery, now=now).state == "sent"
    assert delivery.provider_ref == "2"
