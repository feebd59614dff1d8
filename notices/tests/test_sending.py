"""Beyond the inbox: which way is taken, by the clock, and what is forgotten."""

from datetime import timedelta

import pytest
from django.core import mail

from core import clock
from core.deadlines import deadlines_run
from notices.kinds import PUSHED, Kind, Topic
from notices.models import NoticeConsent, NoticeDelivery
from notices.services import Ways, delivery_send, notices_purge, preferences_save
from notices.tests.answers import NOT_FOLLOWING, kinds_of_delivery
from notices.tests.factories import consent_make, delivery_of, email_give, notice_make, send
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wechat")]

GROUP_REMINDERS = [Kind.GROUP_ONE_SHORT, Kind.GROUP_SOON]


# Which way.


def test_a_follower_is_sent_a_template_message_with_our_number(wechat, delivery):
    assert send(delivery).state == "sent"
    ((way, asked),) = wechat.asked
    assert way == "template"
    assert asked["number"] == delivery.public_id
    assert asked["url"].endswith(f"/messages/{delivery.notice.public_id}/")
    assert delivery.provider_ref == "4711"
    assert delivery.due_at is None
    assert cast.broken() == []


def test_who_does_not_follow_is_sent_the_message_of_their_consent(wechat, alice, delivery):
    consent = consent_make(alice)
    wechat.template = [NOT_FOLLOWING]
    assert send(delivery).state == "waiting"
    assert send(delivery).state == "sent"
    assert wechat.ways == ["template", "subscription"]
    consent.refresh_from_db()
    assert (consent.state, consent.delivery_id) == ("used", delivery.pk)
    assert wechat.asked[-1][1]["scene"] == consent.scene
    # For a day nobody asks again whether they follow.
    consent_make(alice)
    assert send(delivery_of(notice_make(alice.id))).state == "sent"
    assert wechat.ways == ["template", "subscription", "subscription"]
    assert cast.broken() == []


def test_a_consent_is_for_its_own_topic(wechat, alice, delivery):
    consent_make(alice, topic=Topic.REFUND)
    wechat.template = [NOT_FOLLOWING]
    send(delivery)
    assert send(delivery).state == "skipped"
    assert "没有可用的订阅" in delivery.reason


def test_a_kind_without_a_template_takes_the_consent_at_once(wechat, alice, settings):
    settings.WECHAT_TEMPLATES = {}
    consent_make(alice)
    assert send(delivery_of(notice_make(alice.id))).via == "subscription"
    assert wechat.ways == ["subscription"]


@pytest.mark.parametrize("kind", GROUP_REMINDERS)
def test_a_reminder_of_a_group_spends_leave_for_groups_and_is_sent_with_no_other(
    wechat, alice, settings, kind
):
    settings.WECHAT_TEMPLATES = {}
    other = consent_make(alice)
    unasked = send(delivery_of(notice_make(alice.id, kind=kind)))
    assert (unasked.state, "没有可用的订阅" in unasked.reason) == ("skipped", True)
    consent = consent_make(alice, topic=Topic.GROUP)
    reminded = send(delivery_of(notice_make(alice.id, kind=kind)))
    assert (reminded.state, reminded.via) == ("sent", "subscription")
    ((way, asked),) = wechat.asked
    assert (way, asked["scene"]) == ("subscription", consent.scene)
    consent.refresh_from_db()
    assert (consent.state, consent.delivery_id) == ("used", reminded.pk)
    # One leave is one message.
    assert send(delivery_of(notice_make(alice.id, kind=kind))).state == "skipped"
    other.refresh_from_db()
    assert (other.state, len(wechat.asked)) == ("unused", 1)
    assert cast.broken() == []


@pytest.mark.parametrize("kind", GROUP_REMINDERS)
def test_who_switched_groups_off_is_not_reminded_and_keeps_leave(wechat, alice, settings, kind):
    settings.WECHAT_TEMPLATES = {}
    consent = consent_make(alice, topic=Topic.GROUP)
    off = {Topic.GROUP: Ways(wechat=False, email=False)}
    preferences_save(user_id=alice.id, chosen=off, now=clock.now())
    delivery = send(delivery_of(notice_make(alice.id, kind=kind)))
    assert (delivery.state, delivery.reason) == ("skipped", "买家关闭了微信消息")
    consent.refresh_from_db()
    assert (consent.state, wechat.asked) == ("unused", [])


def test_without_wechat_it_goes_by_email(wechat):
    bob = cast.person()
    address = email_give(bob)
    notice = notice_make(bob.id)
    assert send(delivery_of(notice)).state == "skipped"
    assert send(delivery_of(notice, "email")).state == "sent"
    (message,) = mail.outbox
    assert message.to == [address]
    assert message.subject == "已发货"
    assert f"/messages/{notice.public_id}/" in message.body
    assert wechat.asked == []
    assert cast.broken() == []


