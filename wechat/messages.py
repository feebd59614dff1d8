"""Messages to a person's WeChat: template messages for followers, one message for each consent.

Both can be repeated after silence without being received twice: a template message carries a number
of ours, and a consent is good for one message in its scene, however often it is sent.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from core.words import shorten
from wechat.client import client

# Tencent's words for what a caller decides by.
NOT_FOLLOWING, NO_CONSENT, BUSY = 43004, 43101, -1

# A scene names a consent: in one scene consents do not add up.
LAST_SCENE = 10000
TITLE_LENGTH, CONTENT_LENGTH = 15, 200
# How many characters a place of a template holds, by the letters of its name.
_PLACES = {"phrase": 5, "name": 10, "amount": 12, "character_string": 32, "number": 32}
_PLACE_LENGTH = 20
_place = re.compile(r"([a-z_]+?)[0-9]{1,2}", re.ASCII)


@dataclass(frozen=True)
class MessageTemplate:
    """A template of the 服务号: its id, and which of our words goes into which of its places."""

    id: str
    places: dict[str, str]


def message_template(kind: str) -> MessageTemplate | None:
    """The template that is configured for this kind of message, if any."""
    given = settings.WECHAT_TEMPLATES.get(kind)
    return MessageTemplate(given["id"], given["places"]) if given else None


def template_send(
    *, openid: str, template: MessageTemplate, values: dict[str, str], url: str, number: str
) -> str:
    """Send a template message to a follower; Tencent's number of it.

    `values` are our words by name, cut to what each place holds. The same `number` (of ours) is
    one message for ten minutes, however often it is sent. Raises WechatTrouble.
    """
    data = {
        place: {"value": _fit(place, values.get(name, ""))}
        for place, name in template.places.items()
    }
    body = {
        "touser": openid,
        "template_id": template.id,
        "url": url,
        "client_msg_id": number,
        "data": data,
    }
    answer: dict[str, Any] = client().call(
        lambda session: session.post("message/template/send", data=body)
    )
    return str(answer.get("msgid", ""))


def subscription_send(*, openid: str, scene: int, title: str, text: str, url: str) -> None:
    """Send the one message that the person's consent in this scene allows. Raises WechatTrouble."""
    body = {
        "touser": openid,
        "template_id": settings.WECHAT_SUBSCRIBE_TEMPLATE,
        "url": url,
        "scene": str(scene),
        "title": title[:TITLE_LENGTH],
        "data": {"content": {"value": text[:CONTENT_LENGTH]}},
    }
    client().call(lambda session: session.post("message/template/subscribe", data=body))


def subscription_url(*, scene: int, redirect_url: str, state: str) -> str:
    """Where WeChat asks the person for leave to send one message, and brings them back from.

    It returns with `openid`, `template_id`, `action` (confirm or cancel), `scene` and our `state`
    as `reserved`.
    """
    query = {
        "action": "get_confirm",
        "appid": settings.WECHAT_APPID,
        "scene": scene,
        "template_id": settings.WECHAT_SUBSCRIBE_TEMPLATE,
        "redirect_url": redirect_url,
        "reserved": state,
    }
    return f"{settings.WECHAT_MP_URL}/mp/subscribemsg?{urlencode(query)}#wechat_redirect"


def _fit(place: str, text: str) -> str:
    """A place is never empty, and never too long."""
    found = _place.fullmatch(place)
    length = _PLACES.get(found.group(1), _PLACE_LENGTH) if found else _PLACE_LENGTH
    text = " ".join(text.split()) or "-"
    return shorten(text, length)
