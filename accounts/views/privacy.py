"""隐私与账号: a copy of one's own data, not being shown any more, and closing the account."""

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import queries
from accounts.paths import next_path
from accounts.queries import signed_in_id
from accounts.services import CloseRefused, account_close, person_data, profile_show_withdraw
from core import clock
from core.limits import limit_check
from core.people_data import obstacles_of
from core.public_pages import personal

# All that is held may be much to read.
DOWNLOADS, DOWNLOADS_WINDOW_S = 10, 3600


class CloseForm(forms.Form):
    """A word that nobody types by accident."""

    word = forms.CharField(
        label=gettext_lazy("确认注销"),
        max_length=10,
        help_text=gettext_lazy("请输入“注销”两个字"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_word(self) -> str:
        word: str = self.cleaned_data["word"]
        if word.strip() != _("注销"):
            raise forms.ValidationError(_("请输入“注销”两个字，表示你确认。"))
        return word


@require_safe
@personal
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """What a person may do about their data."""
    return _page(request, CloseForm())


@require_POST
@personal
@login_required
def download(request: HttpRequest) -> HttpResponse:
    """Everything that is held about the person, as a file."""
    user_id = signed_in_id(request)
    if not limit_check("people-data", str(user_id), DOWNLOADS, DOWNLOADS_WINDOW_S):
        messages.error(request, _("下载得太频繁了，请过一会儿再试。"))
        return redirect("accounts:account")
    now = clock.now()
    answer = JsonResponse(
        person_data(user_id=user_id, now=now),
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )
    answer["Content-Disposition"] = f'attachment; filename="my-data-{now:%Y%m%d}.json"'
    return answer


@require_POST
@personal
@login_required
def hide(request: HttpRequest) -> HttpResponse:
    """The consent to be shown on pages of groups is taken back."""
    profile_show_withdraw(user_id=signed_in_id(request), now=clock.now())
    messages.success(request, _("已撤回，几秒钟后拼团和砍价页面不再展示你的头像和昵称。"))
    return redirect(next_path(request, default=reverse("accounts:account")))


@require_POST
@personal
@login_required
def close(request: HttpRequest) -> HttpResponse:
    """Close the account, and sign out of it."""
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        account_close(user_id=signed_in_id(request), now=clock.now())
    except CloseRefused:
        return _page(request, form, status=409)
    logout(request)
    messages.success(request, _("账号已注销。依法保存的交易记录不再和你的资料关联。"))
    return redirect("storefront:home")


def _page(request: HttpRequest, form: CloseForm, *, status: int = 200) -> HttpResponse:
    user_id = signed_in_id(request)
    context = {
        "form": form,
        "obstacles": obstacles_of(user_id),
        "is_shown": queries.has_profile_consent(user_id),
    }
    return render(request, "accounts/account.html", context, status=status)
