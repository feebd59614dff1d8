"""Beyond the inbox: which way is taken, what each answer means, and never twice.

What is sent to WeChat is heard by a stand-in (`wechat` below) that answers as it is told.
"""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache

from core import clock
from core.deadlines import deadlines_run
from notices.kinds import PUSHED, Kind, Topic
from notices.models import NoticeConsent, NoticeDelivery
from notices.services import Ways, delivery_send, notices_purge, preferences_save
from notices.services.send import BACKOFF, STALE
from notices.tests.factories import (
    consent_make,
    delivery_of,
    email_give,
    notice_make,
    openid_give,
    send,
)
from tests import cast
from wechat.services import WechatTrouble

pytestmark = pytest.mark.django_db

SILENCE = WechatTrouble("no answer", permanent=False)
BUSY = WechatTrouble("system error", permanent=False, code=-1)
QUOTA = WechatTrouble("reach max api daily quota limit", permanent=False, code=45009)
BAD_TEMPLATE = WechatTrouble("invalid template_id", permanent=True, code=40037)
NOT_FOLLOWING = WechatTrouble("require subscribe", permanent=True, code=43004)
NO_CONSENT = WechatTrouble("user refuse to accept the msg", permanent=True, code=43101)


class Wechat:
    """Answers in order, the last one for ever; remembers what it was asked."""

    def __init__(self):
        self.asked, self.template, self.subscription = [], [None], [None]

    def answer(self, way, asked):
        self.asked.append((way, asked))
        answers = getattr(self, way)
        said = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(said, Exception):
            raise said
        return "4711"

    @property
    def ways(self):
        return [way for way, _asked in self.asked]


@pytest.fixture(autouse=True)
def wechat(monkeypatch):
    cache.clear()
    heard = Wechat()
    monkeypatch.setattr(
        "notices.channels.template_send", lambda **asked: heard.answer("template", asked)
    )
    monkeypatch.setattr(
        "notices.channels.subscription_send", lambda **asked: heard.answer("subscription", asked)
    )
    return heard


@pytest.fixture
def alice():
    who = cast.person()
    openid_give(who)
    return who


@pytest.fixture
def delivery(alice):
    return delivery_of(notice_make(alice.id))


def kinds_of_delivery():
    return list(NoticeDelivery.objects.order_by("pk").values_list("channel", "state"))


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


# What the answers mean.


@pytest.mark.parametrize(
    ("trouble", "reason", "consent_state"),
    [
        (NO_CONSENT, "订阅已经用完", "void"),
        (BAD_TEMPLATE, "模板编号不正确", "unused"),
        (WechatTrouble("x", permanent=True, code=40003), "微信身份", "unused"),
        (WechatTrouble("x", permanent=True, code=99999), "微信拒绝了", "unused"),
    ],
)
def test_a_refusal_for_good_is_explained_and_goes_on_by_email(
    wechat, alice, settings, trouble, reason, consent_state
):
    settings.WECHAT_TEMPLATES = {}
    wechat.subscription = [trouble]
    consent, _address = consent_make(alice), email_give(alice)
    notice = notice_make(alice.id)
    failed = send(delivery_of(notice))
    assert (failed.state, failed.code) == ("failed", trouble.code)
    assert reason in failed.reason
    consent.refresh_from_db()
    assert consent.state == consent_state
    assert send(delivery_of(notice, "email")).state == "sent"
    assert len(mail.outbox) == 1
    assert cast.broken() == []


def test_a_passing_refusal_is_tried_again_with_the_same_consent(wechat, alice, settings):
    settings.WECHAT_TEMPLATES = {}
    wechat.subscription = [QUOTA, QUOTA, None]
    consents = [consent_make(alice), consent_make(alice)]
    delivery = delivery_of(notice_make(alice.id))
    now = clock.now()
    assert send(delivery, now=now).state == "waiting"
    assert delivery.due_at == now + BACKOFF[0]
    assert "次数用完" in delivery.reason
    assert cast.broken("notices.consents") == []
    send(delivery)
    assert send(delivery).state == "sent"
    assert {asked["scene"] for _way, asked in wechat.asked} == {consents[0].scene}
    assert list(NoticeConsent.objects.order_by("pk").values_list("state", flat=True)) == [
        "used",
        "unused",
    ]
    assert (delivery.reason, delivery.code) == ("", None)


