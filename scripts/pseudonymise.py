#!/usr/bin/env python3
"""Make the public copy of a seed: people and phones replaced by pseudonyms of equal length, every other byte kept.

The seed and its truth stay outside the repository; who stands behind a pseudonym is not recorded anywhere. The same
person gets the same pseudonym everywhere, in order of first appearance.

    scripts/pseudonymise.py SEED.txt TRUTH.json --out fixtures/zhengzhou-2020-ocr-text
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Counting words and heavenly stems: read as names by a program, and by no person.
_SURNAMES = "赵钱孙李周吴郑冯陈褚卫蒋沈韩杨朱秦尤许何"
_MIDDLES = "一二三四五六七九十"
_LASTS = "甲乙丙丁戊己庚辛壬癸"
# 8 digits, as a landline without its area code; runs such as 6000 0001 are nobody's.
_PHONE_START = 60_000_001

_PEOPLE_LABELS = ("项目负责人", "联系人")
_PHONE_LABELS = ("联系电话",)


def pseudonym(index: int, length: int) -> str:
    """Return the `index`-th pseudonym of a person whose name has `length` characters (2 to 4)."""
    if not 2 <= length <= 4:
        raise SystemExit(f"a name of {length} characters: add a pattern for it to scripts/pseudonymise.py")
    surname = _SURNAMES[index % len(_SURNAMES)]
    middle = _MIDDLES[index % len(_MIDDLES)]
    last = _LASTS[(index + index // len(_LASTS)) % len(_LASTS)]
    return {2: surname + last, 3: surname + middle + last, 4: surname + middle + middle + last}[length]


def phone(index: int, length: int) -> str:
    """Return the `index`-th invented phone number of `length` digits."""
    number = str(_PHONE_START + index)
    return number.ljust(length, "0")[:length] if length < len(number) else number.rjust(length, "1")


def replacements(text: str, people: Iterable[str], phones: Iterable[str]) -> dict[str, str]:
    """Return who becomes whom; refuses where a replacement could not be undone or would touch anything else."""
    by_place = sorted(set(people), key=text.index)
    pairs = {name: pseudonym(index, len(name)) for index, name in enumerate(by_place)}
    for index, number in enumerate(sorted(set(phones), key=text.index)):
        pairs[number] = phone(index, len(number))
    for real, invented in pairs.items():
        if invented in text:
            raise SystemExit(f"the pseudonym {invented} stands in the seed already; change the lists in this script")
        if len(real) != len(invented):
            raise SystemExit(f"{invented} has another length than what it replaces")
        if any(real != other and real in other for other in pairs):
            raise SystemExit("one of the names is part of another; replace the longer one first")
    if len(set(pairs.values())) != len(pairs):
        raise SystemExit("two people got one pseudonym; make the lists in this script longer")
    return pairs


def replaced(text: str, pairs: dict[str, str]) -> str:
    """Return `text` with every name of `pairs` replaced, in one pass."""
    pattern = re.compile("|".join(re.escape(name) for name in sorted(pairs, key=len, reverse=True)))
    return pattern.sub(lambda found: pairs[found.group()], text)


def expected(truth: dict[str, Any]) -> dict[str, Any]:
    """Return what the pipeline has to make of the text, in the words of the record contract."""
    # Only sure corrections are made; the others are proposals, and the text stays as it is written.
    sure = {entry["source_line"]: entry["corrected"] for entry in truth["corrections"] if entry["auto_correct"]}
    return {
        "forms": [_expected_form(form, sure) for form in truth["forms"]],
        "corrections": [
            {
                "form": entry["form"],
                "line": entry["source_line"],
                "field": entry["field"],
                "raw": entry["as_written"],
                "value": entry["corrected"],
                "type": entry["type"],
                "confidence": entry["confidence"],
                "auto_correct": entry["auto_correct"],
            }
            for entry in truth["corrections"]
        ],
    }


def _expected_form(form: dict[str, Any], sure: dict[int, str]) -> dict[str, Any]:
    narratives = {label: narrative["text"] for label, narrative in form["narratives"].items()}
    return {
        "title": form["title"],
        "year": form["year"],
        "agency": form["unit_name"],
        "fields": {**form["header_as_written"], **narratives},
        "narratives": list(narratives),
        "indicators": [
            {
                "level1": row["level1"],
                "level2": row["level2"],
                "level3": sure.get(row["source_line"], row["level3_as_written"]),
                "level3_raw": row["level3_as_written"],
                "target": row["target_as_written"],
                "lost": row["value_status"] == "lost",
                "line": row["source_line"],
            }
            for row in form["indicators"]
        ],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed", type=Path, help="the OCR text as it came")
    parser.add_argument("truth", type=Path, help="its truth (seed_truth.json)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the fixture")
    arguments = parser.parse_args()

    # Bytes, not text mode: line ends must come through as they are.
    text = arguments.seed.read_bytes().decode("utf-8")
    truth = json.loads(arguments.truth.read_text(encoding="utf-8"))
    headers = [form["header_normalized"] for form in truth["forms"]]
    people = [name for header in headers for name in (*header["project_leaders"], *header["contacts"])]
    phones = [number for header in headers for number in header["phones"]]
    # What the truth lists must be all that the header cells hold: a name it missed would be published.
    for form in truth["forms"]:
        for label in (*_PEOPLE_LABELS, *_PHONE_LABELS):
            rest = re.split(r"[\s、,，;；/]+", form["header_as_written"][label])
            unlisted = [part for part in rest if part and part not in people and part not in phones]
            if unlisted:
                raise SystemExit(f"form {form['form_index']}: {label} holds a part that the truth does not list")

    pairs = replacements(text, people, phones)
    public = replaced(text, pairs)
    public_truth = replaced(json.dumps(expected(truth), ensure_ascii=False, indent=1) + "\n", pairs)
    for real in pairs:
        if real in public or real in public_truth:
            raise SystemExit("a real name is left in the copy; nothing was written")
    if len(public.encode()) != len(text.encode()):
        raise SystemExit("the copy has another size than the seed; nothing was written")

    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "input.txt").write_bytes(public.encode())
    (arguments.out / "truth.json").write_text(public_truth, encoding="utf-8")
    print(f"{arguments.out}: {len(pairs)} people and phones replaced")
    return 0


if __name__ == "__main__":
    sys.exit(main())
