"""Files become pages: what a file is, in which order, with which pixels. The committed pages are what is drawn."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import ROOT
from PIL import Image, TiffImagePlugin

from pipeline.document import Page
from pipeline.errors import InputError
from pipeline.pages import is_page_file, list_images, natural_key, open_folder, open_pages, page_picture, sniff
from pipeline.settings import PagesSettings
from pipeline.synth.fixtures import CASES, Case, make_case
from pipeline.synth.pages import page_truth

FIXTURES = ROOT / "fixtures" / "pages"


def corner(width: int = 60, height: int = 40) -> Image.Image:
    """A white picture with its top left quarter dark: its orientation shows."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[: height // 2, : width // 2] = (200, 30, 60)
    return Image.fromarray(pixels)


def saved(path: Path, image: Image.Image, kind: str | None = None, **options: object) -> Path:
    image.save(path, kind, **options)
    return path


def one(path: Path, settings: PagesSettings | None = None) -> Page:
    [page] = open_pages(path, settings)
    return page


# -- kinds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "loss"),
    [
        ("PNG", {}, 0),
        ("JPEG", {"quality": 95, "subsampling": 0}, 12),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("BMP", {}, 0),
        ("WEBP", {"lossless": True}, 0),
    ],
)
def test_every_kind_of_image_gives_the_same_pixels(
    tmp_path: Path, kind: str, options: dict[str, object], loss: int
) -> None:
    """Blue, green, red; whatever the file's name says."""
    page = one(saved(tmp_path / "page.dat", corner(), kind, **options))

    wanted = np.asarray(corner())[:, :, ::-1].astype(int)
    assert page.image.shape == (40, 60, 3)
    assert np.abs(page.image.astype(int) - wanted).max() <= loss
    assert page.problem is None


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_every_mode_of_pixels_becomes_what_a_viewer_shows(tmp_path: Path, mode: str) -> None:
    """One bit, grey, palette, transparent, four inks, sixteen bits: dark stays dark, paper stays white."""
    image = corner().convert("L").point(lambda v: 0 if v < 128 else 255)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    elif mode in ("RGBA", "LA"):
        alpha = image.point(lambda v: 255 - v)
        image = Image.new("L", image.size, 0).convert(mode)
        image.putalpha(alpha)  # black where it shows; nothing where the paper is
    else:
        image = image.convert(mode)

    page = one(saved(tmp_path / "page", image, "TIFF" if mode == "CMYK" else "PNG"))

    assert page.image[5, 5].max() <= 5
    assert page.image[35, 55].min() >= 250


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_phone_that_was_held_askew_says_so(tmp_path: Path, turn: int) -> None:
    """EXIF's orientation is applied: the picture is as a viewer shows it."""
    exif = Image.Exif()
    exif[0x0112] = turn
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = corner().transpose(undo[turn]) if turn in undo else corner()

    page = one(saved(tmp_path / "photo.png", stored, "PNG", exif=exif))

    assert (page.image == np.asarray(corner())[:, :, ::-1]).all()


def test_a_fax_of_half_resolution_is_stretched(tmp_path: Path) -> None:
    """204 x 98 dots an inch: its characters are half as high in the file as on paper."""
    page = one(saved(tmp_path / "fax.tif", corner(80, 40).convert("1"), "TIFF", dpi=(204, 98)))

    assert page.image.shape[:2] == (83, 80)
    assert page.image[10, 10].max() == 0


def test_a_tiff_gives_its_pages_in_order_and_no_previews(tmp_path: Path) -> None:
    """Scanners put a small copy behind a page; it is marked as one."""
    out = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(out, new=True) as writer:
        for number, reduced in enumerate((0, 1, 0)):
            info = TiffImagePlugin.ImageFileDirectory_v2()
            info[254] = reduced
            Image.new("L", (30, 20), 100 + number).save(writer, "TIFF", tiffinfo=info)
            writer.newFrame()
    path = tmp_path / "scan.tif"
    path.write_bytes(out.getvalue())

    pages = list(open_pages(path))

    assert [int(page.image[0, 0, 0]) for page in pages] == [100, 102]
    assert [(page.index, page.number) for page in pages] == [(0, 0), (1, 1)]