def test_a_quota_that_stays_used_up_fails_in_the_end_and_goes_by_email(wechat, alice):
    email_give(alice)
    wechat.template = [QUOTA]
    notice = notice_make(alice.id)
    delivery = delivery_of(notice)
    for _ in BACKOFF:
        assert send(delivery).state == "waiting"
    assert send(delivery).state == "failed"
    assert delivery_of(notice, "email").state == "waiting"


@pytest.mark.parametrize("trouble", [SILENCE, BUSY], ids=["silence", "busy"])
def test_after_silence_it_is_tried_under_the_same_number(wechat, delivery, trouble):
    wechat.template = [trouble, None]
    assert send(delivery).state == "waiting"
    assert delivery.is_doubtful
    assert send(delivery).state == "sent"
    assert len({asked["number"] for _way, asked in wechat.asked}) == 1


@pytest.mark.parametrize("then", [NO_CONSENT, BAD_TEMPLATE])
def test_a_refusal_after_silence_is_unclear_and_nothing_more_is_sent(wechat, alice, settings, then):
    """The silent try may have spent the consent: an e-mail could be the same news again."""
    settings.WECHAT_TEMPLATES = {}
    wechat.subscription = [SILENCE, then]
    email_give(alice)
    consent = consent_make(alice)
    delivery = delivery_of(notice_make(alice.id))
    send(delivery)
    assert send(delivery).state == "unclear"
    assert kinds_of_delivery() == [("wechat", "unclear")]
    consent.refresh_from_db()
    assert consent.state == "used"
    assert cast.broken() == []


def test_a_doubtful_template_message_is_left_alone_when_its_number_may_be_forgotten(
    wechat, delivery
):
    wechat.template = [SILENCE]
    now = clock.now()
    send(delivery, now=now)
    assert send(delivery, now=now + timedelta(minutes=11)).state == "unclear"
    assert len(wechat.asked) == 1


def wechat_switched_off(alice):
    off = {Topic.SHIPPING: Ways(wechat=False, email=True)}
    preferences_save(user_id=alice.id, chosen=off, now=clock.now())


@pytest.mark.parametrize(
    ("trouble", "states", "consent_state"),
    [
        (QUOTA, [("wechat", "skipped"), ("email", "waiting")], "unused"),
        (SILENCE, [("wechat", "unclear")], "used"),
    ],
    ids=["certainly-not-received", "maybe-received"],
)
def test_who_switches_wechat_off_between_two_tries_has_it_once(
    wechat, alice, settings, trouble, states, consent_state
):
    settings.WECHAT_TEMPLATES = {}
    wechat.subscription = [trouble]
    email_give(alice)
    consent = consent_make(alice)
    delivery = delivery_of(notice_make(alice.id))
    send(delivery)
    wechat_switched_off(alice)
    send(delivery)
    assert kinds_of_delivery() == states
    consent.refresh_from_db()
    assert consent.state == consent_state
    assert len(wechat.asked) == 1
    assert cast.broken() == []


def test_a_template_that_is_withdrawn_after_silence_is_not_replaced_by_a_consent(
    wechat, alice, delivery, settings
):
    wechat.template = [SILENCE]
    consent_make(alice)
    send(delivery)
    settings.WECHAT_TEMPLATES = {}
    assert send(delivery).state == "unclear"
    assert wechat.ways == ["template"]


# Once.


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


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b.cn": (550, b"no such user")}), "failed"),
        (smtplib.SMTPDataError(554, b"spam"), "failed"),
        (smtplib.SMTPRecipientsRefused({"a@b.cn": (451, b"later")}), "waiting"),
        (smtplib.SMTPConnectError(421, b"busy"), "waiting"),
        (ConnectionRefusedError(), "waiting"),
        (TimeoutError(), "unclear"),
        (smtplib.SMTPServerDisconnected(), "unclear"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else one,
)
def test_what_the_mail_server_says(monkeypatch, error, state):
    def refuse(self):
        raise error

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    bob = cast.person()
    email_give(bob)
    notice = notice_make(bob.id)
    send(delivery_of(notice))
    told = send(delivery_of(notice, "email"))
    assert told.state == state
    assert told.reason


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
