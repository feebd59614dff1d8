"""The phone: whose it is, what it lets apps know, and the scripts that pages inside WeChat see."""

import hashlib
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.html import escape
from django.views.decorators.csrf import csrf_exempt

from simulator.models import ApiToken, App, Card, Person
from simulator.services import clock, people
from simulator.services.faults import fault_take

COOKIE = "sim_person"
ASSETS = Path(__file__).parent / "assets"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
SCOPES = {"snsapi_base", "snsapi_userinfo"}
COLOURS = ["#2f6f4f", "#8a4b2a", "#3c5a8a", "#7a3f6b", "#5b6b1f", "#8a2f3c"]
SIGNED_AGE_S = 7200
_state = re.compile(r"[a-zA-Z0-9]{0,128}", re.ASCII)


def person_of(request: HttpRequest) -> Person | None:
    """Whose phone this browser is."""
    return Person.objects.filter(key=request.COOKIES.get(COOKIE, "")).first()


def become(request: HttpRequest) -> HttpResponse:
    """This browser is that person's phone from now on; ?person=&next=."""
    people.people()
    person = Person.objects.filter(key=request.GET.get("person", "")).first()
    if person is None:
        return _trouble(request, "没有这个人", "请在控制台里添加，或换一个人。")
    target = request.GET.get("next") or "/"
    if urlsplit(target).scheme not in {"", "http", "https"}:
        target = "/"
    response = HttpResponseRedirect(target)
    response.set_cookie(COOKIE, person.key, httponly=True, samesite="Lax", max_age=30 * 86400)
    return response


def authorize(request: HttpRequest) -> HttpResponse:
    """open.weixin.qq.com/connect/oauth2/authorize: silent, or with the consent page."""
    asked, app = request.GET, App.objects.filter(appid=request.GET.get("appid", "")).first()
    trouble = _authorize_trouble(asked, app)
    if trouble or app is None:
        return _trouble(request, "Oops! Something went wrong:(", trouble)
    person = person_of(request)
    if person is None:
        return _choose(request, "这部手机是谁的？")
    if asked["scope"] == "snsapi_base":
        return _back(request, app, person)
    if request.method == "POST":
        if request.POST.get("answer") != "allow":
            return HttpResponseRedirect(_with(asked["redirect_uri"], state=asked.get("state", "")))
        return _back(request, app, person)
    return render(
        request, "consent.html", {"app": app, "person": person, "action": request.get_full_path()}
    )


def qrconnect(request: HttpRequest) -> HttpResponse:
    """A computer shows a code; whoever scans it is signed in there."""
    app = App.objects.filter(appid=request.GET.get("appid", "")).first()
    trouble = _authorize_trouble(request.GET, app, scopes={"snsapi_login"})
    if trouble or app is None:
        return _trouble(request, "Oops! Something went wrong:(", trouble)
    person = person_of(request)
    if person is None:
        return _choose(request, f"谁用微信扫码登录“{app.name}”？")
    return _back(request, app, person)


def _authorize_trouble(asked: Any, app: App | None, scopes: set[str] = SCOPES) -> str:
    if app is None:
        return "appid 参数错误 (10013)"
    if asked.get("response_type") != "code":
        return "response_type 参数错误 (10012)"
    if asked.get("scope") not in scopes:
        return "scope 参数错误或没有 scope 权限 (10005)"
    if not _state.fullmatch(asked.get("state", "")):
        return "state 只能是 128 位以内的字母和数字 (10011)"
    host = urlsplit(asked.get("redirect_uri", "")).hostname
    if not host or host not in app.domains:
        return "redirect_uri 域名与后台配置不一致，错误码：10003"
    return ""


def _back(request: HttpRequest, app: App, person: Person) -> HttpResponse:
    asked = request.GET
    snapshot = asked["scope"] == "snsapi_userinfo" and bool(
        fault_take("oauth", among=frozenset({"snapshot"}))
    )
    grant = people.grant_new(app=app, person=person, scope=asked["scope"], is_snapshot=snapshot)
    return HttpResponseRedirect(
        _with(asked["redirect_uri"], code=grant.code, state=asked.get("state", ""))
    )


def _with(url: str, **query: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def _choose(request: HttpRequest, question: str) -> HttpResponse:
    context = {"question": question, "people": people.people(), "next": request.get_full_path()}
    return render(request, "choose.html", context)


def _trouble(request: HttpRequest, title: str, text: str) -> HttpResponse:
    return render(request, "trouble.html", {"title": title, "text": text}, status=400)


def avatar(request: HttpRequest, key: str) -> HttpResponse:
    """A face: the first character of the name on a colour of its own."""
    person = Person.objects.filter(key=key).first()
    letter = escape((person.nickname if person else key)[:1])
    colour = COLOURS[int(hashlib.sha256(key.encode()).hexdigest(), 16) % len(COLOURS)]
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">'
        f'<rect width="96" height="96" fill="{colour}"/>'
        '<text x="48" y="49" font-size="46" fill="#fff" text-anchor="middle" '
        f'dominant-baseline="central" font-family="sans-serif">{letter}</text></svg>'
    )
    response = HttpResponse(svg, content_type="image/svg+xml")
    response["Cache-Control"] = "max-age=3600"
    return response


def script(request: HttpRequest, name: str) -> HttpResponse:
    """A script or style of ours, with this server's address filled in."""
    file = ASSETS / name
    if file.parent != ASSETS or file.suffix not in TYPES or not file.exists():
        raise Http404(name)
    text = file.read_text(encoding="utf-8").replace("__SIMULATOR__", settings.URL)
    response = HttpResponse(text, content_type=TYPES[file.suffix])
    response["Cache-Control"] = "no-cache"
    return response


@csrf_exempt
def jssdk_check(request: HttpRequest) -> HttpResponse:
    """Does wx.config's signature fit the page? {"url", "appId", "timestamp", "nonceStr", …}"""
    asked = json.loads(request.body)
    app = App.objects.filter(appid=asked.get("appId", "")).first()
    if app is None:
        return JsonResponse({"error": "config:invalid appid"})
    page = str(asked.get("url", "")).split("#", 1)[0]
    if urlsplit(page).hostname not in app.js_domains:
        return JsonResponse({"error": "config:invalid url domain"})
    if abs(time.time() - int(asked.get("timestamp") or 0)) > SIGNED_AGE_S:
        return JsonResponse({"error": "config:invalid signature (timestamp)"})
    tickets = ApiToken.objects.filter(app=app, kind="ticket", expires_at__gt=clock.due_now())
    for ticket in tickets:
        text = (
            f"jsapi_ticket={ticket.value}&noncestr={asked.get('nonceStr')}"
            f"&timestamp={asked.get('timestamp')}&url={page}"
        )
        if hashlib.sha1(text.encode()).hexdigest() == asked.get("signature"):
            return JsonResponse({"error": ""})
    return JsonResponse({"error": "config:invalid signature"})


@csrf_exempt
def card_send(request: HttpRequest) -> HttpResponse:
    """The person of this phone sends a card into a chat or to Moments."""
    told, person = json.loads(request.body), person_of(request)
    Card.objects.create(
        by=person.key if person else "",
        channel=str(told.get("channel", "friend"))[:12],
        title=str(told.get("title", ""))[:200],
        desc=str(told.get("desc", ""))[:400],
        link=str(told.get("link", ""))[:1000],
        image=str(told.get("imgUrl", ""))[:1000],
        sent_at=clock.stamp(),
    )
    return JsonResponse({"sent": True})
