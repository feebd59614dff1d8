"""By which ways somebody wants to be told: choices, leave to send by WeChat, an e-mail address."""

import logging

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.paths import next_path
from accounts.queries import signed_in_id
from accounts.services import (
    EmailRefused,
    email_ask,
    email_confirm,
    email_of_token,
    email_remove,
)
from core import clock
from core.errors import NotHere
from core.limits import limit_check
from core.public_pages import personal
from notices import queries, services
from notices.kinds import SHOPPER_TOPICS
from wechat.queries import inside_wechat

log = logging.getLogger(__name__)

NEXT = "notices_next"
# So many messages about one topic may be waited for at once.
WAITED_FOR = 5
ASKS, ASKS_WINDOW_S = 20, 60
LETTERS, LETTERS_WINDOW_S = 3, 600
# To one address, whoever asks: nobody is written to again and again by many accounts.
LETTERS_TO, LETTERS_TO_WINDOW_S = 5, 86_400


class EmailForm(forms.Form):
    """An address to send to."""

    email = forms.EmailField(
        label=gettext_lazy("邮箱"),
        max_length=254,
        widget=forms.EmailInput(
            attrs={"class": "weui-input", "autocomplete": "email", "inputmode": "email"}
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@login_required
def ways(request: HttpRequest) -> HttpResponse:
    """The choices; POST keeps them all."""
    if request.method == "POST":
        chosen = {
            topic.value: services.Ways(
                wechat=f"wechat-{topic}" in request.POST, email=f"email-{topic}" in request.POST
            )
            for topic in SHOPPER_TOPICS
        }
        services.preferences_save(user_id=signed_in_id(request), chosen=chosen, now=clock.now())
        messages.success(request, _("已保存。"))
        return redirect("notices:settings")
    return _ways_page(request, EmailForm())


@require_POST
@personal
@login_required
def email(request: HttpRequest) -> HttpResponse:
    """Send a letter to the address, or forget the address that there is."""
    if request.POST.get("do") == "forget":
        try:
            email_remove(user_id=signed_in_id(request))
        except EmailRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("邮箱已删除，不会再收到邮件。"))
        return redirect("notices:settings")
    form = EmailForm(request.POST)
    if not form.is_valid():
        return _ways_page(request, form, status=422)
    try:
        _letter_send(request, form.cleaned_data["email"])
    except EmailRefused as refused:
        form.add_error("email", str(refused))
        return _ways_page(request, form, status=409)
    messages.success(request, _("确认邮件已发出，请打开邮件里的链接完成确认。"))
    return redirect("notices:settings")


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@login_required
def email_confirm_page(request: HttpRequest) -> HttpResponse:
    """Where the letter leads. GET only asks: programs that look into letters open links, too."""
    token = request.POST.get("token") or request.GET.get("token", "")
    refusal, address = "", ""
    try:
        if request.method == "POST":
            email_confirm(user_id=signed_in_id(request), token=token)
            messages.success(request, _("邮箱已确认。"))
            return redirect("notices:settings")
        address = email_of_token(user_id=signed_in_id(request), token=token)
    except EmailRefused as refused:
        refusal = str(refused)
    context = {"token": token, "address": address, "refusal": refusal}
    return render(request, "notices/email.html", context, status=400 if refusal else 200)


@require_safe
@personal
@login_required
def ask(request: HttpRequest, topic: str) -> HttpResponse:
    """A fragment: may we tell you of this by WeChat? Empty where that cannot be."""
    if topic not in SHOPPER_TOPICS:
        raise NotHere(_("没有这种消息。"))
    state = queries.ways_page(signed_in_id(request))
    found = next(one for one in state.topics if one.topic == topic)
    context = {
        "topic": found,
        "may_ask": _may_ask(request) and found.unused < WAITED_FOR and found.wechat,
        "next": next_path(request, default=reverse("notices:settings")),
    }
    return render(request, "notices/_ask.html", context)


@require_POST
@personal
@login_required
def subscribe(request: HttpRequest) -> HttpResponse:
    """Off to WeChat, which asks the person and brings them back to `subscribed`."""
    target = next_path(request, default=reverse("notices:settings"))
    if not limit_check("notices-subscribe", f"user:{signed_in_id(request)}", ASKS, ASKS_WINDOW_S):
        messages.error(request, _("操作太频繁了，请过一分钟再试。"))
        return redirect(target)
    try:
        url = services.consent_ask(
            user_id=signed_in_id(request),
            topic=request.POST.get("topic", ""),
            redirect_url=settings.SITE_URL + reverse("notices:subscribed"),
            now=clock.now(),
        )
    except services.ConsentUnavailable:
        messages.error(request, _("暂时不能订阅，消息会留在“我的 → 消息”里。"))
        return redirect(target)
    # Not in the address: WeChat adds its own query to it, as if there were none.
    request.session[NEXT] = target
    return redirect(url)


@require_safe
@personal
@login_required
def subscribed(request: HttpRequest) -> HttpResponse:
    """Back from WeChat. The token is the person's own and works once; reloading changes nothing."""
    answer = services.consent_answer(
        user_id=signed_in_id(request),
        token=request.GET.get("reserved", "")[:32],
        openid=request.GET.get("openid", "")[:128],
        confirmed=request.GET.get("action") == "confirm",
        now=clock.now(),
    )
    if answer is None:
        messages.error(request, _("订阅已过期，请重新点一次。"))
    elif answer.given:
        messages.success(request, _("订阅好了，有进展会发到你的微信（一次一条）。"))
    else:
        messages.info(request, _("没有订阅。消息会留在“我的 → 消息”里。"))
    return redirect(request.session.pop(NEXT, reverse("notices:settings")))


def _ways_page(request: HttpRequest, form: EmailForm, *, status: int = 200) -> HttpResponse:
    context = {
        "ways": queries.ways_page(signed_in_id(request)),
        "form": form,
        "may_ask": _may_ask(request),
        "waited_for": WAITED_FOR,
    }
    return render(request, "notices/settings.html", context, status=status)


def _letter_send(request: HttpRequest, address: str) -> None:
    """Raises EmailRefused."""
    key = f"user:{signed_in_id(request)}"
    if not limit_check("notices-letter", key, LETTERS, LETTERS_WINDOW_S):
        raise EmailRefused(_("发得太频繁了，请过十分钟再试。"))
    to = f"email:{address.strip().lower()}"
    if not limit_check("notices-letter-to", to, LETTERS_TO, LETTERS_TO_WINDOW_S):
        raise EmailRefused(_("今天发到这个邮箱的确认邮件太多了，请明天再试，或换一个邮箱。"))
    try:
        email_ask(
            user_id=signed_in_id(request),
            email=address,
            confirm_url=settings.SITE_URL + reverse("notices:email_confirm"),
        )
    except OSError:
        log.warning("no letter to confirm an address", exc_info=True)
        raise EmailRefused(_("邮件没有发出去，请检查邮箱，或稍后再试。")) from None


def _may_ask(request: HttpRequest) -> bool:
    """Whether WeChat can be asked from here."""
    inside = inside_wechat(request)
    return inside and bool(settings.WECHAT_SUBSCRIBE_TEMPLATE and settings.WECHAT_APPID)
