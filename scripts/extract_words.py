"""Write models/repair-words.txt.gz: words that jieba's list lacks, from the word lists of cutword-lite.

Usage: python scripts/extract_words.py LIST... [--least 1] [--out models/repair-words.txt.gz]
       (a LIST is dict.txt or unionwords.txt of the package cutword-lite 0.2.0: word, count and kind a line)
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.repair.words.recent import WORDS_FILE, write_words


def main() -> None:
    """Parse, call, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lists", type=Path, nargs="+", metavar="LIST")
    parser.add_argument("--least", type=int, default=1, help="counts that a word needs")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "models" / WORDS_FILE)
    arguments = parser.parse_args()
    rows = [line.split("\t") for path in arguments.lists for line in path.read_text(encoding="utf-8").splitlines()]
    print(write_words({row[0]: int(row[1]) for row in rows if len(row) > 1}, arguments.least, arguments.out))


if __name__ == "__main__":
    main()