def test_pages_count_on_from_where_they_are_told(tmp_path: Path) -> None:
    """A document of many files has one numbering; `number` is the place in the file."""
    frames = [Image.new("L", (8, 8), value) for value in (1, 2)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])

    assert [(page.index, page.number) for page in open_pages(tmp_path / "a.tif", start=5)] == [(5, 0), (6, 1)]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("BM项目名称\t甲\n".encode(), "unknown"),
        (b"BMW AG\t1\n" * 9, "unknown"),
        (b"GIF8 is no picture", "unknown"),
        ("由 %PDF-1.7 转换\n".encode() * 9, "unknown"),
        (b"%PDF-1.7\n", "pdf"),
        (b"\xef\xbb\xbf\r\n%PDF-1.4\n", "pdf"),
        (b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF", "pdf"),
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (bytes(99), "zeros"),
    ],
)
def test_a_file_is_what_its_bytes_say(tmp_path: Path, content: bytes, kind: str) -> None:
    """Letters that formats begin with begin texts, too; and careless programs put things before a PDF."""
    path = tmp_path / "page.png"
    path.write_bytes(content)

    assert sniff(path) == kind
    assert is_page_file(path) == (kind == "pdf")


def test_a_picture_larger_than_a_page_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    """The limits are settings; the message names them."""
    path = saved(tmp_path / "page.png", corner(300, 200))

    with pytest.raises(InputError, match=r"page\.png: 300 x 200 pixels are more than a page has \(limit 250 a side"):
        one(path, PagesSettings(max_side=250))


# -- folders ----------------------------------------------------------------------------------------------------------


def test_names_are_ordered_as_people_count() -> None:
    """Page 10 comes after page 9, in any script's digits that int() knows."""
    names = ["第10页.png", "第9页.png", "A2.png", "a10.png", "a1.5.png"]

    assert sorted(names, key=natural_key) == ["a1.5.png", "A2.png", "a10.png", "第9页.png", "第10页.png"]


def test_a_folder_is_a_document_of_its_images(tmp_path: Path) -> None:
    """In natural order; frames count as pages; texts, hidden files and what systems leave behind are passed over."""
    frames = [Image.new("L", (8, 8), value) for value in (20, 21)]
    frames[0].save(tmp_path / "page-2.tif", save_all=True, append_images=frames[1:])
    for name, value in (("page-10.png", 30), ("page-1.png", 10), (".hidden.png", 1)):
        saved(tmp_path / name, Image.new("L", (8, 8), value))
    (tmp_path / "notes.txt").write_text("x", "utf-8")
    (tmp_path / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

    pages = list(open_folder(tmp_path))

    assert [int(page.image[0, 0, 0]) for page in pages] == [10, 20, 21, 30]
    assert [page.index for page in pages] == [0, 1, 2, 3]
    assert [path.name for path in list_images(tmp_path)] == ["page-1.png", "page-2.tif", "page-10.png"]


def test_the_picture_for_people_is_small_and_upright(tmp_path: Path) -> None:
    """A JPEG no longer than asked; nothing where there is no picture."""
    page = one(saved(tmp_path / "page.png", corner(300, 200)))

    assert Image.open(io.BytesIO(page_picture(page, 150))).size == (150, 100)
    assert page_picture(Page(0, "x", "", np.zeros((0, 0, 3), np.uint8), problem="gone")) == b""


# -- PDFs -------------------------------------------------------------------------------------------------------------


def test_a_scan_in_a_pdf_is_rendered_at_its_own_resolution() -> None:
    """Its pixels are not stretched; the digital page before it is drawn at 200 dpi."""
    digital, scan = open_pages(FIXTURES / "mixed" / "form.pdf")
    truth = json.loads((FIXTURES / "mixed" / "truth.json").read_text("utf-8"))["pages"]

    assert digital.dpi == 200
    for page, true in zip((digital, scan), truth, strict=True):
        assert abs(page.image.shape[1] - true["width"]) <= 1
        assert abs(page.image.shape[0] - true["height"]) <= 1


def test_a_pdf_page_says_what_is_printed_and_what_is_hidden() -> None:
    """The digital page's characters show, those over the scan do not."""
    digital, scan = open_pages(FIXTURES / "mixed" / "form.pdf")

    assert digital.layer is not None
    assert scan.layer is not None
    assert all(glyph.visible for glyph in digital.layer.glyphs)
    assert not any(glyph.visible for glyph in scan.layer.glyphs)
    assert digital.layer.picture_share == 0.0
    assert scan.layer.picture_share > 0.95


# -- the committed pages ----------------------------------------------------------------------------------------------


def _has_fonts() -> bool:
    from pipeline.synth.render.fonts import FAMILIES, find_face

    return shutil.which("fc-list") is not None and all(find_face(family) for family in FAMILIES["dev"])


@pytest.mark.skipif(not _has_fonts(), reason="the generator's fonts are not installed")
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name in ("fax", "stamp", "mixed")], ids=lambda case: case.name
)
def test_the_committed_pages_are_what_the_script_draws(case: Case, tmp_path: Path) -> None:
    """Truth to the letter; pictures but for what another Pillow or FreeType rounds otherwise."""
    form, pages, files = make_case(case)
    home = FIXTURES / case.name
    truth = json.loads((home / "truth.json").read_text("utf-8"))

    assert truth["form"] == json.loads(json.dumps(_plain(form.truth)))
    assert [p["tables"] for p in truth["pages"]] == [_rounded(page_truth(page)["tables"]) for page in pages]
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        for committed, made in zip(open_pages(home / name), open_pages(tmp_path / name), strict=True):
            assert committed.image.shape == made.image.shape
            assert np.abs(committed.image.astype(int) - made.image.astype(int)).mean() < 1.0


