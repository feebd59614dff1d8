"""What a 服务号 may send to whom: template messages to followers, one message for each consent."""

import re
from typing import Any

from django.db import transaction

from simulator.models import App, Follow, Message, Person, Subscription
from simulator.services import clock, people

LAST_SCENE = 10000
TITLE_LENGTH, CONTENT_LENGTH = 15, 200
# How many characters a place of a template holds, by the letters of its name.
PLACES = {
    "thing": 20,
    "character_string": 32,
    "phrase": 5,
    "name": 10,
    "amount": 12,
    "time": 20,
    "const": 20,
    "number": 32,
}
_place = re.compile(r"([a-z_]+?)[0-9]{1,2}", re.ASCII)


class MessageRefused(Exception):
    """Tencent's errcode and errmsg."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def template_message(*, app: App, asked: dict[str, Any]) -> Message:
    """A template message; the same `client_msg_id` to the same person is one message.

    Raises MessageRefused.
    """
    person = _person(app, asked)
    if asked.get("template_id") not in app.templates:
        raise MessageRefused(40037, "invalid template_id")
    if not Follow.objects.filter(app=app, person=person).exists():
        raise MessageRefused(43004, "require subscribe")
    data = _data(asked)
    for name, value in data.items():
        found = _place.fullmatch(name)
        limit = PLACES.get(found.group(1)) if found else None
        if limit is None or not 1 <= len(value) <= limit:
            raise MessageRefused(47003, f"argument invalid! data.{name}.value invalid")
    number = str(asked.get("client_msg_id", ""))
    with transaction.atomic():
        if number:
            known = Message.objects.filter(app=app, person=person, client_msg_id=number).first()
            if known is not None:
                return known
        return Message.objects.create(
            app=app,
            person=person,
            kind="template",
            template_id=asked["template_id"],
            data=data,
            url=str(asked.get("url", ""))[:1000],
            client_msg_id=number,
            sent_at=clock.stamp(),
        )


def subscription_message(*, app: App, asked: dict[str, Any]) -> Message:
    """The one message that a consent allows; nothing of it is left then. Raises MessageRefused."""
    person = _person(app, asked)
    if not app.subscribe_template or asked.get("template_id") != app.subscribe_template:
        raise MessageRefused(40037, "invalid template_id")
    title, data = str(asked.get("title", "")), _data(asked)
    content = data.get("content", "")
    if not 1 <= len(title) <= TITLE_LENGTH or not 1 <= len(content) <= CONTENT_LENGTH:
        raise MessageRefused(47003, "argument invalid!")
    with transaction.atomic():
        spent = Subscription.objects.filter(
            app=app,
            person=person,
            template_id=asked["template_id"],
            scene=_scene(asked.get("scene")),
            used_at=None,
        ).update(used_at=clock.stamp())
        if not spent:
            raise MessageRefused(43101, "user refuse to accept the msg")
        return Message.objects.create(
            app=app,
            person=person,
            kind="subscribe",
            template_id=asked["template_id"],
            title=title,
            data=data,
            url=str(asked.get("url", ""))[:1000],
            sent_at=clock.stamp(),
        )


def subscription_give(*, app: App, person: Person, scene: int) -> None:
    """Leave for one message in this scene; a second leave that is not used yet adds nothing."""
    Subscription.objects.get_or_create(
        app=app,
        person=person,
        template_id=app.subscribe_template,
        scene=_scene(scene),
        used_at=None,
        defaults={"given_at": clock.stamp()},
    )


def _scene(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and int(text) <= LAST_SCENE):
        raise MessageRefused(47001, "data format error")
    return int(text)


def _person(app: App, asked: dict[str, Any]) -> Person:
    person = people.person_with(app.appid, str(asked.get("touser", "")))
    if person is None:
        raise MessageRefused(40003, "invalid openid")
    return person


def _data(asked: dict[str, Any]) -> dict[str, str]:
    data = asked.get("data")
    if not isinstance(data, dict) or not data:
        raise MessageRefused(47003, "argument invalid! data")
    if not all(
        isinstance(one, dict) and isinstance(one.get("value"), str) for one in data.values()
    ):
        raise MessageRefused(47003, "argument invalid! data.value")
    return {name: one["value"] for name, one in data.items()}
