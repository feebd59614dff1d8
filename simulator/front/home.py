"""The control page for people: everything that the control API can do, in one place."""

import re

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from simulator.front.phone import person_of
from simulator.models import App, Card, Fault, Merchant, Notice, Person, Refund, Trade
from simulator.services import clock, money, notices, people
from simulator.services.faults import MODES

OPERATIONS = {
    "prepay": "下单",
    "query": "查单",
    "close": "关单",
    "refund": "退款",
    "refund_query": "查退款",
    "notice": "通知",
    "token": "取令牌",
    "oauth": "网页授权",
    "bill": "交易账单",
    "message": "发消息",
}
_key = re.compile(r"[a-z0-9_-]{1,40}")


@csrf_exempt
def home(request: HttpRequest) -> HttpResponse:
    """GET shows, POST does one thing and shows what came of it."""
    said = ""
    if request.method == "POST":
        try:
            said = _do(request)
        except (ValueError, money.PayRefused, Person.DoesNotExist) as error:
            said = f"没有做成：{error}"
        if not said.startswith("没有"):
            return HttpResponseRedirect("/")
    people.people()
    faults = [
        {
            "id": rule.pk,
            "operation": OPERATIONS.get(rule.operation, rule.operation),
            "means": MODES[rule.operation].get(rule.mode, rule.mode),
            "left": "一直" if rule.times is None else f"还有 {rule.times} 次",
            "percent": round(rule.probability * 100),
        }
        for rule in Fault.objects.order_by("pk")
    ]
    context = {
        "said": said,
        "me": person_of(request),
        "people": people.people(),
        "cards": Card.objects.order_by("-pk")[:20],
        "trades": Trade.objects.select_related("merchant").order_by("-pk")[:30],
        "refunds": Refund.objects.select_related("trade").order_by("-pk")[:20],
        "notices": Notice.objects.select_related("merchant").order_by("-pk")[:30],
        "faults": faults,
        "choices": [
            (operation, OPERATIONS[operation], mode, means)
            for operation, modes in MODES.items()
            for mode, means in modes.items()
        ],
        "apps": App.objects.all(),
        "merchants": Merchant.objects.all(),
        "speed": clock.speed(),
        "due_now": clock.due_now(),
    }
    return render(request, "home.html", context, status=400 if said else 200)


def _do(request: HttpRequest) -> str:  # noqa: C901  one case for each button
    asked = request.POST
    match asked.get("do"):
        case "person":
            key = asked.get("key", "").strip().lower()
            if not _key.fullmatch(key):
                raise ValueError("代号只能是小写字母、数字、- 和 _")
            Person.objects.update_or_create(
                key=key, defaults={"nickname": asked.get("nickname", "").strip()[:40] or key}
            )
        case "fault":
            operation, _, mode = asked.get("rule", "").partition(":")
            if mode not in MODES.get(operation, {}):
                raise ValueError("没有这种毛病")
            times = asked.get("times", "").strip()
            Fault.objects.create(
                operation=operation,
                mode=mode,
                times=int(times) if times else None,
                probability=min(max(int(asked.get("percent") or 100), 0), 100) / 100,
            )
        case "fault-remove":
            Fault.objects.filter(pk=int(asked["id"])).delete()
        case "pay":
            money.pay(int(asked["trade"]), Person.objects.get(key=asked.get("person", "")))
        case "clock":
            if asked.get("speed"):
                clock.speed_set(float(asked["speed"]))
            if asked.get("minutes"):
                clock.advance(float(asked["minutes"]) * 60)
        case "flush":
            notices.refunds_ripen()
            notices.flush()
        case _:
            raise ValueError("不知道要做什么")
    return ""
