"""A product's photos."""

from typing import Any

from django import forms

from catalog.models import ProductPhoto
from catalog.photos import photo_decode
from stores.scoped import ALL, StoreInline


class PhotoForm(forms.ModelForm):
    """A photo is decoded while the form is checked, so that a bad one is an error beside it."""

    class Meta:
        model = ProductPhoto
        fields = ("image", "alt", "position")

    def clean_image(self) -> Any:
        upload = self.cleaned_data["image"]
        if upload and "image" in self.changed_data:
            upload.seek(0)
            self.picture = photo_decode(upload)
        return upload


class PhotoInline(StoreInline):
    """A product's photos; the first is its cover."""

    model = ProductPhoto
    form = PhotoForm
    platform = owner = clerk = ALL
    fields = ["image", "alt", "position"]