def test_an_address_that_nobody_proved_gets_nothing():
    bob = cast.person()
    email_give(bob, verified=False)
    notice = notice_make(bob.id)
    send(delivery_of(notice))
    assert kinds_of_delivery() == [("wechat", "skipped")]
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        (Ways(wechat=True, email=True), [("wechat", "sent")]),
        (Ways(wechat=True, email=False), [("wechat", "sent")]),
        (Ways(wechat=False, email=True), [("wechat", "skipped"), ("email", "sent")]),
        (Ways(wechat=False, email=False), [("wechat", "skipped"), ("email", "skipped")]),
    ],
)
def test_a_person_is_told_by_the_ways_they_chose(alice, ways, expected):
    email_give(alice)
    preferences_save(user_id=alice.id, chosen={Topic.SHIPPING: ways}, now=clock.now())
    notice = notice_make(alice.id)
    send(delivery_of(notice))
    for email in NoticeDelivery.objects.filter(channel="email"):
        send(email)
    assert kinds_of_delivery() == expected


def test_choices_are_by_topic_and_can_be_made_again(alice):
    off = {Topic.SHIPPING: Ways(wechat=False, email=False)}
    preferences_save(user_id=alice.id, chosen=off, now=clock.now())
    preferences_save(
        user_id=alice.id,
        chosen={Topic.SHIPPING: Ways(), Topic.GROUP: Ways(False, True)},
        now=clock.now(),
    )
    assert send(delivery_of(notice_make(alice.id))).state == "sent"
    group = delivery_of(notice_make(alice.id, kind=Kind.GROUP_SUCCEEDED))
    assert send(group).state == "skipped"


@pytest.mark.parametrize("kind", sorted(set(Kind) - PUSHED))
def test_what_happens_often_or_is_the_offices_stays_in_the_inbox(alice, kind):
    notice_make(alice.id, kind=kind)
    assert not NoticeDelivery.objects.exists()


def test_news_of_yesterday_is_not_sent(wechat, alice):
    delivery = delivery_of(notice_make(alice.id, now=clock.now() - timedelta(hours=25)))
    assert send(delivery).state == "skipped"
    assert wechat.asked == []


def test_a_try_costs_so_many_statements(alice, delivery, settings, django_assert_num_queries):
    """Whose, locked, choice, openid, claimed; locked, ended: with a transaction's ends, and nothing between."""
    with django_assert_num_queries(11):
        delivery_send(delivery_id=delivery.pk, now=clock.now())
    settings.WECHAT_TEMPLATES = {}
    consent_make(alice)
    by_consent = delivery_of(notice_make(alice.id))
    with django_assert_num_queries(14):  # held already?, the oldest unused, spent
        delivery_send(delivery_id=by_consent.pk, now=clock.now())
    with django_assert_num_queries(4):
        delivery_send(delivery_id=by_consent.pk, now=clock.now())


# The clock, the invariants, forgetting.


@pytest.mark.django_db(transaction=True)
def test_the_clock_puts_it_on_the_queue(delivery, monkeypatch):
    queued = []
    monkeypatch.setattr(
        "notices.tasks.delivery_send.apply_async", lambda args, **_k: queued.append(args)
    )
    deadlines_run(now=clock.now())
    assert queued == [(delivery.pk,)]
    delivery.refresh_from_db()
    assert delivery.due_at > clock.now()
    assert cast.broken("deadlines.kept") == []


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_only_delays(delivery, monkeypatch):
    def away(*_args, **_kwargs):
        raise ConnectionError

    monkeypatch.setattr("notices.tasks.delivery_send.apply_async", away)
    deadlines_run(now=clock.now())
    delivery.refresh_from_db()
    assert (delivery.due_parked_at, delivery.due_at is None) == (None, False)


def test_the_audit_names_a_message_without_its_consent(alice, settings):
    settings.WECHAT_TEMPLATES = {}
    consent_make(alice)
    delivery = send(delivery_of(notice_make(alice.id)))
    assert cast.broken("notices.consents") == []
    NoticeConsent.objects.update(state="unused", delivery=None)
    (found,) = cast.broken("notices.consents")
    assert delivery.public_id in found


def test_the_audit_names_a_consent_spent_on_somebody_elses_message(alice, settings):
    settings.WECHAT_TEMPLATES = {}
    consent = consent_make(alice)
    send(delivery_of(notice_make(alice.id)))
    NoticeConsent.objects.update(user=cast.person().user)
    (found,) = cast.broken("notices.consents")
    assert f"consent {consent.pk}" in found


def test_forgetting_a_notice_forgets_how_it_was_sent_and_keeps_leave_that_is_unused(
    alice, settings
):
    settings.WECHAT_TEMPLATES = {}
    consent_make(alice)
    kept = consent_make(alice)
    send(delivery_of(notice_make(alice.id)))
    assert notices_purge(now=clock.now() + timedelta(days=181)) == 1
    assert NoticeConsent.objects.get() == kept
    assert not NoticeDelivery.objects.exists()
    assert cast.broken() == []
