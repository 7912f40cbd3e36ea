"""Whatever is given instead of a form: one clear line with file, page and remedy; the rest goes on, run.json tells all.

The files are made here, byte by byte. What opens as a page and holds nothing is read by the real engine in
test_pages_end_to_end.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import ROOT, interpret_tools
from PIL import Image

from pipeline.document import Page, PageReading
from pipeline.run import Summary, run_inputs

FORM = "2022年某局预算项目绩效目标表\n\n一级指标\t二级指标\t三级指标\t目标值\n产出指标\t数量指标\t培训人次\t=100人次\n"
# (width, height) of the pictures that stand for a page; nothing is recognised on them.
SMALL = (40, 60)


# -- files ------------------------------------------------------------------------------------------------------------


def picture(kind: str, **options: object) -> bytes:
    """A small picture with something on it, so that its data is long enough to be cut."""
    image = Image.effect_noise((200, 280), 60)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header claims a size; one bit a pixel, and next to no data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    row = zlib.compress(bytes((width + 7) // 8 + 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


def pdf_of(*objects: bytes, trailer: bytes = b"", size: int | None = None) -> bytes:
    """A PDF of these objects; the first is the catalogue."""
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + content + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, trailer, start))
    return out.getvalue()[:size]


def stream(entries: bytes, data: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n" % (entries, len(data)) + data + b"\nendstream"


PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 280] >>"
CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"


def plain_pdf(pages: int = 1, trailer: bytes = b"", box: bytes = b"0 0 200 280") -> bytes:
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(pages))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] >>" % box
    tree = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages)
    return pdf_of(CATALOGUE, tree, *[page] * pages, trailer=trailer)


def locked_pdf() -> bytes:
    """A PDF under a user password, by the standard's first handler (40 bits); nothing in it needs to be encrypted."""
    pad = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    key = hashlib.md5(pad).digest()[:5]
    owner = _rc4(key, (b"secret" + pad)[:32])
    mark = b"0123456789abcdef"
    user_key = hashlib.md5((b"secret" + pad)[:32] + owner + struct.pack("<i", -4) + mark).digest()[:5]
    handler = b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (
        owner.hex().encode(),
        _rc4(user_key, pad).hex().encode(),
    )
    return plain_pdf(trailer=b"/Encrypt %s /ID [<%s> <%s>]" % (handler, *[mark.hex().encode()] * 2))


def _rc4(key: bytes, data: bytes) -> bytes:
    box, j = list(range(256)), 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    i = j = 0
    out = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def bomb_pdf(*more: bytes) -> bytes:
    """A page with a picture of 60,000 x 60,000 pixels, printed as large as a stamp; and further pages."""
    image = b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceGray /BitsPerComponent 8"
    kids = b" ".join([b"3 0 R", *(b"%d 0 R" % (6 + number) for number in range(len(more)))])
    return pdf_of(
        CATALOGUE,
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, 1 + len(more)),
        PAGE[:-2] + b"/Resources << /XObject << /I 4 0 R >> >> /Contents 5 0 R >>",
        stream(image + b" /Filter /FlateDecode", zlib.compress(bytes(60_000 * 200))),
        stream(b"", b"q 20 0 0 20 90 130 cm /I Do Q"),
        *more,
    )


def tiff_of(frames: int) -> bytes:
    out = io.BytesIO()
    pictures = [Image.effect_noise(SMALL, 50 + number) for number in range(frames)]
    pictures[0].save(out, "TIFF", save_all=True, append_images=pictures[1:])
    return out.getvalue()


def circular_tiff() -> bytes:
    """Two frames, the second of which says that the first comes next."""
    data = bytearray(tiff_of(2))
    first = struct.unpack_from("<I", data, 4)[0]
    second = struct.unpack_from("<I", data, first + 2 + 12 * struct.unpack_from("<H", data, first)[0])[0]
    count = struct.unpack_from("<H", data, second)[0]
    struct.pack_into("<I", data, second + 2 + 12 * count, first)
    return bytes(data)


def zip_of(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, b"<xml/>")
    return out.getvalue()


def tar_of() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("page.png"))
    return out.getvalue()


