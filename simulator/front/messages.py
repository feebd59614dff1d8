"""What 服务号 send to this phone, and the page that asks whether they may send one more."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from simulator.front.phone import _choose, _trouble, _with, person_of
from simulator.models import App, Follow, Message
from simulator.services import people
from simulator.services.messages import LAST_SCENE, subscription_give


@csrf_exempt
def subscribe(request: HttpRequest) -> HttpResponse:
    """mp.weixin.qq.com/mp/subscribemsg?action=get_confirm: may this app send one message?"""
    asked, app = request.GET, App.objects.filter(appid=request.GET.get("appid", "")).first()
    trouble = _subscribe_trouble(asked, app)
    if trouble or app is None:
        return _trouble(request, "无法打开", trouble)
    person = person_of(request)
    if person is None:
        return _choose(request, "这部手机是谁的？")
    if request.method != "POST":
        context = {"app": app, "person": person, "action": request.get_full_path()}
        return render(request, "subscribe.html", context)
    answer = "confirm" if request.POST.get("answer") == "confirm" else "cancel"
    if answer == "confirm":
        subscription_give(app=app, person=person, scene=int(asked["scene"]))
    query = {
        "template_id": asked["template_id"],
        "action": answer,
        "scene": asked.get("scene", ""),
        "reserved": asked.get("reserved", ""),
    }
    if answer == "confirm":
        query["openid"] = people.openid_of(app.appid, person.key)
    return HttpResponseRedirect(_with(asked["redirect_url"], **query))


def _subscribe_trouble(asked: Any, app: App | None) -> str:
    if app is None or asked.get("action") != "get_confirm":
        return "参数错误"
    if not app.subscribe_template or asked.get("template_id") != app.subscribe_template:
        return "template_id 不正确"
    host = urlsplit(asked.get("redirect_url", "")).hostname
    if not host or host not in app.domains:
        return "redirect_url 的域名与业务域名不一致"
    scene = asked.get("scene", "")
    if not (scene.isascii() and scene.isdigit() and int(scene) <= LAST_SCENE):
        return "scene 是 0 到 10000 的整数"
    return ""


@csrf_exempt
def messages(request: HttpRequest) -> HttpResponse:
    """The phone's list of messages; following and unfollowing is done here, too."""
    person = person_of(request)
    if person is None:
        return _choose(request, "看谁的手机？")
    if request.method == "POST":
        app = App.objects.filter(appid=request.POST.get("appid", "")).first()
        if app is None:
            return _trouble(request, "没有这个服务号", "它可能还没有登记。")
        if request.POST.get("do") == "follow":
            Follow.objects.get_or_create(app=app, person=person)
        else:
            Follow.objects.filter(app=app, person=person).delete()
        return HttpResponseRedirect("/_phone/messages")
    follows = set(Follow.objects.filter(person=person).values_list("app_id", flat=True))
    context = {
        "person": person,
        "people": people.people(),
        "messages": Message.objects.filter(person=person)
        .select_related("app")
        .order_by("-pk")[:50],
        "apps": [(app, app.appid in follows) for app in App.objects.all()],
    }
    return render(request, "messages.html", context)
