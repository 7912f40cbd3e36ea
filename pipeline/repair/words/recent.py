"""Words that are younger or rarer than jieba's list: what a picture may show, beside what text alone is held against.

models/repair-words.txt.gz has them with their log-probabilities (scripts/extract_words.py wrote it; models/repair.md is
its card). Text alone is judged without them: its judges and all their figures are of jieba's list.
"""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from statistics import median

from pipeline.errors import ModelError
from pipeline.repair.words.general import LONGEST, general_logp
from pipeline.resources import data_folder

WORDS_FILE = "repair-words.txt.gz"
_HANZI = re.compile(f"[一-鿿]{{2,{LONGEST}}}")
# Words counted this often in both lists say how the counts of the one compare with the frequencies of the other.
_COMPARED = 3


@lru_cache(maxsize=2)
def recent_logp(path: Path | None = None) -> Mapping[str, float]:
    """Return the log-probabilities of the words that came with this installation, or of those at `path`.

    Raises ModelError where they are missing or not of the expected form.
    """
    source = path or data_folder("models") / WORDS_FILE
    try:
        rows = [line.split("\t") for line in gzip.decompress(source.read_bytes()).decode("utf-8").splitlines()]
        values = {logp: float(logp) for logp in {logp for _, logp in rows}}  # some 60 numbers for all words
        return {word: values[logp] for word, logp in rows}
    except (OSError, EOFError, ValueError) as error:
        raise ModelError(f"{source}: is no list of words ({error}); reinstall zhibiao") from error


def write_words(counted: Mapping[str, int], least: int, out: Path) -> int:
    """Write those of the words `counted` that jieba's list lacks and that have `least` counts; return how many."""
    known = general_logp()
    words = {word: count for word, count in counted.items() if _HANZI.fullmatch(word)}
    shared = (known[word] - math.log(count) for word, count in words.items() if count >= _COMPARED and word in known)
    offset = median(shared)
    rows = (
        f"{word}\t{math.log(count) + offset:.1f}\n"
        for word, count in sorted(words.items())
        if count >= least and word not in known
    )
    return _write(rows, out)


def _write(rows: Iterable[str], out: Path) -> int:
    """Write lines as gzip without a date in it: the same lines give the same bytes."""
    lines = list(rows)
    out.write_bytes(gzip.compress("".join(lines).encode("utf-8"), mtime=0))
    return len(lines)
