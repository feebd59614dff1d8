"""Notices for tests: told through the service, as a fact would have them told."""

from itertools import count

from core import clock
from notices.about import Subject
from notices.kinds import Kind
from notices.models import Notice
from notices.services import notices_tell
from tests import cast

_numbers = count(1)
VALUES = {
    "order_no": "ord_test",
    "store": "枣园",
    "goods": "红枣 500 克",
    "amount": "59.00",
    "carrier": "顺丰速运",
    "tracking_no": "SF1234567890",
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
