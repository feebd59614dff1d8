"""Signing in inside WeChat: silently when it is needed, with nickname and avatar after a tap."""

import logging
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import ProfileForm
from accounts.openids import openid_keep
from accounts.paths import next_path, with_query
from accounts.queries import signed_in_id
from accounts.services import (
    AccountDisabled,
    ConsentMissing,
    SnapshotRefused,
    consent_give_basic,
    person_from_wechat,
    profile_take,
)
from core import clock
from core.limits import client_address, limit_check
from wechat.queries import inside_wechat
from wechat.services import (
    OAuthPerson,
    WechatTrouble,
    appid_of,
    authorize_url,
    domain_of,
    oauth_person,
    oauth_state_new,
    origin_of,
    sign_in_host,
)

log = logging.getLogger(__name__)

STATES = "wechat_states"
MAX_STATES = 5
STATE_AGE_S = 600
RELAY_SALT = "accounts.wechat_relay"
BACKEND = "accounts.backends.PasswordBackend"


@never_cache
@require_GET
def wechat_start(request: HttpRequest) -> HttpResponse:
    """Send the browser to WeChat for a silent sign-in; outside WeChat to the sign-in page.

    `?appid=…` is a cashier's: for whoever is signed in, the openid at that one of our 服务号.
    """
    target = next_path(request)
    if not inside_wechat(request):
        return redirect(with_query(reverse("accounts:sign_in"), next=target))
    if not _may_start(request):
        return _problem(request, _("登录太频繁，请过一分钟再试。"), target, status=429)
    asked = request.GET.get("appid", "")
    return _authorize(request, scope="snsapi_base", target=target, appid=asked)


@never_cache
@require_GET
def wechat_callback(request: HttpRequest) -> HttpResponse:
    """Where WeChat sends the browser back: who is it, and on to where they wanted to go.

    The state belongs to this session and works once. Every way it can go wrong ends on a page that
    says what to do next.
    """
    known = _state_take(request, request.GET.get("state", ""))
    if known is None:
        return _problem(request, _("登录已过期，请重新登录。"), "", status=400)
    target, code = known["next"], request.GET.get("code", "")
    if not code:
        return _problem(request, _("你取消了微信授权，可以重试，也可以用手机号登录。"), target)
    try:
        _told_by_wechat(request, code, appid=known["appid"], pays=known.get("pays", False))
    except WechatTrouble as trouble:
        log.warning("WeChat sign-in failed: %s", trouble)
        if trouble.permanent:
            return _problem(request, _("微信授权已失效，请重新登录。"), target, status=400)
        return _problem(request, _("微信暂时没有回应，请稍后再试。"), target, status=503)
    except (SnapshotRefused, AccountDisabled) as refused:
        return _problem(request, str(refused), target, status=403)
    return redirect(target)


@never_cache
@require_GET
def wechat_relay(request: HttpRequest) -> HttpResponse:
    """Pass code and state on to the host of ours that asked: WeChat sends people back to two hosts
    of a 服务号 at most, and we have more. The state belongs to the browser's session there.
    """
    try:
        host = signing.loads(request.GET.get("to", ""), salt=RELAY_SALT, max_age=STATE_AGE_S)
    except signing.BadSignature:
        host = ""
    if host != settings.SITE_HOST and domain_of(host) is None:
        return _problem(request, _("登录已过期，请重新登录。"), "", status=400)
    passed = {name: request.GET[name] for name in ("code", "state") if name in request.GET}
    return redirect(origin_of(host) + with_query(reverse("accounts:wechat_callback"), **passed))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def wechat_profile(request: HttpRequest) -> HttpResponse:
    """Ask for nickname and avatar: only after a tap, and after agreeing to the texts."""
    target = next_path(request)
    form = ProfileForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        consent_give_basic(user_id=signed_in_id(request), now=clock.now())
        if not inside_wechat(request):
            return _problem(request, _("请在微信里打开本页，再使用微信头像和昵称。"), target)
        return _authorize(request, scope="snsapi_userinfo", target=target)
    return render(request, "accounts/wechat_profile.html", {"form": form, "next": target})


