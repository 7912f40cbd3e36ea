"""Targets in words that were misread: 显菩 for 显著, 途步提高 for 逐步提高.

Such targets are made of few words (dictionaries/rules/targets.toml, [wording]), and the name often says which: 健全性
asks for 健全. What is made of these words alone is left as it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import lru_cache

from pipeline.errors import DictionaryError
from pipeline.resources import data_folder

# Nats by which the picture may hold the wording against what was read.
WORDED = -4.5
_LONGEST_WORD = 8
_STEM = 2
_ANSWERS = frozenset("是否有无能可零")


def worded(text: str, name: str) -> Iterator[str]:
    """Yield what `text` may have been, were one of its characters misread, lost, or a stroke read as one more.

    `name` is the indicator's, folded. Nothing is yielded for a text that is made of known words, or that no single
    character makes so.

    >>> list(worded("显菩增强", "")), list(worded("显著增强", "")), list(worded("周垒", "考核周全性"))
    (['显著增强'], [], ['周全'])
    >>> list(worded("著", ""))
    ['显著']
    """
    words = set(_words())
    if text in words:
        return
    # 是高 is no answer and a degree: what answers with one character is a target by itself.
    words -= _ANSWERS
    if name.endswith("性") and len(name) > _STEM:
        words.add(name[-_STEM - 1 : -1])
    reach = _reached(text, words, forward=True)
    if len(text) in reach:
        return
    back = _reached(text, words, forward=False)
    found: dict[str, None] = {}
    for start in sorted(reach):
        for end in sorted(back):
            if 0 <= end - start <= _LONGEST_WORD:
                piece = text[start:end]
                found.update((text[:start] + word + text[end:], None) for word in words if _is_one_off(piece, word))
                if len(piece) == 1:
                    found[text[:start] + text[end:]] = None
    yield from filter(None, found)


def _is_one_off(piece: str, word: str) -> bool:
    """Tell whether one character was misread, lost or added; one has to be left."""
    if len(piece) == 1 and len(word) == _STEM:
        return piece in word
    if len(piece) == len(word):
        return len(word) > 1 and sum(a != b for a, b in zip(piece, word, strict=True)) == 1
    longer, shorter = (piece, word) if len(piece) > len(word) else (word, piece)
    if len(longer) - len(shorter) != 1 or len(shorter) < _STEM:
        return False
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))


def _reached(text: str, words: set[str], *, forward: bool) -> set[int]:
    """Return the places that words alone reach from the text's beginning, or from its end."""
    places = {0} if forward else {len(text)}
    order = range(len(text)) if forward else range(len(text), 0, -1)
    for place in order:
        if place not in places:
            continue
        for length in range(1, _LONGEST_WORD + 1):
            begin, end = (place, place + length) if forward else (place - length, place)
            if begin >= 0 and end <= len(text) and text[begin:end] in words:
                places.add(end if forward else begin)
    return places


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    """Return the words that targets are made of.

    Raises:
        DictionaryError: the file is missing, no TOML, or lacks the table.
    """
    path = data_folder("dictionaries") / "rules" / "targets.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))["wording"]
        return frozenset(word for words in table.values() for word in words)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DictionaryError(f"{path}: cannot be used ({error}); restore the file that came with zhibiao") from error
    except (KeyError, AttributeError, TypeError) as error:
        raise DictionaryError(f"{path}: lacks or misspells {error}; restore the file that came with zhibiao") from error