# Name -> what is in it, and the words that its line must hold: what is wrong, and what to do.
BAD: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "ofd.ofd": (lambda: zip_of("OFD.xml", "Doc_0/Document.xml"), "OFD", "save it as PDF"),
    "ofd.pdf": (lambda: zip_of("OFD.xml"), "OFD", "save it as PDF"),
    "word.docx": (lambda: zip_of("[Content_Types].xml", "word/document.xml"), "Office", "PDF"),
    "writer.odt": (lambda: zip_of("mimetype", "content.xml"), "Office", "PDF"),
    "old.doc": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Office", "PDF"),
    "letter.rtf": (lambda: b"{\\rtf1\\ansi text}", "RTF", "PDF"),
    "pages.zip": (lambda: zip_of("page.png"), "ZIP", "unpack"),
    "cut.ofd": (lambda: zip_of("OFD.xml")[:60], "cut off", "copy it again"),
    "pages.tar.gz": (tar_of, "archive", "unpack"),
    "book.djvu": (lambda: b"AT&TFORM\x00\x00\x01\x00DJVM" + bytes(99), "DjVu", "PDF"),
    "photo.heic": (lambda: b"\x00\x00\x00\x18ftypheic" + bytes(99), "HEIC", "JPEG"),
    "picture.gif": (lambda: picture("GIF"), "GIF", "PNG"),
    "picture.jp2": (lambda: b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(99), "JPEG 2000", "PNG"),
    "zero.png": (lambda: b"", "the file is empty", "copy or scan it again"),
    "zero.pdf": (lambda: b"", "the file is empty", "copy or scan it again"),
    "nulls.tif": (lambda: bytes(4096), "zero bytes", "copy it again"),
    "header.png": (lambda: b"\x89PNG\r\n\x1a\n broken", "damaged", "again"),
    "cut.jpg": (lambda: picture("JPEG")[:-4000], "cut off", "again"),
    "cut.png": (lambda: picture("PNG")[:9000], "cut off", "again"),
    "cut.webp": (lambda: picture("WEBP")[:2000], "damaged", "again"),
    "cut.bmp": (lambda: picture("BMP")[:9000], "cut off", "again"),
    "cut.tif": (lambda: tiff_of(1)[:90], "damaged", "again"),
    "bomb.png": (lambda: png_of(60_000, 60_000), "more pixels than a page has", "200 to 400 dpi"),
    "long.png": (lambda: png_of(60_000, 40), "60000 x 40 pixels", "200 to 400 dpi"),
    "bomb.pdf": (bomb_pdf, "60000 x 60000 pixels", "200 to 400 dpi"),
    "locked.pdf": (locked_pdf, "password", "save a copy without one"),
    "lying.pdf": (lambda: b"%PDF-1.7 broken", "damaged", "print it to a new PDF"),
    "cut.pdf": (lambda: plain_pdf(3)[:120], "damaged", "print it to a new PDF"),
    "nopages.pdf": (lambda: pdf_of(CATALOGUE, b"<< /Type /Pages /Kids [] /Count 0 >>"), "page", "print"),
    "program.png": (
        lambda: b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 9,
        "neither picture nor PDF",
        "get the file again",
    ),
}


# -- runs -------------------------------------------------------------------------------------------------------------


class Outcome:
    """What a run left: its account, the lines it said, and what it printed last."""

    def __init__(self, summary: Summary, said: list[str]) -> None:
        import json

        self.summary, self.said = summary, said
        self.account = json.loads((summary.out / "run.json").read_text("utf-8"))
        records = (summary.out / "records.jsonl").read_text("utf-8")
        self.records = [json.loads(line) for line in records.split("\n") if line]

    @property
    def inputs(self) -> list[tuple[str, str]]:
        return [(Path(one["path"]).name, one["status"]) for one in self.account["inputs"]]


Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run over inputs without an engine: a page that opens is read as blank."""

    def read_page(page: Page, tools: object, debug: Path | None) -> PageReading:
        return PageReading(page.index, page.file, page.sha256, origin="pixels", size=page.image.shape[1::-1])

    class Tools:
        class engine:  # noqa: N801
            name = "none"

    import pipeline.leftside

    monkeypatch.setattr(pipeline.leftside, "read_page", read_page)
    monkeypatch.setattr(pipeline.leftside, "load_reader", lambda settings: Tools)
    monkeypatch.setattr(pipeline.run, "load_interpret_tools", lambda **_: interpret_tools())

    def go(*inputs: Path, separate: bool = False) -> Outcome:
        said: list[str] = []
        summary = run_inputs(inputs, tmp_path / "out", say=said.append, separate=separate)
        return Outcome(summary, said)

    return go


@pytest.fixture
def form(tmp_path: Path) -> Path:
    path = tmp_path / "form.txt"
    path.write_text(FORM, "utf-8")
    return path


def written(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One run over all of them, a form last."""
    folder = tmp_path_factory.mktemp("bad")
    paths = [written(folder / name, make()) for name, (make, _, _) in BAD.items()]
    form = written(folder / "form.txt", FORM.encode())
    said: list[str] = []
    return Outcome(run_inputs([*paths, form], folder / "out", say=said.append, debug=True), said)


