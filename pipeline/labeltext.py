"""How a printed label reads: breaks and spaces of the layout, weights in brackets, placeholders before a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from pipeline.document import Line

# Labels are asked for five times a form, and come again in the next one; a narrative takes a kilobyte or two.
_KEPT = 8_192
_BETWEEN_HAN = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_WEIGHT = re.compile(
    r"\s*[(（【\[]\s*(\d+(?:\.\d+)?\s*[分%％]?)\s*[)）】\]]\s*$|(?<=[标果出益度])\s*(\d+(?:\.\d+)?\s*分)\s*$"
)
# A character of the name that was printed behind its weight: 果指标（20分）效.
_WEIGHT_WITHIN = re.compile(r"(?<=[标果出益度])\s*[(（]\s*(\d+(?:\.\d+)?\s*[分%％]?)\s*[)）](?=[\u4e00-\u9fff]{1,2}$)")
# A number counts what follows where it has a mark or a name behind it: 指标一致率 and 指标3年达标率 are names.
_NUMBERED = (
    r"^\s*指\s*标\s*(?:[\dX]{1,2}(?![\d%％个项年月次倍])|[一二三四五六七八九十]{1,2}(?=\s*(?:[:：;；.、．]|$)))"
    r"\s*[:：;；.、．]?\s*"
)
# One of the two characters may be misread or lost; then only the mark after the number tells.
_MISREAD = r"^\s*(?:标指|指.|.标|指|标)\s*\d+\s*[:：;；、]\s*"
# 指标：植树株数 has lost its number.
_BARE = r"^\s*指标\s*[:：]\s*"
# 1 between 标 and its colon is a thin stroke, read as another one: 指标】：, 指标l:.
_STROKE = r"^\s*指\s*标\s*[】\]|丨lI!！]\s*[:：;；]\s*"
_DOTS = r"^\s*(?:…+|\.{3,}|⋯+|·{3,})\s*$"
_PLACEHOLDER = re.compile(f"{_NUMBERED}|{_MISREAD}|{_BARE}|{_STROKE}|{_DOTS}")


# A paragraph ends with one of these; a cell cut by a page break anywhere else goes on in the middle of a sentence.
_PARAGRAPH_END = re.compile(r"[。；;！!？?：:]\s*$")
_PARAGRAPH_START = re.compile(r"^\s*(\d+[.、．)）]|[（(][一二三四五六七八九十\d]+[)）]|[一二三四五六七八九十]+[、.])")


def joined_text(one: str, other: str) -> str:
    """Two pieces of a value that a page break cut: a sentence becomes one again, a paragraph begins a line."""
    parted = one and (_PARAGRAPH_END.search(one) or _PARAGRAPH_START.search(other))
    return f"{one}\n{other}" if parted else one + other


# Of 76 heads that were read right on development faxes all have .9 or more; what dither is read as asks.
_SURE, _UNSURE = 0.9, 0.5


def surely_read(lines: Sequence[Line]) -> str | None:
    """The surely read lines of a label where all its others are unsure: those may be what its shading was read as.

    None where all are sure, or one is neither.
    """
    sure = [line.text for line in lines if line.confidence >= _SURE]
    unsure = sum(line.confidence <= _UNSURE for line in lines)
    return "".join(sure) if sure and unsure and len(sure) + unsure == len(lines) else None


_SPECK = re.compile(r"(?<=[\u4e00-\u9fff)）])[.·]$")


@lru_cache(_KEPT)
def label_text(text: str) -> str:
    """A label as it reads on one line: breaks, and spaces beside Chinese characters, are the layout's.

    A stop of half width behind a Chinese character is dust: Chinese is not set with it (of 12 such ends of lines on
    drawn pages none was printed).
    """
    return _SPECK.sub("", _BETWEEN_HAN.sub("", " ".join(text.split())).strip())


@lru_cache(_KEPT)
def split_weight(text: str) -> tuple[str, str | None]:
    """A level's name and the weight printed beside it: `产出指标(50分)` -> 产出指标, 50分; dust between them goes."""
    match = _WEIGHT.search(text)
    if match is None:
        within = _WEIGHT_WITHIN.search(text)
        return (text[: within.start()] + text[within.end() :], within[1].replace(" ", "")) if within else (text, None)
    return _SPECK.sub("", text[: match.start()]), (match.group(1) or match.group(2)).replace(" ", "")


def without_placeholder(text: str) -> str:
    """A level-3 name without the `指标1：` that a blank form prints before it; empty where nothing else stands."""
    return _PLACEHOLDER.sub("", text)


# A note on a grid's head under which nothing stands: no indicator names it.
BLANK_COLUMN = "blank-column"
_NOTE = re.compile(r"^\s*([*※]|注\s*\d*|[填编]?[表报写制]?说明|备注|附件?\s*\d*)\s*[:：]")
_SEAL = re.compile(r".*[(（](盖章|签字|签章|公章|签名|章)[)）][:：]?$")


def is_printed_beside(text: str) -> bool:
    """Tell whether a text is the print's own beside a form and no value: a note, captions where seals and names go."""
    return bool(_NOTE.match(text)) or all(_SEAL.match(word) for word in text.split())
