"""Photos as they come and as they are kept: decoded, turned upright, stripped, re-encoded to WebP.

What is stored was drawn by Pillow from pixels, so nothing that was hidden in the upload survives:
no EXIF (where it was taken), no profile, no trailing bytes. Next to `NAME.webp` stand the widths
that pages show (`NAME-480.webp`, `NAME-960.webp`) and `NAME-share.jpg`, the square that a WeChat
card takes.
"""

import io
import warnings
from dataclasses import dataclass
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from core.ids import random_token

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MIN_SIDE = 300
MAX_RATIO = 4
MAX_SIDE = 1600
WIDTHS = (480, 960)
SHARE_BYTES = 32 * 1024
SHARE_TRIES = ((400, 80), (400, 60), (400, 40), (300, 40), (300, 20))  # side, quality
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")  # of which JPEG includes MPO
QUALITY = 80


@dataclass(frozen=True)
class StoredPhoto:
    """A photo in storage: `name` is its storage name; sizes are those of the full picture."""

    name: str
    width: int
    height: int


def photo_decode(upload: IO[bytes]) -> Image.Image:
    """The upright RGB picture of an upload. Raises ValidationError saying what is wrong with it."""
    data = upload.read(MAX_BYTES + 1)
    if not data:
        raise ValidationError(_("图片是空文件，请重新选择。"), code="empty")
    if len(data) > MAX_BYTES:
        raise ValidationError(_("图片不能超过 10 MB，请压缩后再上传。"), code="bytes")
    try:
        with warnings.catch_warnings():
            # Our own bound comes before Pillow's warning, which is about much larger pictures.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(*picture.size)
        picture.load()
        return _flatten(ImageOps.exif_transpose(picture))
    except ValidationError:
        raise
    except UnidentifiedImageError:
        raise ValidationError(
            _("无法识别这个文件，请上传 JPG、PNG、WebP 或 GIF 图片。"), code="format"
        ) from None
    except Exception:  # a decoder fed with hostile bytes raises anything
        raise ValidationError(_("图片已损坏，请换一张再试。"), code="broken") from None


def photo_store(picture: Image.Image, *, folder: str = "products") -> StoredPhoto:
    """Write the picture and its derivatives to storage, under a new unguessable name."""
    full = _fit(picture, MAX_SIDE, MAX_SIDE)
    stored = picture_store(full, folder=folder, side=MAX_SIDE)
    for width in WIDTHS:
        small = _fit(full, width, MAX_SIDE)
        default_storage.save(derivative(stored.name, width), ContentFile(_webp(small)))
    default_storage.save(share_name(stored.name), ContentFile(_share(full)))
    return stored


def picture_store(picture: Image.Image, *, folder: str, side: int) -> StoredPhoto:
    """Write the picture alone, no larger than a square of `side`: a logo, a banner."""
    full = _fit(picture, side, side)
    name = default_storage.save(f"{folder}/{random_token(20)}.webp", ContentFile(_webp(full)))
    return StoredPhoto(name=name, width=full.width, height=full.height)


def derivative(name: str, width: int) -> str:
    """The storage name of a photo at one of WIDTHS (never wider than the photo itself)."""
    return f"{name.removesuffix('.webp')}-{width}.webp"


def share_name(name: str) -> str:
    """The storage name of a photo's square JPEG for WeChat cards."""
    return f"{name.removesuffix('.webp')}-share.jpg"


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ValidationError(_("图片尺寸太大，请缩小到 4000 万像素以内。"), code="pixels")
    if min(width, height) < MIN_SIDE:
        raise ValidationError(
            _("图片太小，宽和高都至少要 %(side)d 像素。") % {"side": MIN_SIDE}, code="small"
        )
    if max(width, height) > MAX_RATIO * min(width, height):
        raise ValidationError(_("图片太窄或太长，请裁剪后再上传。"), code="ratio")


def _flatten(picture: Image.Image) -> Image.Image:
    """On white, without transparency, profile or metadata."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return picture.convert("RGB")


def _fit(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The picture no larger than the box, never enlarged."""
    scale = min(width / picture.width, height / picture.height, 1)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)


def _webp(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)
    bare.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def _share(picture: Image.Image) -> bytes:
    """A square JPEG, small enough for a card to load at once (WeChat wants ≥ 300 × 300)."""
    out = io.BytesIO()
    for side, quality in SHARE_TRIES:
        square = ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        square.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= SHARE_BYTES:
            break
    return out.getvalue()
