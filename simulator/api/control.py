"""The control API: provisioning, misbehaving, and looking into the books."""

import json
import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from simulator.models import (
    ApiToken,
    App,
    Card,
    Fault,
    Follow,
    Grant,
    Merchant,
    Message,
    Notice,
    Person,
    Refund,
    Subscription,
    Trade,
)
from simulator.services import choices, keys, money
from simulator.services import clock as clocks
from simulator.services import messages as sent
from simulator.services import notices as told
from simulator.services import people as persons
from simulator.services.faults import MODES, rule_new

Answer = dict[str, Any] | list[Any]
MAX_CROWD = 200_000
# How many 网页授权域名 and JS接口安全域名 a 服务号 may name.
OAUTH_DOMAINS, JS_DOMAINS = 2, 5
_mchid = re.compile(r"[0-9]{8,32}", re.ASCII)


def endpoint(*methods: str) -> Callable[[Callable[..., Answer]], Callable[..., HttpResponse]]:
    """JSON in, JSON out; what makes no sense is a 400 with a sentence, what is not there a 404."""

    def wrap(verb: Callable[..., Answer]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(verb)
        def view(request: HttpRequest, **kwargs: str) -> HttpResponse:
            if request.method not in methods:
                return JsonResponse({"error": "method"}, status=405)
            try:
                body = json.loads(request.body) if request.body else {}
                if not isinstance(body, dict):
                    raise TypeError("the body is a JSON object")
                answer = verb(request, body, **kwargs)
            except ObjectDoesNotExist as error:
                return JsonResponse({"error": str(error)}, status=404)
            except KeyError as error:
                return JsonResponse({"error": f"{error} is missing"}, status=400)
            except (ValueError, TypeError, RecursionError) as error:
                return JsonResponse({"error": str(error)}, status=400)
            return JsonResponse(answer, safe=False, json_dumps_params={"ensure_ascii": False})

        return view

    return wrap


@endpoint("PUT")
def app(request: HttpRequest, body: dict[str, Any], appid: str) -> Answer:
    """Make a 服务号 known: {"secret", "name", "domains", "js_domains", "templates",
    "subscribe_template"}. Without "js_domains" they are the "domains", where people sign in."""
    domains = _texts(body, "domains")
    js_domains = _texts(body, "js_domains") if "js_domains" in body else domains
    if len(domains) > OAUTH_DOMAINS or len(js_domains) > JS_DOMAINS:
        raise ValueError(f"at most {OAUTH_DOMAINS} domains and {JS_DOMAINS} JS domains")
    App.objects.update_or_create(
        appid=appid,
        defaults={
            "secret": str(body["secret"]),
            "name": body.get("name", appid),
            "domains": domains,
            "js_domains": js_domains,
            "templates": _texts(body, "templates"),
            "subscribe_template": str(body.get("subscribe_template", "")),
        },
    )
    return {"appid": appid}


@endpoint("PUT")
def merchant(request: HttpRequest, body: dict[str, Any], mchid: str) -> Answer:
    """Make a merchant known, with keys; the same keys the next time: {"name", "appids"}.

    With {"provider"}, another merchant's number, it is a merchant of that provider's.
    """
    if not _mchid.fullmatch(mchid):
        raise ValueError("a mchid is 8 to 32 digits")
    appids = _texts(body, "appids")
    row = Merchant.objects.filter(mchid=mchid).first()
    if row is None:
        row, _made = Merchant.objects.get_or_create(
            mchid=mchid,
            defaults={
                "name": body.get("name", mchid),
                "apiv3_key": secrets.token_hex(16),
                "serial_no": secrets.token_hex(20).upper(),
                "private_key": keys.key_new(),
                "public_key_id": f"PUB_KEY_ID_{secrets.randbelow(10**30):030d}",
            },
        )
    row.name, row.appids = body.get("name", row.name), appids if "appids" in body else row.appids
    if "provider" in body:
        row.provider = Merchant.objects.get(mchid=body["provider"], provider=None)
    row.save(update_fields=["name", "appids", "provider"])
    return {
        "mchid": row.mchid,
        "apiv3_key": row.apiv3_key,
        "serial_no": row.serial_no,
        "private_key": row.private_key,
        "public_key": keys.public_pem(keys.platform_pem()),
        "public_key_id": row.public_key_id,
    }


@endpoint("GET", "POST")
def people(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """Everybody; POST {"key", "nickname"} makes somebody or renames them."""
    if request.method == "POST":
        key = str(body["key"])
        if not key.isascii() or not key.replace("-", "").replace("_", "").isalnum():
            raise ValueError("a key is letters, digits, - and _")
        Person.objects.update_or_create(
            key=key[:40], defaults={"nickname": str(body.get("nickname") or key)[:40]}
        )
    return [
        {
            "key": one.key,
            "name": one.nickname,
            "nickname": one.nickname,
            "avatar": f"/avatar/{one.key}.svg",
        }
        for one in persons.people()
    ]


@endpoint("POST")
def crowd(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """{"prefix", "number", "appid"}: so many new people at once; {key: openid at that app}."""
    prefix, number = str(body["prefix"]), int(body["number"])
    if not (prefix.isascii() and prefix.isalnum() and len(prefix) <= 20):
        raise ValueError("a prefix is up to 20 letters and digits")
    if not 1 <= number <= MAX_CROWD:
        raise ValueError(f"a crowd is 1 to {MAX_CROWD} people")
    appid = str(body["appid"])
    return {key: persons.openid_of(appid, key) for key in persons.people_add(prefix, number)}


@endpoint("GET")
def openid(request: HttpRequest, body: dict[str, Any], key: str) -> Answer:
    """Who somebody is at ?appid=."""
    Person.objects.get(key=key)
    return {
        "openid": persons.openid_of(request.GET["appid"], key),
        "unionid": persons.unionid_of(key),
    }


@endpoint("PUT", "DELETE")
def follow(request: HttpRequest, body: dict[str, Any], key: str) -> Answer:
    """Somebody follows the app {"appid"}, or with DELETE no longer does."""
    person, app = Person.objects.get(key=key), App.objects.get(appid=body["appid"])
    if request.method == "PUT":
        Follow.objects.get_or_create(app=app, person=person)
    else:
        Follow.objects.filter(app=app, person=person).delete()
    return {}


@endpoint("PUT")
def subscription(request: HttpRequest, body: dict[str, Any], key: str) -> Answer:
    """Somebody agrees to one message without a browser: {"appid", "scene"}."""
    person, app = Person.objects.get(key=key), App.objects.get(appid=body["appid"])
    sent.subscription_give(app=app, person=person, scene=int(body["scene"]))
    return {}


@endpoint("GET")
def messages(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """What was sent to ?person=, or to everybody, newest first."""
    rows = Message.objects.order_by("-pk")
    if "person" in request.GET:
        rows = rows.filter(person_id=request.GET["person"])
    return [
        {
            "person": one.person_id,
            "appid": one.app_id,
            "kind": one.kind,
            "template_id": one.template_id,
            "title": one.title,
            "data": one.data,
            "url": one.url,
        }
        for one in rows[:200]
    ]


@endpoint("GET", "POST", "DELETE")
def faults(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """The rules and how often each one spoiled a call (`hits`); POST {"operation", "mode", "times",
    "probability", "seed"}; DELETE clears all."""
    if request.method == "DELETE":
        Fault.objects.all().delete()
    if request.method == "POST":
        times = body.get("times")
        rule_new(
            operation=body["operation"],
            mode=body["mode"],
            times=None if times is None else int(times),
            probability=float(body.get("probability", 1.0)),
            seed=int(body.get("seed", 0)),
        )
    return list(
        Fault.objects.order_by("pk").values(
            *("id", "operation", "mode", "times", "probability", "seed", "asked", "hits")
        )
    )


@endpoint("GET")
def fault_modes(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """Every way to misbehave: {operation: {mode: what it means}}."""
    return dict(MODES)


@endpoint("POST")
def pay(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """Somebody pays without a browser: {"mchid", "out_trade_no", "person", "result"}."""
    result = body.get("result", "success")
    if result not in {"success", "cancel", "fail"}:
        raise ValueError("result is success, cancel or fail")
    trade = Trade.objects.get(merchant_id=body["mchid"], out_trade_no=body["out_trade_no"])
    person = Person.objects.get(key=body["person"])
    if result == "success":
        try:
            trade = money.pay(trade.pk, person)
        except money.PayRefused as refused:
            raise ValueError(str(refused)) from refused
    return {"state": trade.state, "transaction_id": trade.transaction_id}


@endpoint("GET", "POST")
def clock(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """{"speed", "advance_s"}: how fast waits pass, and time that passes now."""
    if "speed" in body:
        clocks.speed_set(float(body["speed"]))
    if "advance_s" in body:
        clocks.advance(float(body["advance_s"]))
    return {"speed": clocks.speed(), "due_now": clocks.due_now().isoformat()}


@endpoint("GET", "POST")
def settings(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """{"paid_again", "closed_again", "close_paid", "not_enough"}: the codes for a prepay of a paid or
    of a closed number, for closing a paid one, and for a refund without money, where documents
    differ."""
    for name in choices.CHOICES.keys() & body.keys():
        choices.choose(name, body[name])
    return {name: choices.chosen(name) for name in choices.CHOICES}


@endpoint("POST")
def notices_flush(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """Deliver everything that waits, now."""
    told.refunds_ripen()
    return {"delivered": told.flush()}


@endpoint("GET")
def notices(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """What was told, and what came of it."""
    return [
        {
            "id": one.notice_id,
            "mchid": one.merchant_id,
            "url": one.url,
            "event_type": one.event_type,
            "mode": one.mode,
            "attempts": one.attempts,
            "last_status": one.last_status,
            "accepted": one.accepted_at is not None,
            "was_fooled": one.was_fooled,
        }
        for one in Notice.objects.order_by("-pk")[:1000]
    ]


@endpoint("GET")
def books(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """A merchant's money as this side knows it."""
    mchid = request.GET["mchid"]
    trades = list(Trade.objects.filter(merchant_id=mchid).order_by("pk"))
    refunds = list(Refund.objects.filter(merchant_id=mchid).select_related("trade").order_by("pk"))
    return {
        "payments": [
            {
                "out_trade_no": one.out_trade_no,
                "transaction_id": one.transaction_id or "",
                "state": one.state,
                "total_fen": one.total_fen,
                "payer_openid": one.payer_openid,
                "paid_at": one.paid_at.isoformat() if one.paid_at else None,
                "time_expire": one.time_expire.isoformat(),
            }
            for one in trades
        ],
        "refunds": [
            {
                "out_refund_no": one.out_refund_no,
                "out_trade_no": one.trade.out_trade_no,
                "state": one.state,
                "refund_fen": one.refund_fen,
                "succeeded_at": one.succeeded_at.isoformat() if one.succeeded_at else None,
            }
            for one in refunds
        ],
        "paid_fen": sum(one.total_fen for one in trades if one.paid_at),
        "refunded_fen": sum(one.refund_fen for one in refunds if one.state == "SUCCESS"),
    }


@endpoint("GET")
def chats(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """The cards that were sent, newest first."""
    return [
        {
            "by": one.by,
            "channel": one.channel,
            "title": one.title,
            "desc": one.desc,
            "link": one.link,
            "imgUrl": one.image,
        }
        for one in Card.objects.order_by("-pk")[:200]
    ]


@endpoint("POST")
def reset(request: HttpRequest, body: dict[str, Any]) -> Answer:
    """Forget everything but apps, merchants and people."""
    for model in (
        *(Notice, Refund, Trade, Grant, ApiToken, Fault, Card),
        *(Message, Subscription, Follow),
    ):
        model.objects.all().delete()
    return {}


def _texts(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name} is a list of texts")
    return value
