"""Signing in outside WeChat by a code, and signing out. allauth does the codes."""

from datetime import timedelta
from typing import Any

from allauth.account import views as allauth_views
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.core.exceptions import RateLimited
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import sms
from accounts.forms import ChangePhoneForm, SignInForm
from accounts.models import User
from accounts.paths import asked_path, next_path, with_query
from accounts.services import consent_give_basic, person_claim
from core import clock
from core.crypto import mask_phone
from wechat.queries import inside_wechat

AGREED = "agreed_at_sign_in"
SENT_AGAIN_WITHIN = timedelta(minutes=1)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a phone or an e-mail address and send it a code; inside WeChat, ask WeChat instead.

    A number that nobody has becomes an account; the page says so.
    """
    target = next_path(request)
    if request.user.is_authenticated:
        return redirect(target)
    by = request.GET.get("by", "")
    if request.method != "POST" and not by and inside_wechat(request):
        return redirect(with_query(reverse("accounts:wechat_start"), next=target))
    by = "email" if by == "email" else "phone"
    form = SignInForm(request.POST if request.method == "POST" else None, by=by)
    if form.is_valid() and _code_sent(request, form):
        return redirect(with_query(reverse("account_confirm_login_code"), by=by, next=target))
    context = {"form": form, "by": by, "next": target, "inside_wechat": inside_wechat(request)}
    return render(request, "accounts/sign_in.html", context)


def _code_sent(request: HttpRequest, form: SignInForm) -> bool:
    """Send the code and begin allauth's login; False when it could not be sent."""
    phone, email = form.cleaned_data.get("phone", ""), form.cleaned_data.get("email", "")
    user = form._user or person_claim(phone=phone, email=email, now=clock.now())
    try:
        LoginCodeVerificationProcess.initiate(
            request=request, user=user, phone=phone or None, email=email or None
        )
    except sms.SmsTrouble as trouble:
        form.add_error("phone", str(trouble))
        return False
    except OSError:
        form.add_error("email", _("邮件暂时发不出去，请稍后再试，或改用手机号登录。"))
        return False
    request.session[AGREED] = True
    return True


class ConfirmCodeView(allauth_views.ConfirmLoginCodeView):
    """allauth's page for the code; who proves it has also agreed to the texts of the form before."""

    _process: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """allauth leads back to the form when there is no use in this code any more: the form shall
        say why, and lead to where the person was going."""
        response = super().dispatch(request, *args, **kwargs)
        if response.headers.get("Location") != reverse("account_request_login_code"):
            return response
        if self._process is None:  # of too many wrong ones allauth has told by itself
            messages.error(request, _("验证码已过期，请重新获取。"))
        by = "email" if request.GET.get("by") == "email" else "phone"
        return redirect(with_query(reverse("accounts:sign_in"), by=by, next=next_path(request)))

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)
        except sms.SmsTrouble as trouble:
            messages.error(self.request, str(trouble))
            return redirect(self.request.get_full_path())
        if self.request.user.is_authenticated and self.request.session.pop(AGREED, False):
            consent_give_basic(user_id=self.request.user.pk, now=clock.now())
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        phone = context["phone"] or ""
        context["recipient"] = mask_phone(phone) if phone else context["email"]
        context["development_code"] = sms.development_code(phone) if phone else ""
        context["again_url"] = with_query(
            reverse("accounts:sign_in"),
            by="phone" if phone else "email",
            next=next_path(self.request),
        )
        context["next"] = next_path(self.request)
        return context


@method_decorator(never_cache, name="dispatch")
class ChangePhoneView(allauth_views.ChangePhoneView):
    """Bind a phone to the account in use, by a code; with `next`, whoever did goes on there."""

    def get_form_class(self) -> type[ChangePhoneForm]:
        return ChangePhoneForm

    def form_valid(self, form: Any) -> HttpResponse:
        consent_give_basic(user_id=self.request.user.pk, now=clock.now())
        try:
            response: HttpResponse = super().form_valid(form)
        except sms.SmsTrouble as trouble:
            form.add_error("phone", str(trouble))
            return self.form_invalid(form)
        except RateLimited:
            form.add_error("phone", _("这个手机号取验证码太频繁，请稍后再试。"))
            return self.form_invalid(form)
        return response

    def get_success_url(self) -> str:
        return _on_the_way("account_verify_phone", self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        user = self.request.user
        context["masked_phone"] = (
            mask_phone(user.phone) if isinstance(user, User) and user.phone else ""
        )
        context["next"] = asked_path(self.request)
        return context


class VerifyPhoneView(allauth_views._VerifyPhoneChangeView):
    """The code that proves the phone just given; then on to `next`."""

    process: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A code that came too late leads back to the number, which says so; not the one that was
        just sent, and is sent again."""
        response = super().dispatch(request, *args, **kwargs)
        if self.process is not None:
            return response
        proved_at = getattr(request.user, "phone_verified_at", None)
        if proved_at is not None and clock.now() - proved_at < SENT_AGAIN_WITHIN:
            return self.respond_process_succeeded(None)
        messages.error(request, _("验证码已过期，请重新获取。"))
        return redirect(_on_the_way("account_change_phone", request))

    def respond_process_succeeded(self, form: Any) -> HttpResponse:
        return redirect(asked_path(self.request) or reverse("account_change_phone"))

    def respond_process_failed(self, form: Any) -> HttpResponse:
        messages.error(self.request, _("验证码输错太多次，请一分钟后重新获取。"))
        return redirect(_on_the_way("account_change_phone", self.request))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["recipient"] = mask_phone(context["phone"])
        context["development_code"] = sms.development_code(context["phone"])
        context["again_url"] = _on_the_way("account_change_phone", self.request)
        context["next"] = asked_path(self.request)
        return context


def _on_the_way(name: str, request: HttpRequest) -> str:
    """The next page of proving a phone, which still knows where the person is going."""
    target = asked_path(request)
    return with_query(reverse(name), next=target) if target else reverse(name)


def verify_phone(request: HttpRequest) -> HttpResponseBase:
    """For people who are signed in; everybody else starts at the sign-in page."""
    if not request.user.is_authenticated:
        return redirect(with_query(reverse("accounts:sign_in"), next=next_path(request)))
    return VerifyPhoneView.as_view()(request)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask on GET, sign out on POST."""
    if request.method == "POST":
        logout(request)
        messages.info(request, _("已退出登录。"))
        return redirect("storefront:home")
    return render(request, "accounts/sign_out.html")


@never_cache
def to_sign_in(request: HttpRequest) -> HttpResponse:
    """allauth's own addresses lead to our one page."""
    return redirect(with_query(reverse("accounts:sign_in"), next=next_path(request)))