@pytest.mark.parametrize("name", BAD)
def test_one_line_says_what_is_wrong_and_what_to_do(together: Outcome, name: str) -> None:
    """It stands in the account as it was said."""
    _, wrong, remedy = BAD[name]
    [account] = [one for one in together.account["inputs"] if Path(one["path"]).name == name]

    [line] = [line for line in together.said if f"{name}:" in line or f"{name} page" in line]

    assert account["status"] == "failed"
    assert line == f"zhibiao: {account['why']}"
    assert "\n" not in line
    assert wrong in line
    assert remedy in line


def test_the_form_beside_them_is_read(together: Outcome) -> None:
    """And the exit code says that something is missing."""
    assert together.inputs == [*((name, "failed") for name in BAD), ("form.txt", "read")]
    assert len(together.records) == 1
    assert together.summary.exit_code() == 3


def test_a_folder_of_all_of_them_is_accounted_for_one_by_one(run: Run, form: Path, tmp_path: Path) -> None:
    """The pictures are the pages of one document; everything else is an input of its own."""
    for name, (make, _, _) in BAD.items():
        written(tmp_path / "bad" / name, make())
    shutil.copy(form, tmp_path / "bad")

    outcome = run(tmp_path / "bad")

    paths = [one["path"] for one in outcome.account["inputs"]]
    pages = [page["file"] for one in outcome.account["inputs"] for page in one["pages"]]
    assert {Path(path).name for path in paths + pages} >= set(BAD) | {"form.txt"}
    assert len(outcome.records) == 1


# -- pages among others -----------------------------------------------------------------------------------------------


def test_a_damaged_frame_is_a_missing_page_and_the_others_go_on(run: Run, tmp_path: Path) -> None:
    """The line names the frame."""
    data = bytearray(tiff_of(3))
    # The second frame's length field is made to claim more than the file holds.
    first = struct.unpack_from("<I", data, 4)[0]
    second = struct.unpack_from("<I", data, first + 2 + 12 * struct.unpack_from("<H", data, first)[0])[0]
    for entry in range(struct.unpack_from("<H", data, second)[0]):
        if struct.unpack_from("<H", data, second + 2 + 12 * entry)[0] == 273:  # where its pixels begin
            struct.pack_into("<I", data, second + 2 + 12 * entry + 8, 0x7FFFFFF0)

    outcome = run(written(tmp_path / "scan.tif", bytes(data)))

    [account] = outcome.account["inputs"]
    assert [page["status"] for page in account["pages"]] == ["skipped", "failed", "skipped"]
    [line] = [line for line in account["notices"] if "the image is damaged or cut off" in line]
    assert "scan.tif page 2" in line


def test_frames_in_a_circle_end(run: Run, tmp_path: Path) -> None:
    """Two frames are two pages, however often the file goes round."""
    outcome = run(written(tmp_path / "scan.tif", circular_tiff()))

    assert len(outcome.account["inputs"][0]["pages"]) == 2


def test_a_bomb_among_the_pages_of_a_pdf_fails_alone(run: Run, tmp_path: Path) -> None:
    """It is never unpacked."""
    outcome = run(written(tmp_path / "mixed.pdf", bomb_pdf(PAGE)))

    assert [page["status"] for page in outcome.account["inputs"][0]["pages"]] == ["failed", "skipped"]
    [line] = [line for line in outcome.account["inputs"][0]["notices"] if "60000 x 60000 pixels" in line]
    assert "mixed.pdf page 1" in line


def test_a_page_larger_than_a_house_is_drawn_coarser(run: Run, tmp_path: Path) -> None:
    """A PDF may ask for 5 m of paper; at 200 dpi that would be 1.6 thousand million pixels."""
    outcome = run(written(tmp_path / "plan.pdf", plain_pdf(box=b"0 0 14400 14400")))

    assert [page["status"] for page in outcome.account["inputs"][0]["pages"]] == ["skipped"]


def test_a_pdf_with_a_broken_list_of_objects_is_mended(run: Run, tmp_path: Path) -> None:
    """PDFium finds the objects by itself; no page is lost."""
    data = plain_pdf(3)
    start = data.index(b"xref\n")

    outcome = run(
        written(tmp_path / "broken.pdf", data[:start] + b"xref\n0 1\ngarbage\n" + data[data.index(b"trailer") :])
    )

    assert len(outcome.account["inputs"][0]["pages"]) == 3


