"""What the answers of WeChat and of a mail server mean for a message."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail

from core import clock
from notices.kinds import Topic
from notices.models import NoticeConsent
from notices.services import Ways, preferences_save
from notices.services.send import BACKOFF
from notices.tests.answers import BAD_TEMPLATE, BUSY, NO_CONSENT, QUOTA, SILENCE, kinds_of_delivery
from notices.tests.factories import consent_make, delivery_of, email_give, notice_make, send
from tests import cast
from wechat.services import WechatTrouble

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wechat")]


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
