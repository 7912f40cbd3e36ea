"""What was read once is not read again: kept readings come back whole, or not at all."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import page_of
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import Cell, Line, PageReading, Place, Posterior, Problem, Reading, Seal, Table
from pipeline.errors import PipelineError
from pipeline.keep import ReadingFolder, pack, reading_key, renumbered, unpack
from pipeline.settings import LeftSettings, ReaderSettings, StraightenSettings

SETTINGS = LeftSettings()
KEY = reading_key("0" * 64, 0, SETTINGS, "engine 1")


def posterior_of(seed: int, frames: int) -> Posterior:
    rng = np.random.default_rng(seed)
    logp = -np.sort(rng.exponential(2.0, (frames, 3)), axis=1).astype(np.float16)
    return Posterior(rng.integers(0, 18_710, (frames, 3), dtype=np.int32), logp, "PP-OCRv6_small_rec")


def box(x: float, y: float) -> tuple[tuple[float, float], ...]:
    return ((x, y), (x + 90.5, y), (x + 90.5, y + 10.25), (x, y + 10.25))


def rich_page() -> PageReading:
    """A page with all that a page can have."""
    place = Place(page=3, polygon=box(1.5, 2.25))
    lines = (
        Line("三级", place, 0.91, posterior_of(1, 7)),
        Line("指标", place, 0.75, posterior_of(2, 1), posterior_of(3, 4)),
    )
    readings = (
        Reading(Cell(0, 0, 2, 1, box(0, 0), 0.625), "三级指标", 0.75, (place, place), lines),
        Reading(Cell(0, 1), "", 1.0, notes=("ink-no-text", "edge")),
        Reading(Cell(1, 1), "≥5%\n第二段 “引”", 0.5, (Place(line=4, column=0), Place(sheet="表1", cell="B2"))),
    )
    return PageReading(
        3, "扫描 1.png", "f" * 64, (Line("标题", place, 1.0), Table(readings, 2, 2, ruled=False), Line("末行", place)),
        (Seal(place, (201, 30, 40)),), (Problem("text-cut-off", "cut", place), Problem("x", "no place")), "pixels",
        (1654, 2339),
    )  # fmt: skip


def same(one: PageReading, other: PageReading) -> bool:
    """Equality through arrays, which compare element by element."""
    found, wanted = [p for _, p in posteriors_of(one)], [p for _, p in posteriors_of(other)]
    return without_posteriors(one) == without_posteriors(other) and all(
        (a is None and b is None)
        or (
            a is not None
            and b is not None
            and a.alphabet == b.alphabet
            and np.array_equal(a.symbols, b.symbols)
            and np.array_equal(a.logp, b.logp)
            and (a.symbols.dtype, a.logp.dtype) == (b.symbols.dtype, b.logp.dtype)
        )
        for a, b in zip(found, wanted, strict=True)
    )


def posteriors_of(page: PageReading) -> list[tuple[str, Posterior | None]]:
    lines = [*page.lines, *(line for table in page.tables for reading in table.readings for line in reading.lines)]
    return [(line.text, look) for line in lines for look in (line.posterior, line.second)]


def without_posteriors(page: PageReading) -> PageReading:
    def plain(line: Line) -> Line:
        return replace(line, posterior=None, second=None)

    def table(old: Table) -> Table:
        return replace(old, readings=tuple(replace(r, lines=tuple(map(plain, r.lines))) for r in old.readings))

    return replace(page, blocks=tuple(table(b) if isinstance(b, Table) else plain(b) for b in page.blocks))


# -- bytes and back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [rich_page(), page_of("甲 | 乙\n^ | 丙\n\n一行"), PageReading(0, "", "")])
def test_a_kept_reading_comes_back_as_it_was(page: PageReading) -> None:
    """Texts, places, spans, seals, problems, and the posteriors bit by bit: repair asks them later."""
    assert same(unpack(pack(page)), page)


def test_equal_readings_are_equal_bytes() -> None:
    """No clock and no order of memory stands in them."""
    assert pack(rich_page()) == pack(rich_page())
    assert pack(rich_page()) == pack(unpack(pack(rich_page())))


@given(st.text(max_size=30), st.floats(0, 1), st.integers(0, 9), st.lists(st.integers(1, 5), max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_text_and_any_posteriors_come_back(text: str, confidence: float, index: int, frames: list[int]) -> None:
    """Whatever a recogniser returns."""
    lines = tuple(Line(text, Place(line=n), confidence, posterior_of(n, count)) for n, count in enumerate(frames))
    page = PageReading(index, text, "a", (Table((Reading(Cell(0, 0), text, confidence, lines=lines),), 1, 1), *lines))

    assert same(unpack(pack(page)), page)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"no zip", pack(rich_page())[:-30], pack(rich_page())[:100]], ids=range(5)
)
def test_bytes_that_are_not_whole_are_refused(content: bytes) -> None:
    """A half-written file is no reading."""
    with pytest.raises(ValueError, match="not a kept reading"):
        unpack(content)


def test_a_changed_byte_is_never_a_wrong_reading() -> None:
    """Every byte is under a checksum or leads to a refusal; what comes back is the page or nothing."""
    content = bytearray(pack(rich_page()))
    wrong = []
    for position in range(len(content)):
        content[position] ^= 0x55
        try:
            back = unpack(bytes(content))
        except ValueError:
            back = None
        if back is not None and not same(back, rich_page()):
            wrong.append(position)
        content[position] ^= 0x55

    assert wrong == []


def test_a_pickle_in_the_arrays_is_not_run() -> None:
    """Kept readings may lie in a shared folder."""
    out = io.BytesIO()
    np.save(out, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(io.BytesIO(pack(rich_page()))) as archive, io.BytesIO() as changed:
        with zipfile.ZipFile(changed, "w") as copy:
            for item in archive.infolist():
                copy.writestr(item, out.getvalue() if item.filename == "symbols.npy" else archive.read(item))
        content = changed.getvalue()

    with pytest.raises(ValueError, match="not a kept reading"):
        unpack(content)


# -- the folder -------------------------------------------------------------------------------------------------------


def test_what_was_put_is_got(tmp_path: Path) -> None:
    """And nothing else lies in the folder."""
    folder = ReadingFolder(tmp_path / "readings")

    assert folder.get(KEY) is None
    folder.put(KEY, rich_page())

    found = folder.get(KEY)
    assert found is not None
    assert same(found, rich_page())
    assert [path.name for path in (tmp_path / "readings").iterdir()] == [f"{KEY}.zip"]


@pytest.mark.parametrize("content", [b"", b"rubbish", pack(rich_page())[:-1]])
def test_a_damaged_file_is_a_page_to_be_read_again(tmp_path: Path, content: bytes) -> None:
    """It must neither stop the run nor give half a page."""
    folder = ReadingFolder(tmp_path)
    (tmp_path / f"{KEY}.zip").write_bytes(content)

    assert folder.get(KEY) is None
    folder.put(KEY, rich_page())
    assert folder.get(KEY) is not None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A full disk stops the run in one line, and leaves no half file."""
    (tmp_path / "readings").write_text("a file where the folder should be", "utf-8")

    with pytest.raises(PipelineError, match="cannot be written"):
        ReadingFolder(tmp_path / "readings").put(KEY, rich_page())

    assert [path.name for path in tmp_path.iterdir()] == ["readings"]


