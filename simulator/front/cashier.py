"""WeChat's cashier: opened by a page's bridge, or by scanning a code."""

import json
import time
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from simulator.front.phone import person_of
from simulator.models import App, Merchant, Person, Trade
from simulator.services import keys, money, people

SKEW_S = 300


@csrf_exempt
def bridge(request: HttpRequest) -> HttpResponse:
    """getBrandWCPayRequest: are the parameters signed by the merchant, and may this person pay?

    {"error"} in the words of the phone, or {"cashier"}, the address of the sheet.
    """
    asked = json.loads(request.body)
    prepay_id = str(asked.get("package", "")).removeprefix("prepay_id=")
    try:
        trade = money.prepay_find(prepay_id)
        _signed_check(asked, trade)
        person = person_of(request)
        if person is None:
            raise money.PayRefused("这部手机还没有主人，请先在模拟器里选一个人")
        money.payable_check(trade, person)
    except money.PayRefused as refused:
        return JsonResponse({"error": str(refused)})
    return JsonResponse({"cashier": f"{settings.URL}/cashier/{prepay_id}?sheet=1"})


def _signed_check(asked: dict[str, object], trade: Trade) -> None:
    stamp = asked.get("timeStamp")
    if not isinstance(stamp, str) or not stamp.isdigit():
        raise money.PayRefused("缺少参数：timeStamp 应为字符串")
    if abs(time.time() - int(stamp)) > SKEW_S or asked.get("signType") != "RSA":
        raise money.PayRefused("支付验证签名失败")
    lines = (trade.appid, stamp, str(asked.get("nonceStr", "")), str(asked.get("package", "")))
    merchant: Merchant = trade.merchant
    if asked.get("appId") != trade.appid or not keys.is_signed(
        merchant.private_key, str(asked.get("paySign", "")), *lines
    ):
        raise money.PayRefused("支付验证签名失败")


@csrf_exempt
def cashier(request: HttpRequest, prepay_id: str) -> HttpResponse:
    """The sheet: what is paid to whom, and three ways to end it."""
    return _cashier(request, prepay_id, person_of(request))


@csrf_exempt
def native(request: HttpRequest, code: str) -> HttpResponse:
    """What opens when somebody scans a code: choose who, then the same cashier."""
    chosen = request.POST.get("person") or request.GET.get("person") or ""
    person = Person.objects.filter(key=chosen).first() or person_of(request)
    return _cashier(request, code, person, choice=people.people())


@csrf_exempt
def h5(request: HttpRequest) -> HttpResponse:
    """What a phone's browser is sent to: only from the merchant's own pages, from the address that
    the merchant told, for five minutes. Then the shopper is sent back, paid or not."""
    token, back = request.GET.get("prepay_id", ""), request.GET.get("redirect_url", "")
    person = Person.objects.filter(key=request.POST.get("person", "")).first() or person_of(request)
    try:
        trade = money.prepay_find(token)
        if request.method == "GET":
            _h5_check(request, trade)
        domains = App.objects.get(appid=trade.appid).js_domains
        if back and urlsplit(back).hostname not in domains:
            back = ""
    except money.PayRefused as refused:
        return render(request, "cashier.html", {"error": str(refused), "trade": None})
    return _cashier(request, token, person, choice=people.people(), back=back)


def _h5_check(request: HttpRequest, trade: Trade) -> None:
    referer = urlsplit(request.headers.get("Referer", "")).hostname
    if trade.channel != "h5" or not referer:
        raise money.PayRefused("商家参数格式有误，请联系商家解决")
    if referer not in App.objects.get(appid=trade.appid).js_domains:
        raise money.PayRefused("商家存在未配置的参数，请联系商家解决")
    if request.META.get("REMOTE_ADDR") != trade.payer_ip:
        raise money.PayRefused("网络环境未能通过安全验证，请稍后再试")


def _cashier(
    request: HttpRequest,
    token: str,
    person: Person | None,
    *,
    choice: list[Person] | None = None,
    back: str = "",
) -> HttpResponse:
    outcome, error, trade = "", "", None
    try:
        trade = money.prepay_find(token)
        if request.method == "POST":
            outcome = _end(request, trade, person)
        elif person is not None:
            money.payable_check(trade, person)
    except money.PayRefused as refused:
        error, outcome = str(refused), "fail" if request.method == "POST" else ""
    context = {
        "trade": trade,
        "yuan": f"{trade.total_fen // 100}.{trade.total_fen % 100:02d}" if trade else "",
        "person": person,
        "people": choice,
        "outcome": outcome,
        "error": error,
        "back": back,
        "is_sheet": "sheet" in request.GET,
        "action": request.get_full_path(),
    }
    return render(request, "cashier.html", context)


def _end(request: HttpRequest, trade: Trade, person: Person | None) -> str:
    answer = request.POST.get("answer", "cancel")
    if answer != "pay":
        return "fail" if answer == "fail" else "cancel"
    if person is None:
        raise money.PayRefused("请选择谁来付款")
    money.pay(trade.pk, person)
    return "ok"
