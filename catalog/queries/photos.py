"""What a page needs to show a photo, from the name it has in storage."""

from dataclasses import dataclass

from django.core.files.storage import default_storage

from catalog.models import ProductPhoto
from core.photos import WIDTHS, derivative, share_name


@dataclass(frozen=True)
class Photo:
    """What an <img> needs; width and height are the full picture's, so nothing shifts.
    `name` is where storage keeps what `src` shows."""

    src: str
    srcset: str
    width: int
    height: int
    alt: str
    name: str = ""


def photo_src(name: str, width: int = WIDTHS[0]) -> str:
    """The address of a photo's derivative at one of WIDTHS; "" for no photo."""
    return default_storage.url(derivative(name, width)) if name else ""


def photo_of(photo: ProductPhoto, title: str) -> Photo:
    name = str(photo.image)
    sizes = [
        f"{default_storage.url(derivative(name, width))} {width}w"
        for width in WIDTHS
        if width < photo.width
    ]
    return Photo(
        src=photo_src(name, WIDTHS[-1]),
        srcset=", ".join([*sizes, f"{default_storage.url(name)} {photo.width}w"]),
        width=photo.width,
        height=photo.height,
        alt=photo.alt or title,
        name=derivative(name, WIDTHS[-1]),
    )


def share_image_of(photo: ProductPhoto) -> str:
    return default_storage.url(share_name(str(photo.image)))
