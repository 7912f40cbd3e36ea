"""Chinese fonts of the system, found through fontconfig, and what must be known of their glyphs.

A face is looked up by the name fontconfig knows it under; nothing is downloaded. Those of `HELD_OUT` are drawn only on
pages of the split "test".
"""

from __future__ import annotations

import random
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import ImageFont

from pipeline.errors import InputError

# Families that set whole forms, by split: songti, heiti and kaiti are what offices print with. The test families are
# never seen while anything is tuned.
FAMILIES = {
    "dev": ("Noto Sans CJK SC", "Noto Serif CJK SC", "AR PL UMing CN"),
    "test": ("WenQuanYi Zen Hei", "AR PL UKai CN"),
}
HELD_OUT = FAMILIES["test"]
# Digits and letters of office documents are often set in another family than the Chinese around them.
LATIN = ("DejaVu Serif", "DejaVu Sans")
PACKAGES = {
    "Noto": "fonts-noto-cjk",
    "AR PL UMing CN": "fonts-arphic-uming",
    "AR PL UKai CN": "fonts-arphic-ukai",
    "WenQuanYi Zen Hei": "fonts-wqy-zenhei",
    "DejaVu": "fonts-dejavu-core",
}
# Glyphs are measured at this size; big enough that hinting does not show in the advances.
MEASURE = 1000


@dataclass(frozen=True, slots=True)
class Face:
    """One font file's face; advance and ink box of a glyph are in ems, y upwards from the baseline is negative."""

    family: str
    bold: bool
    path: Path
    index: int

    @property
    def name(self) -> str:
        """The family with its weight."""
        return f"{self.family} Bold" if self.bold else self.family

    def at(self, size: float) -> ImageFont.FreeTypeFont:
        """Return the face at `size` pixels to the em."""
        return _font(self.path, self.index, size)

    def advance(self, char: str) -> float:
        """Return how far the pen moves over `char`, in ems."""
        return _advance(self.path, self.index, char)

    def ink(self, char: str) -> tuple[float, float, float, float]:
        """Return the box (left, top, right, bottom) of the glyph's ink in ems from pen position and baseline."""
        return _ink(self.path, self.index, char)

    def has(self, char: str) -> bool:
        """Tell whether the face has a glyph for `char`."""
        return char.isspace() or _bitmap(self.path, self.index, char) != _bitmap(self.path, self.index, "\U0010fffe")


@cache
def _font(path: Path, index: int, size: float) -> ImageFont.FreeTypeFont:
    # The basic engine puts one glyph a character, which is what exact positions need.
    return ImageFont.truetype(str(path), size, index=index, layout_engine=ImageFont.Layout.BASIC)


@cache
def _advance(path: Path, index: int, char: str) -> float:
    return _font(path, index, MEASURE).getlength(char) / MEASURE


@cache
def _ink(path: Path, index: int, char: str) -> tuple[float, float, float, float]:
    left, top, right, bottom = _font(path, index, MEASURE).getbbox(char, anchor="ls")
    return left / MEASURE, top / MEASURE, right / MEASURE, bottom / MEASURE


@cache
def _bitmap(path: Path, index: int, char: str) -> bytes:
    mask = _font(path, index, 24).getmask(char)
    return repr(mask.size).encode() + bytes(mask)


@cache
def find_face(family: str, bold: bool = False) -> Face | None:
    """Return the face of `family` on this system, or None. A family without a bold face has no bold."""
    tool = shutil.which("fc-list")
    if tool is None:
        return None
    pattern = f":family={family}"
    listing = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [tool, "--format=%{family}\t%{style}\t%{index}\t%{file}\n", pattern],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    # Light, Medium, Black and the like call themselves Regular too, beside their own name: the face with the fewest
    # names is the plain one.
    wanted = {"Bold"} if bold else {"Regular", "Book", "Light"}
    found = []
    for line in listing.splitlines():
        names, styles, number, file = line.split("\t")
        if family in names.split(",") and wanted & set(styles.split(",")):
            # The high half of fontconfig's index counts named instances of variable fonts.
            found.append((styles.count(","), file, int(number) & 0xFFFF))
    if not found:
        return None
    _, path, index = min(found)
    return Face(family, bold, Path(path), index)


def face(family: str, bold: bool = False) -> Face:
    """Return the face of `family`, the regular one where it has no bold.

    Raises InputError naming the package to install when the family is not on this system.
    """
    found = (find_face(family, True) if bold else None) or find_face(family)
    if found is None:
        package = next((name for key, name in PACKAGES.items() if family.startswith(key)), "a package that has it")
        raise InputError(f"the font '{family}' is not on this system; install {package} (fontconfig must list it)")
    return found


def families(split: str) -> tuple[str, ...]:
    """Return those families of `split` ("dev" or "test") that this system has. Raises InputError if it has none."""
    present = tuple(name for name in FAMILIES["test" if split == "test" else "dev"] if find_face(name) is not None)
    if not present:
        face(FAMILIES["test" if split == "test" else "dev"][0])
    return present


def choose_family(rng: random.Random, split: str) -> str:
    """Draw one of the families of `split`."""
    return rng.choice(families(split))