def _authorize(request: HttpRequest, *, scope: str, target: str, appid: str = "") -> HttpResponse:
    """At the host's own 服务号. Whoever is signed in pays with `appid`, one of ours, and stays who they
    are: the phone may be somebody else's."""
    here = request.get_host()
    pays = request.user.is_authenticated and sign_in_host(appid, here=here) is not None
    if not pays:
        appid = appid_of(here)
    state, back = oauth_state_new(), _comes_back_to(request, appid)
    try:
        url = authorize_url(scope=scope, state=state, redirect_uri=back, appid=appid)
    except WechatTrouble:
        log.exception("WeChat sign-in is not configured")
        return _problem(request, _("微信登录暂不可用，请用手机号登录。"), target, status=503)
    states = dict(request.session.get(STATES, {}))
    while len(states) >= MAX_STATES:
        del states[min(states, key=lambda one: states[one]["at"])]
    at = clock.now().timestamp()
    states[state] = {"next": target, "at": at, "appid": appid, "pays": pays}
    request.session[STATES] = states
    return redirect(url)


def _comes_back_to(request: HttpRequest, appid: str) -> str:
    """Straight to this host when it is the one registered with the 服务号; otherwise through that one,
    which passes the code on."""
    domain = domain_of(request.get_host())
    here = domain.host if domain else settings.SITE_HOST
    home = str(sign_in_host(appid, here=here))
    if here == home:
        return origin_of(here) + reverse("accounts:wechat_callback")
    signed = signing.dumps(here, salt=RELAY_SALT)
    return origin_of(home) + with_query(reverse("accounts:wechat_relay"), to=signed)


def _state_take(request: HttpRequest, state: str) -> dict[str, Any] | None:
    """What this session remembers of the state; it is forgotten with that."""
    states = dict(request.session.get(STATES, {}))
    known: dict[str, Any] | None = states.pop(state, None)
    if known is None:
        return None
    request.session[STATES] = states
    return known if clock.now().timestamp() - known["at"] <= STATE_AGE_S else None


def _told_by_wechat(request: HttpRequest, code: str, *, appid: str, pays: bool) -> None:
    """Ask who it is: to be signed in, or, for whoever is and `pays`, only with which openid. Raises
    WechatTrouble, SnapshotRefused, AccountDisabled."""
    if pays and not request.user.is_authenticated:
        return  # Signed out meanwhile: the cashier asks who they are first.
    person = oauth_person(code, appid=appid)
    if not pays:
        _enter(request, person, appid=appid)
    openid_keep(request, appid=appid, person=person)


def _enter(request: HttpRequest, person: OAuthPerson, *, appid: str) -> None:
    """Sign the person in, and take nickname and avatar if that is what was asked for. Raises
    SnapshotRefused, AccountDisabled."""
    found = person_from_wechat(
        person=person, appid=appid, current_user_id=request.user.pk, now=clock.now()
    )
    user = found.user
    if person.nickname or person.avatar:
        try:
            user = profile_take(
                user_id=user.pk, nickname=person.nickname, avatar=person.avatar, now=clock.now()
            )
        except ConsentMissing as missing:
            messages.warning(request, str(missing))
    if not (request.user.is_authenticated and request.user.pk == user.pk):
        login(request, user, backend=BACKEND)
    if found.conflict:
        messages.warning(
            request,
            _("这个微信还有另一个账号，两个账号里都有订单，暂未合并；客服会联系你处理。"),
        )


def _problem(request: HttpRequest, message: str, target: str, *, status: int = 200) -> HttpResponse:
    target = target or reverse("storefront:home")
    context = {
        "message": message,
        "retry_url": with_query(reverse("accounts:wechat_start"), next=target),
        "phone_url": with_query(reverse("accounts:sign_in"), by="phone", next=target),
        "back_url": target,
        "signed_in": request.user.is_authenticated,
    }
    return render(request, "accounts/wechat_problem.html", context, status=status)


def _may_start(request: HttpRequest) -> bool:
    """A browser starts a few times a minute; an address, which may be a whole carrier, many."""
    if request.session.session_key:
        return limit_check("wechat-start", request.session.session_key, 20, 60)
    return limit_check("wechat-start-address", client_address(request), 3000, 60)