# -- the key ----------------------------------------------------------------------------------------------------------


def test_a_page_is_read_again_when_anything_that_reads_it_changes() -> None:
    """The file, the page in it, any setting of the left half, the engine or its weights."""
    others = [
        reading_key("1" + "0" * 63, 0, SETTINGS, "engine 1"),
        reading_key("0" * 64, 1, SETTINGS, "engine 1"),
        reading_key("0" * 64, 0, SETTINGS, "engine 2"),
        reading_key("0" * 64, 0, LeftSettings(straighten=StraightenSettings(text_height=33.0)), "engine 1"),
        reading_key("0" * 64, 0, LeftSettings(reader=ReaderSettings(posterior_k=9)), "engine 1"),
    ]

    assert len({KEY, *others}) == 6
    assert reading_key("0" * 64, 0, LeftSettings(), "engine 1") == KEY


# -- other documents --------------------------------------------------------------------------------------------------


def test_a_page_taken_into_another_document_says_its_new_place_everywhere() -> None:
    """The same scan under two names is read once; every place on it counts by the document it now stands in."""
    page = renumbered(rich_page(), 8, "b.png")

    places = [
        *(line.place for line in page.lines),
        *(place for table in page.tables for reading in table.readings for place in reading.places),
        *(line.place for table in page.tables for reading in table.readings for line in reading.lines),
        *(seal.place for seal in page.seals),
        *(problem.place for problem in page.problems if problem.place),
    ]
    assert (page.index, page.file) == (8, "b.png")
    assert {place.page for place in places} == {8, None}
    assert same(renumbered(page, 3, "扫描 1.png"), rich_page())
