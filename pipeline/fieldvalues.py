"""Header fields taken apart beside their text: amounts, dates and periods, phones, people, codes, check boxes.

The text is never changed. What cannot be told for certain is None: an amount whose unit nobody printed has no unit, and
a cell of names that holds one word that is no name is not a list of people.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pipeline.dates import fold, read_date
from pipeline.errors import DictionaryError
from pipeline.resources import data_folder

PATH = "→"  # joins a label and the labels above it
_UNITS = {"元": 1, "百元": 100, "千元": 1_000, "万元": 10_000, "万": 10_000, "亿元": 100_000_000, "亿": 100_000_000}
# No label ends with a point or a comma; dust behind it does.
_BEHIND_LABEL = ":：;；.·,，、' \t\n\u3000"
_UNIT_IN_LABEL = re.compile(
    r"[(（\[【]\s*(?:金额)?(?:单位\s*[:：]\s*)?(?:人民币)?\s*(亿元|[万方]元|千元|百元|元)\s*[)）\]】]"
)
# A fax loses brackets, or makes commas of them: what ends in a unit of money behind a word for money names its unit.
_UNIT_AT_END = re.compile(r"(?<=[金额算费资入出款])\s*[(（\[【,，、]?\s*(亿元|[万方]元|千元|百元|元)\s*[)）\]】]?$")
_AMOUNT = re.compile(
    r"(?:人民币|约|共计|合计|[¥￥$])?\s*(?P<number>-?(?:\d{1,3}(?:[,，]\d{3})+|\d{1,3}(?: \d{3})+|\d+)(?:\.\d+)?)"
    r"\s*(?P<unit>亿元|亿|万元|万|千元|百元|元)?\s*(?:整|正)?\s*(?P<note>[(（].*[)）])?\s*[。;；]?",
    re.S | re.A,
)
_PHONE = re.compile(
    r"(?<!\d)(?:1[3-9]\d{9}|(?:\(?0\d{2,3}\)?[- ]?)?[2-8]\d{6,7}(?:(?:-|转)\d{1,6})?|400-?\d{3}-?\d{4})(?!\d)", re.A
)
# Two to four Hanzi; names of some nationalities are longer and carry a dot.
_PERSON = re.compile(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{1,8}(?:[·•・][\u4e00-\u9fff]{1,8})+")
_BETWEEN_PEOPLE = re.compile(r"[\s、，,;；/|]+")
_CODE = re.compile(r"[\[【(（]?(?P<code>(?=[A-Za-z]*\d)[0-9A-Za-z]{3,24})[\]】)）]?\s*[-—_－:：]?\s*(?P<name>.*)", re.S)
_LONG_CODE = re.compile(r"[0-9A-Za-z]{2,}(?:[-_/.][0-9A-Za-z]+)+", re.A)
# As the systems print a code before a name: [015001]某局, 219-某镇, 219001-某镇, 51092324T000010263357-某项目.
_CODE_FIRST = re.compile(
    r"(?:[\[【](?P<boxed>[0-9A-Za-z]{3,24})[\]】]|(?P<plain>\d[0-9A-Z]{2,23})\s*[-—_－])\s*(?P<name>(?:\d{4}年)?[“《]?[\u4e00-\u9fff].*)",
    re.S | re.A,
)
# A choice's marks: ticked, and left open.
TICKS = "√✓✔☑■▇☒"
BOXES = "□☐▢◻"
# 口 is a box only where no word ends in it.
_WORDS_IN_MOUTH = "人出进窗港路河渡户关接胃裂洞门"
_BRACKETS = re.compile(rf"[(（\[【]\s*[{TICKS}]?\s*[)）\]】]")
# A longer text is a narrative whose signs are bullets; the longest option of 30 layouts has 12 characters.
_LONGEST_CHOICE = 120
_LONGEST_OPTION = 24
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(个月|年|天|个工作日|日)", re.A)


@lru_cache(8_192)  # a label is asked for several times a form, and comes again in the next one
def split_label(label: str) -> tuple[str, str | None]:
    """Return the label without its trailing colon and bracketed money unit, and that unit (元, 万元, ...) or None.

    >>> split_label("项目资金.（万元）：")
    ('项目资金', '万元')
    """
    unit = None
    clean = label.strip().rstrip(_BEHIND_LABEL)
    match = _UNIT_IN_LABEL.search(clean)
    while match is not None:
        unit = unit or match[1].replace("方", "万")  # 方元 is a misread 万元
        clean = (clean[: match.start()].rstrip() + clean[match.end() :].lstrip()).rstrip(_BEHIND_LABEL)
        match = _UNIT_IN_LABEL.search(clean)
    while (match := _UNIT_AT_END.search(clean)) is not None:
        unit = unit or match[1].replace("方", "万")  # 方元 is a misread 万元
        clean = clean[: match.start()].rstrip(_BEHIND_LABEL)
    return clean, unit


def parse_field(label: str, raw: str, *, money_unit: str | None) -> dict[str, Any] | None:
    """Take a field's text apart by what its label says it holds; None where there is nothing to take apart.

    `label` is the printed label or a path joined by →; a money unit in it wins over `money_unit` (the table's or the
    page's), and one in the text wins over both. `kind` of the result is one of

    - amount: `amount` (decimal digits), `unit` (None where nobody printed one), `yuan` (the same in 元), `note`
    - date: `date`; period: `start`, `end`; duration: `number`, `unit`
    - contacts: `people` and `phones`, those that the label asks for
    - code: `code`, `dept_code` and `unit_code` of a code of six digits, `name` where one follows
    - choice: `options` with `text` and `ticked`, `chosen`
    """
    text = raw.strip()
    if not text:
        return None
    choice = _choice(text)
    if choice is not None:
        return choice
    held = _held_by(label)
    if held.phones or held.people:
        return _contacts(text, people=held.people, phones=held.phones)
    if held.contacts:
        # 负责人及电话 over 主管部门: whose they are stands below, what they are above. 职务 would be neither.
        found = _contacts(text, people=True, phones=True)
        return found if found is not None and "phones" in found else None
    if held.code:
        return _code(text)
    if held.coded and (first := _CODE_FIRST.fullmatch(text)):
        return _coded(first["boxed"] or first["plain"], first["name"])
    if held.amount:
        return _amount(text, held.unit or money_unit)
    return _dated(text) if held.date else None


@dataclass(frozen=True, slots=True)
class _Held:
    """What a label says that its field holds, and the money unit in it."""

    phones: bool
    people: bool
    contacts: bool  # the label above says that people and phones are below
    code: bool
    coded: bool
    amount: bool
    date: bool
    unit: str | None


@lru_cache(8_192)  # labels come again in other forms
def _held_by(label: str) -> _Held:
    parts = [split_label(part) for part in label.split(PATH)]
    names = [fold(name) for name, _ in parts]
    unit = next((unit for _, unit in reversed(parts) if unit), None)
    rules, name = _rules(), names[-1]
    phones, people, code, coded, date = (
        rules[rule].fits(name) for rule in ("phone", "people", "code", "coded", "date")
    )
    contacts = any(rules["phone"].fits(above) and rules["people"].fits(above) for above in names[:-1])
    return _Held(phones, people, contacts, code, coded, _is_amount(names, unit, rules), date, unit)


@dataclass(frozen=True, slots=True)
class _Rule:
    ends: tuple[str, ...]
    has: tuple[str, ...]
    forbidden: tuple[str, ...]
    above: tuple[str, ...] = ()

    def fits(self, label: str) -> bool:
        return (label.endswith(self.ends) or any(word in label for word in self.has)) and not self.forbids(label)

    def forbids(self, label: str) -> bool:
        return any(word in label for word in self.forbidden)


def _is_amount(names: list[str], own_unit: str | None, rules: dict[str, _Rule]) -> bool:
    rule = rules["amount"]
    if rule.forbids(names[-1]):
        return False
    above = any(word in name for name in names[:-1] for word in rule.above)
    return rule.fits(names[-1]) or own_unit is not None or above


def _amount(text: str, unit: str | None) -> dict[str, Any] | None:
    match = _AMOUNT.fullmatch(fold(text))
    if match is None:
        return None
    number = re.sub(r"[,， ]", "", match["number"])
    printed = {"万": "万元", "亿": "亿元"}.get(match["unit"] or "", match["unit"])
    unit = printed or unit
    found: dict[str, Any] = {"kind": "amount", "amount": number, "unit": unit, "yuan": None}
    if unit in _UNITS:
        found["yuan"] = format(Decimal(number) * _UNITS[unit], "f")
    if match["note"]:
        found["note"] = text[match.start("note") : match.end("note")]
    return found


def _dated(text: str) -> dict[str, Any] | None:
    found = read_date(text.rstrip("。;；前止"))
    if found is not None:
        if found.first == found.last:
            return {"kind": "date", "date": found.first.iso()}
        return {"kind": "period", "start": found.first.iso(), "end": found.last.iso()}
    duration = _DURATION.fullmatch(fold(text))
    if duration is not None:
        return {"kind": "duration", "number": duration[1], "unit": duration[2]}
    return None


def _contacts(text: str, *, people: bool, phones: bool) -> dict[str, Any] | None:
    folded = re.sub(r"\s*[-—－–]\s*", "-", fold(text))
    numbers = [_written_phone(match[0]) for match in _PHONE.finditer(folded)]
    rest = _PHONE.sub(" ", folded)
    found: dict[str, Any] = {"kind": "contacts"}
    if people:
        names = _people(rest)
        if names:
            found["people"] = names
    if (phones or people) and numbers and not re.search(r"[0-9]", rest):
        found["phones"] = numbers
    return found if len(found) > 1 else None


def _written_phone(phone: str) -> str:
    """Return the number with its area code, where it has one, joined by a hyphen."""
    match = re.fullmatch(r"\(?(0\d{2,3})\)?[- ]?([2-8]\d{6,7}.*)", phone)
    return f"{match[1]}-{match[2]}" if match else phone


def _people(text: str) -> list[str] | None:
    bare = re.sub(r"[(（][^()（）]*[)）]", " ", text)
    words = [word for word in _BETWEEN_PEOPLE.split(bare.strip(" :：")) if word]
    if words and all(len(word) == 1 for word in words):
        # 王 伟 is one person: two-character names are set wide to align with longer ones.
        if len(words) % 2:
            return None
        words = [first + second for first, second in zip(words[::2], words[1::2], strict=True)]
    merged: list[str] = []
    for word in words:
        if len(word) == 1 and merged and len(merged[-1]) == 1:
            merged[-1] += word
        else:
            merged.append(word)
    return merged if merged and all(_PERSON.fullmatch(word) for word in merged) else None


def _code(text: str) -> dict[str, Any] | None:
    if _LONG_CODE.fullmatch(fold(text)):
        return _coded(text, "")  # 510000-2024-0031 has parts, and none of them is a name
    match = _CODE.fullmatch(fold(text))
    return None if match is None else _coded(match["code"], text[match.start("name") :].strip())


def _coded(code: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "code", "code": code}
    if re.fullmatch(r"\d{6}", code, re.A):
        # 6 digits are 3 of the department and 3 of the unit within it (019001, 015001, 219001).
        found |= {"dept_code": code[:3], "unit_code": code[3:]}
    if name:
        found["name"] = name
    return found


def _choice(text: str) -> dict[str, Any] | None:
    marked = _marks(text) if len(text) <= _LONGEST_CHOICE else None
    if marked is None:
        return None
    pieces = [piece for piece in re.split(rf"([{TICKS}{BOXES}]+)", marked) if piece.strip(" \t\n、，,;；/")]
    is_mark = [piece[0] in TICKS + BOXES for piece in pieces]
    texts = [(i, piece.strip(" \t\n、，,;；/:：()（）[]")) for i, piece in enumerate(pieces) if not is_mark[i]]
    if not any(option for _, option in texts) or max(len(option) for _, option in texts) > _LONGEST_OPTION:
        return None
    step = 1 if not is_mark[0] else -1  # the mark follows its option, or goes before it
    options = []
    for i, option in texts:
        mark = pieces[i + step] if 0 <= i + step < len(pieces) and is_mark[i + step] else ""
        if option:
            options.append({"text": option, "ticked": any(sign in TICKS for sign in mark)})
    return {"kind": "choice", "options": options, "chosen": [o["text"] for o in options if o["ticked"]]}


def _marks(text: str) -> str | None:
    """Return the text with 口 read as a box and V as a tick where they stand for one; None where nothing is marked."""
    text = _boxed_brackets(text)
    certain = any(sign in text for sign in TICKS + BOXES)
    mouths = [m.start() for m in re.finditer(rf"(?<![{_WORDS_IN_MOUTH}])口(?=\s|$|[\u4e00-\u9fff])", text)]
    ends = [i for i in mouths if i + 1 == len(text) or text[i + 1].isspace()]
    if not certain and len(ends) < 2:
        # One 口 alone may be a word; two that end their words are the boxes of a choice.
        return None
    signs = list(text)
    for i in mouths:
        if i in ends or i == 0 or text[i - 1].isspace():
            signs[i] = "□"
    marked = "".join(signs)
    return re.sub(r"(?<=[\u4e00-\u9fff□])[Vv](?=\s|$)", "√", marked)


def _boxed_brackets(text: str) -> str:
    """Return the text with (√) read as a ticked box and ( ) as an empty one, where one of them is ticked.

    The brackets take as many characters as before.
    """
    if not any(sign in bracket for bracket in _BRACKETS.findall(text) for sign in TICKS):
        return text
    return _BRACKETS.sub(lambda m: ("√" if any(sign in m[0] for sign in TICKS) else "□").ljust(len(m[0])), text)


def _words(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(fold(word) for word in words)


@lru_cache(maxsize=1)
def _rules() -> dict[str, _Rule]:
    path = data_folder("dictionaries") / "rules" / "fields.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return {
            kind: _Rule(_words(rule["ends"]), _words(rule["has"]), _words(rule["not"]), _words(rule.get("above", ())))
            for kind, rule in data.items()
        }
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DictionaryError(f"{path}: cannot be used ({error}); restore the file that came with zhibiao") from error
    except (KeyError, AttributeError, TypeError) as error:
        raise DictionaryError(f"{path}: lacks or misspells {error}; restore the file that came with zhibiao") from error
