"""All settings, one small class a stage; a misspelt key is an error."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import SettingsError


class StageSettings(BaseModel):
    """The base of every stage's settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OcrTextSettings(StageSettings):
    """How OCR text is read."""

    # The longest real line (a narrative clipped by its page) has under 2,000 characters; a cell of the longest
    # statutory text would have some 200,000. Longer lines are another kind of file, and parsing one could take minutes.
    max_line_bytes: int = 8 * 1024 * 1024


class ImportSettings(StageSettings):
    """How results of other tools (workbooks, PAGE XML, hOCR, JSON) are read."""

    # The OCR result of a hundred pages has some 20 MB; more is another kind of file.
    max_file_bytes: int = 64 * 1024 * 1024
    # What a workbook may unpack to: a roll-up of 20,000 rows has some 40 MB. A bomb claims thousands of times its size.
    max_unpacked_bytes: int = 256 * 1024 * 1024
    # Cells of one sheet, blank ones with a border included; a roll-up of 20,000 rows and 20 columns has 400,000.
    max_cells: int = 2_000_000


class PagesSettings(StageSettings):
    """How files become page images."""

    # A4 at 600 dpi is 35 million pixels, A3 at 600 dpi 70 million; more is a bomb, or a plan that nobody can read here.
    max_pixels: int = 150_000_000
    max_side: int = 20_000
    # What a drawn page of a PDF is rendered to at most: A0 at 200 dpi has 62 million. Larger sheets are drawn coarser.
    max_drawn_pixels: int = 64_000_000
    # Rendered pages: at 200 dpi a 10 pt character is 28 pixels high, what the recogniser wants (it works at 48).
    render_dpi: int = 200
    # A scan inside a PDF is rendered at the scan's own resolution within these bounds.
    min_scan_dpi: int = 100
    max_scan_dpi: int = 400


class EngineSettings(StageSettings):
    """Which recogniser reads the text, and with which weights."""

    # "onnxruntime" needs nothing else; "paddle" needs PaddlePaddle. (OpenVINO was tried: docs/pages.md.)
    engine: str = "onnxruntime"
    # Official model names; PP-OCRv6_small travels with the package, PaddleOCR fetches any other when it is online.
    detection: str = "PP-OCRv6_small_det"
    recognition: str = "PP-OCRv6_small_rec"
    # Folders with inference.onnx and inference.yml (or Paddle's files), for machines that reach no network.
    detection_folder: str | None = None
    recognition_folder: str | None = None
    # 0: as many as the box has cores, at most 8 (more do not help pages of this size).
    threads: int = 0


class StraightenSettings(StageSettings):
    """How a page is turned upright, flattened and cleaned."""

    # Long side of the small picture in which text is looked for, to tell how the page stands and how large its text is.
    find_side: int = 480
    # The height of a text box's core that all work is done at. At 32 the recogniser loses nothing against more, and
    # below 20 it does (measured).
    text_height: float = 32.0


class GridSettings(StageSettings):
    """How rulings become cells. Lengths are in text heights."""

    # Ink is what is darker than this share of the paper; on .5 to .72 measured results are the same,
    # watermarks lie above.
    ink: float = 0.72


class ReaderSettings(StageSettings):
    """How cells are read."""

    # A line shorter than this many text heights keeps its posterior: labels are, narratives are not.
    posterior_length: float = 24.0
    posterior_k: int = 16  # with 8 the picture repairs one misread name in thirty less, with 24 one in fifty more
    # A label with a character less sure than this is looked at twice: one look more for three labels in ten on poor
    # paper, for hardly any on good. 0 never looks twice.
    second_look: float = 0.95


class LeftSettings(StageSettings):
    """The left half: file to PageReading."""

    pages: PagesSettings = PagesSettings()
    engine: EngineSettings = EngineSettings()
    straighten: StraightenSettings = StraightenSettings()
    grid: GridSettings = GridSettings()
    reader: ReaderSettings = ReaderSettings()


class RepairSettings(StageSettings):
    """How sure a label's repair has to be."""

    # The most sound labels that may be changed, as the upper 95% bound measured in training (docs/repair.md has the
    # curve). Lower is safer and leaves more proposals.
    max_false_repairs: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.001
    # The least probability of a repair, whatever the ceiling allows: one that is wrong one time in five helps nobody.
    least_score: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.82
    # The least probability of a proposal. Under it one in three is right where every second label is damaged, and one
    # in ten where every twentieth is: too few for a person's time.
    least_proposal: Annotated[float, Field(gt=0.1, lt=1.0)] = 0.3
    # Two names whose costs differ by less (nats) are equally good, and equally good names are never a repair. A missing
    # and an extra character differ by 1.5, two look-alikes of unlike degree by more.
    margin: float = 1.25
    # The same for repairs that no dictionary name backs, in log-odds.
    open_lead: float = 2.0
    # The least probability of a repair that the picture supports (docs/repair.md has the curve). Few sound labels have
    # such a candidate, and a misread label that is mended wrongly was wrong before.
    # Repairs under `review_confidence` are shown to a person all the same.
    least_picture_score: Annotated[float, Field(ge=0.5, lt=1.0)] = 0.5


class CheckSettings(StageSettings):
    """When a record's text is worth a finding."""

    # A field of another label is a narrative from this length on; the longest header value seen has 60 characters.
    long_text: int = 80
    # A text that stops without a full stop is clipped from this length on: printed cells clip at 27 lines of 20
    # characters or more, and the longest sound list without any has 240.
    least_clipped: int = 400
    # The share by which an amount may change from one year to the next without a remark.
    amount_change: float = 0.3
    # Amounts in different places may differ by so many 元 (0.1 万元): they are rounded to two decimals of 万元.
    amount_tolerance: int = 1000


class Settings(StageSettings):
    """Everything, by stage."""

    ocrtext: OcrTextSettings = OcrTextSettings()
    imports: ImportSettings = ImportSettings()
    left: LeftSettings = LeftSettings()
    repair: RepairSettings = RepairSettings()
    checks: CheckSettings = CheckSettings()
    # A value read or placed with less certainty is shown to a person; chosen on the generator's development split so
    # that silent errors stay under the house's figure (docs/levels.md).
    review_confidence: float = 0.9


def load_settings(path: Path | None) -> Settings:
    """Read settings from a TOML file; what it does not say keeps its default, and no file is all defaults.

    The file's tables are the stages: `[left.engine]` with `recognition = "PP-OCRv6_medium_rec"`, for instance. Raises
    SettingsError where the file cannot be read, is no TOML, or names a setting that there is not.
    """
    if path is None:
        return Settings()
    try:
        return Settings.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not TOML ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: {where}: {first['msg']}") from error
