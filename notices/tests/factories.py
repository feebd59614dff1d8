"""Notices for tests: told through the service, as a fact would have them told."""

from itertools import count

from allauth.account.models import EmailAddress
from django.conf import settings

from accounts.models import WechatIdentity
from core import clock
from notices.about.subject import Subject
from notices.kinds import Kind, Topic
from notices.models import Notice, NoticeConsent, NoticeDelivery
from notices.services import delivery_send, notices_tell
from tests import cast

_numbers = count(1)
VALUES = {
    "order_no": "ord_test",
    "store": "枣园",
    "goods": "红枣 500 克",
    "amount": "59.00",
    "reason": "没货了",
    "carrier": "顺丰速运",
    "tracking_no": "SF1234567890",
    "size": "3",
    "left": "1",
    "wanted": "还差 1 人",
    "next": "商家会尽快发货",
    "until": "2026-01-01 10:00",
    "name": "李**",
    "mchid": "1900000001",
}


def subject(*people: int, store=None, key: str = "", **changes) -> Subject:
    store = store or cast.store_open()
    return Subject(
        **{
            "key": key or f"test:{next(_numbers)}",
            "store_id": store.pk,
            "people": people,
            "path": "/orders/",
            "values": VALUES,
            **changes,
        }
    )


def notice_make(user_id: int, *, kind: Kind = Kind.SHIPPED, store=None, now=None, **changes):
    """A notice of that person's."""
    about = subject(user_id, store=store, **changes)
    notices_tell(kind=kind, subject=about, now=now or clock.now())
    return Notice.objects.get(user_id=user_id, key=about.key)


def openid_give(who: cast.Person, openid: str = "") -> str:
    """The person's openid at our 服务号."""
    openid = openid or f"o{next(_numbers):027d}"
    WechatIdentity.objects.create(user=who.user, appid=settings.WECHAT_APPID, openid=openid)
    return openid


def email_give(who: cast.Person, *, verified: bool = True) -> str:
    """An address of the person's."""
    address = f"p{next(_numbers)}@example.com"
    EmailAddress.objects.create(user=who.user, email=address, verified=verified, primary=True)
    return address


def consent_make(who: cast.Person, *, topic: str = Topic.SHIPPING, scene: int | None = None):
    """Leave for one message about the topic."""
    return NoticeConsent.objects.create(
        user=who.user,
        appid=settings.WECHAT_APPID,
        template_id=settings.WECHAT_SUBSCRIBE_TEMPLATE,
        topic=topic,
        scene=next(_numbers) if scene is None else scene,
        token=f"token{next(_numbers)}",
        state="unused",
        asked_at=clock.now(),
        given_at=clock.now(),
    )


def delivery_of(notice: Notice, channel: str = "wechat") -> NoticeDelivery:
    return NoticeDelivery.objects.get(notice=notice, channel=channel)


def send(delivery: NoticeDelivery, *, now=None) -> NoticeDelivery:
    """One try; how the delivery is afterwards."""
    delivery_send(delivery_id=delivery.pk, now=now or clock.now())
    delivery.refresh_from_db()
    return delivery
