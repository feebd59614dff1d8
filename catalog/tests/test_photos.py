"""Uploads are decoded, turned upright, stripped and re-encoded; what is no picture is refused."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from PIL import Image

from catalog.services import photo_add
from catalog.tests.factories import photo_make, picture, product_make
from core import photos
from core.photos import derivative, photo_decode, photo_store, share_name


def opened(name: str) -> Image.Image:
    with default_storage.open(name) as file:
        picture = Image.open(io.BytesIO(file.read()))
        picture.load()
        return picture


def exif(**tags) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = tags.get("orientation", 1)
    found[0x010F] = "GPS 37.5N 111.1E"
    return found


def test_every_width_is_webp_and_never_enlarged():
    stored = photo_store(photo_decode(picture(size=(2400, 1800))))
    assert (stored.width, stored.height) == (1600, 1200)
    assert opened(stored.name).size == (1600, 1200)
    assert opened(derivative(stored.name, 480)).size == (480, 360)
    assert opened(derivative(stored.name, 960)).size == (960, 720)
    assert {opened(stored.name).format, opened(derivative(stored.name, 480)).format} == {"WEBP"}
    small = photo_store(photo_decode(picture(size=(400, 300))))
    assert opened(derivative(small.name, 960)).size == (400, 300)


def test_the_share_picture_is_a_small_square_jpeg():
    plain = photo_store(photo_decode(picture(size=(900, 700))))
    assert opened(share_name(plain.name)).format == "JPEG"
    assert opened(share_name(plain.name)).size == (400, 400)
    noisy = photo_store(Image.effect_noise((900, 700), 100).convert("RGB"))
    assert opened(share_name(noisy.name)).size == (300, 300)
    assert default_storage.size(share_name(noisy.name)) <= 32 * 1024


def test_exif_is_applied_and_then_gone():
    upload = picture(size=(800, 600), exif=exif(orientation=6).tobytes())
    stored = photo_store(photo_decode(upload))
    assert (stored.width, stored.height) == (600, 800)
    for name in (stored.name, derivative(stored.name, 480), share_name(stored.name)):
        with default_storage.open(name) as file:
            data = file.read()
        assert b"GPS 37.5N" not in data
        assert not Image.open(io.BytesIO(data)).getexif()


def test_bytes_behind_the_picture_do_not_survive():
    upload = io.BytesIO(picture().getvalue() + b"<script>alert(1)</script>")
    stored = photo_store(photo_decode(upload))
    with default_storage.open(stored.name) as file:
        assert b"<script>" not in file.read()


def test_transparency_is_laid_on_white():
    out = io.BytesIO()
    Image.new("RGBA", (400, 400), (255, 0, 0, 0)).save(out, "PNG")
    out.seek(0)
    assert photo_decode(out).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_the_usual_formats_are_taken(kind):
    assert photo_decode(picture(kind=kind)).mode == "RGB"


@pytest.mark.parametrize(
    ("upload", "message"),
    [
        (io.BytesIO(b""), "空文件"),
        (io.BytesIO(b"hello"), "无法识别"),
        (io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "无法识别"),
        (io.BytesIO(picture().getvalue()[:300]), "已损坏"),
        (picture(size=(299, 800)), "太小"),
        (picture(size=(2000, 400)), "太窄"),
        (picture(kind="BMP"), "无法识别"),
    ],
)
def test_what_is_no_usable_picture_is_refused_in_words(upload, message):
    with pytest.raises(ValidationError, match=message):
        photo_decode(upload)


def test_too_many_bytes_are_refused_before_decoding(monkeypatch):
    monkeypatch.setattr(photos, "MAX_BYTES", 500)
    with pytest.raises(ValidationError, match="10 MB"):
        photo_decode(picture())


def test_a_decompression_bomb_is_refused_before_it_unfolds(monkeypatch):
    bomb = picture(size=(8000, 6000), kind="PNG")
    assert bomb.getbuffer().nbytes < 2_000_000
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(ValidationError, match="4000 万像素"):
        photo_decode(bomb)


@pytest.mark.django_db
def test_photos_queue_up_behind_the_cover_and_are_bounded(monkeypatch):
    product = product_make()
    first, second = photo_make(product), photo_make(product)
    assert list(product.photos.all()) == [first, second]
    assert (first.store_id, first.width, first.height) == (product.store_id, 800, 600)
    monkeypatch.setattr("catalog.services.photos.MAX_PHOTOS", 2)
    with pytest.raises(ValidationError, match="最多 2 张"):
        photo_add(product_id=product.pk, upload=picture())


@pytest.mark.django_db
def test_a_removed_photo_keeps_its_files_for_the_orders_that_show_it():
    product = product_make()
    photo = photo_make(product)
    name = str(photo.image)
    photo.delete()
    assert not product.photos.exists()
    assert default_storage.exists(name)