def test_a_text_that_begins_like_a_file_format_is_text(run: Run, tmp_path: Path) -> None:
    """BM, GIF8 and %PDF- are letters as well."""
    for name, begin in {"a.txt": "BM项目", "b.txt": "GIF8 项目", "c.txt": "本表由 %PDF-1.4 文件转换"}.items():
        (tmp_path / "texts").mkdir(exist_ok=True)
        (tmp_path / "texts" / name).write_text(f"{begin}\n\n{FORM}", "utf-8")

    outcome = run(tmp_path / "texts")

    assert outcome.inputs == [("a.txt", "read"), ("b.txt", "read"), ("c.txt", "read")]
    assert len(outcome.records) == 3


def test_an_image_that_cannot_be_opened_is_a_missing_page(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others of its folder are read: page 2 of 3 is missing, and the account says so."""
    for number in (1, 2, 3):
        written(tmp_path / "scan" / f"page-{number}.png", picture("PNG"))
    real = Path.open

    def refuse(path: Path, *args: object, **named: object) -> object:
        if path.name == "page-2.png":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)

    outcome = run(tmp_path / "scan")

    [account] = outcome.account["inputs"]
    assert [page["status"] for page in account["pages"]] == ["skipped", "failed", "skipped"]
    [line] = [line for line in account["notices"] if "Permission denied" in line]
    assert "page-2.png" in line
    assert "check the path and the permissions" in line


@pytest.mark.parametrize(
    "name", ["a\nb.png", "\udcff\udcfe.png", "a\x1b[31mred.png", "no: such; thing.png", "−表 (1).png"]
)
def test_strange_names_are_one_line_and_in_the_account(run: Run, form: Path, tmp_path: Path, name: str) -> None:
    """A name may hold line ends, terminal codes and bytes that are no UTF-8; both files are written all the same."""
    bad = written(tmp_path / "in" / name, b"\x89PNG\r\n\x1a\n broken")
    (tmp_path / "in" / (name.replace(".png", ".txt"))).write_text(FORM, "utf-8")

    outcome = run(tmp_path / "in")

    [line] = outcome.said
    assert "\n" not in line
    assert "\x1b" not in line
    assert sorted(status for _, status in outcome.inputs) == ["failed", "read"]
    assert len(outcome.records) == 1
    assert bad.is_file()


def test_links_are_said_and_never_followed_in_a_circle(run: Run, form: Path, tmp_path: Path) -> None:
    """A link to a folder above, one to nowhere, one to itself."""
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(form, folder)
    (folder / "up").symlink_to(folder)
    (folder / "nowhere").symlink_to(folder / "missing")
    (folder / "self").symlink_to(folder / "self")

    outcome = run(folder, folder / "self")

    statuses = dict(outcome.inputs)
    assert statuses == {"form.txt": "read", "up": "skipped", "nowhere": "failed", "self": "failed"}
    assert len(outcome.said) == 4
    assert len(outcome.records) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX")
def test_a_folder_that_may_not_be_listed_is_one_line(tmp_path: Path, form: Path) -> None:
    """Tried as a user who may not, whoever runs the tests."""
    closed = tmp_path / "in" / "closed"
    closed.mkdir(parents=True)
    shutil.copy(form, tmp_path / "in")
    closed.chmod(0)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from pipeline.sources import find_sources\n"
        "if os.geteuid() == 0: os.seteuid(65534)\n"
        "for found in find_sources([Path(sys.argv[1])]): print(type(found).__name__, found)\n"
    )
    # pytest's own folders are for their owner alone; how many there are depends on how many processes test.
    for parent in [folder for folder in (tmp_path, *tmp_path.parents) if "pytest-of-" in str(folder)]:
        parent.chmod(parent.stat().st_mode | 0o055)

    try:
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "in")], capture_output=True, text=True, cwd=ROOT, check=False
        )
    finally:
        closed.chmod(0o755)

    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["Source", "SourceError"], done.stderr
    assert "closed: cannot be listed (Permission denied); check its permissions" in lines[1]


def test_a_blank_page_is_skipped_and_said(run: Run, form: Path, tmp_path: Path) -> None:
    """Nothing was wrong with it, so the exit code is 0; nothing was found on it, so it is said."""
    outcome = run(written(tmp_path / "blank.png", picture("PNG")), form)

    assert outcome.inputs == [("blank.png", "skipped"), ("form.txt", "read")]
    assert outcome.summary.exit_code() == 0
    [line] = outcome.said
    assert "blank.png" in line
    assert "nothing to record" in line
