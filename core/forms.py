"""Form fields that the whole house shares."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.limits import UPLOADS_REFUSED, upload_allowed
from core.money import parse_yuan, yuan
from core.photos import photo_decode


class YuanField(forms.CharField):
    """An amount that a person types in yuan and the code receives in fen."""

    widget = forms.TextInput

    def __init__(self, *, min_fen: int = 0, **kwargs: Any) -> None:
        self.min_fen = min_fen
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "decimal", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        return yuan(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return parse_yuan(text) if text else None

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and value < self.min_fen:
            message = _("金额至少为 %(amount)s 元。") % {"amount": yuan(self.min_fen)}
            raise forms.ValidationError(message, code="min")

    def has_changed(self, initial: Any, data: Any) -> bool:
        if isinstance(initial, int):
            initial = yuan(initial)
        try:
            return parse_yuan(str(initial or "0")) != parse_yuan(str(data or "0"))
        except forms.ValidationError:
            return True


class PictureField(forms.FileField):
    """An uploaded picture, decoded while the form is checked: a bad one is an error beside it.

    The cleaned upload has it as `picture`; what is kept is drawn from that (`core/photos.py`). The
    request's user may send so many in a while, counted before anything looks into the file.
    """

    widget = forms.ClearableFileInput

    def __init__(self, *, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": "image/*"}

    def to_python(self, data: Any) -> Any:
        upload = super().to_python(data)
        if upload is None:
            return None
        if not upload_allowed(self.request):
            raise forms.ValidationError(UPLOADS_REFUSED, code="often")
        upload.picture = photo_decode(upload)  # type: ignore[arg-type, attr-defined]
        upload.seek(0)
        return upload