def _plain(truth: object) -> object:
    from dataclasses import asdict

    return asdict(truth)  # type: ignore[call-overload]


def _rounded(value: object) -> object:
    from pipeline.synth.fixtures import _rounded as rounded

    return rounded(value)


def test_the_committed_pages_are_small_and_described() -> None:
    """The whole clone stays small; each case says where it comes from and what may be done with it."""
    files = [path for path in FIXTURES.rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) < 6_000_000
    for case in CASES:
        about = (FIXTURES / case.name / "ABOUT.md").read_text("utf-8")
        assert "Where it comes from" in about
        assert "What may be done with it" in about


def test_what_people_filled_into_a_pdf_form_is_drawn(tmp_path: Path) -> None:
    """Fields lie over the page as annotations of their own; declaration forms come like that."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /DA (/Helv 10 Tf 0 g) >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Annots [4 0 R] >>",
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (x) /F 4 /Rect [50 25 150 75] /P 3 0 R "
        b"/AP << /N 5 0 R >> >>",
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 100 50] /Length 23 >>\n"
        b"stream\n0 g 10 10 80 30 re f   \nendstream",
    ]
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    places = []
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + content + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start)
    (tmp_path / "filled.pdf").write_bytes(out.getvalue())

    page = one(tmp_path / "filled.pdf")

    height, width = page.image.shape[:2]
    assert page.image[height // 2, width // 2].max() < 60
    assert page.image[5, 5].min() == 255


@pytest.mark.parametrize("mode", ["RGB", "L", "1"])
@pytest.mark.parametrize(
    "options",
    [{"format": "PNG"}, {"format": "JPEG", "quality": 70}, {"format": "JPEG", "quality": 95, "subsampling": 0}],
)
def test_plain_pictures_have_the_same_pixels_by_either_decoder(mode: str, options: dict[str, Any]) -> None:
    """OpenCV unpacks plain files in a third of the time; a reading's key knows nothing of decoders."""
    from pipeline.pages import images

    noise = np.random.default_rng(1).integers(0, 256, (61, 83, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(np.repeat(np.repeat(noise, 3, 0), 3, 1)).convert(mode).save(content, **options)
    image, _ = images._open(Path("page"), content)
    plain = images._plain(image)
    assert plain is not None
    image, _ = images._open(Path("page"), io.BytesIO(content.getvalue()))
    assert np.array_equal(plain, images._to_bgr(image))


@pytest.mark.parametrize(
    "spoil", [lambda c: c[:-2], lambda c: c[: len(c) // 2] + c[-2:], lambda c: c[:-200] + b"\xff\xda" + c[-198:]]
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_damaged_picture_fares_as_pillow_has_it(kind: str, spoil: Callable[[bytes], bytes]) -> None:
    """OpenCV makes up what is missing of a JPEG; that must not pass for a page where it did not."""
    from pipeline.pages import images

    noise = np.random.default_rng(1).integers(0, 256, (160, 120, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).save(content, kind)
    damaged = spoil(content.getvalue())
    image, _ = images._open(Path("page"), io.BytesIO(damaged))
    plain = images._plain(image)
    if plain is not None:  # one that was cut and closed again, which no decoder minds
        image, _ = images._open(Path("page"), io.BytesIO(damaged))
        assert np.array_equal(plain, images._to_bgr(image))
