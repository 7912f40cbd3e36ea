"""A stored number and its format code -> the text that a spreadsheet shows (ECMA-376 18.8.31).

Targets live on this: 0.95 in a cell of `0%` is printed 95%, 3 in a cell of `"≥"0"次"` is printed ≥3次. A format that is
not understood, or that hides a value, gives the stored value: nothing is lost to a format.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

# Format numbers that stand in files without their code; 27 to 58 as a Chinese Excel or WPS shows them.
_MONTH, _DAY = 'yyyy"年"m"月"', 'm"月"d"日"'
_HOUR, _SECOND = 'AM/PMh"时"mm"分"', 'AM/PMh"时"mm"分"ss"秒"'
_WHOLE, _PENCE = "#,##0;-#,##0", "#,##0.00;-#,##0.00"
BUILT_IN: dict[int, str] = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm", 27: _MONTH, 28: _DAY, 29: _DAY,
    30: "m-d-yy", 31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"', 34: _HOUR, 35: _SECOND, 36: _MONTH, 37: _WHOLE,
    38: _WHOLE, 39: _PENCE, 40: _PENCE, 41: _WHOLE + ";-", 42: "¥#,##0;-¥#,##0;¥-", 43: _PENCE + ";-",
    44: "¥#,##0.00;-¥#,##0.00;¥-", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@", 50: _MONTH,
    51: _DAY, 52: _MONTH, 53: _DAY, 54: _DAY, 55: _HOUR, 56: _SECOND, 57: _MONTH, 58: _DAY,
}  # fmt: skip

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|G/通用格式)|(?P<ampm>AM/PM|A/P|上午/下午)|(?P<exp>[Ee][+-])"
    r"|(?P<date>[yYmMdDhHsSeE]+)|(?P<digit>[0#?])|(?P<char>.)",
    re.S,
)
_CONDITION = re.compile(r"^(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)$")
_CURRENCY = re.compile(r"^\$([^-]*)(?:-.*)?$")
_ELAPSED = re.compile(r"^(h+|m+|s+)$", re.I)

Token = tuple[str, str]


def show_number(stored: str, code: str, *, date1904: bool = False) -> str:
    """Return a stored number as its cell shows it; the stored text where the code says nothing that can be shown.

    >>> show_number("0.95", "0%"), show_number("3", '"≥"0"次"'), show_number("44196", 'yyyy"年"m"月"d"日"')
    ('95%', '≥3次', '2020年12月31日')
    """
    plain = plain_number(stored)
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return stored
    with localcontext() as context:
        context.prec = 40
        try:
            shown = _shown(value, code, date1904)
        except (ValueError, OverflowError, InvalidOperation, ArithmeticError):
            return plain
    return shown if shown and shown.strip() else plain


def show_text(text: str, code: str) -> str:
    """Return a text as its cell shows it: a format with @ may put words around it."""
    if code in ("General", "@") or "@" not in code:
        return text
    tokens = _tokens(_sections(code)[-1])
    if not any(kind == "char" and what == "@" for kind, what in tokens):
        return text
    return "".join(text if (kind, what) == ("char", "@") else _literal(kind, what) for kind, what in tokens)


def plain_number(stored: str) -> str:
    """Return a stored number without the noise of binary fractions: fifteen digits are what a spreadsheet keeps.

    >>> plain_number("0.94999999999999996"), plain_number("1E-3"), plain_number("410105198001010011")
    ('0.95', '0.001', '410105198001010011')
    """
    stored = stored.strip()
    if re.fullmatch(r"-?\d{1,40}", stored):
        return stored
    try:
        number = float(stored)
    except ValueError:
        return stored
    if not math.isfinite(number) or abs(number) >= 1e30 or 0 < abs(number) < 1e-20:
        return stored
    text = format(Decimal(format(number, ".15g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _sections(code: str) -> list[str]:
    sections = [""]
    for match in _TOKEN.finditer(code):
        if match.group() == ";":
            sections.append("")
        else:
            sections[-1] += match.group()
    return sections


def _tokens(section: str) -> list[Token]:
    return [(match.lastgroup or "char", match.group(match.lastgroup or 0)) for match in _TOKEN.finditer(section)]


def _literal(kind: str, what: str) -> str:
    """What a token that is no placeholder prints: padding and fill print nothing that can be read."""
    if kind in ("quoted", "escaped", "char"):
        return what
    if kind == "bracket" and (match := _CURRENCY.match(what)):
        return match.group(1)
    return ""


def _shown(value: Decimal, code: str, date1904: bool) -> str:
    section, value = _choose(value, _sections(code))
    tokens = _tokens(section)
    kinds = {kind for kind, _ in tokens}
    if "date" in kinds or any(kind == "bracket" and _ELAPSED.match(what) for kind, what in tokens):
        return _date(value, tokens, date1904)
    if "digit" in kinds:
        if any(token == ("char", "/") for token in tokens):
            raise ValueError("fractions are not shown")
        return _number(value, tokens)
    if "general" in kinds or ("char", "@") in tokens:
        plain = plain_number(str(value))
        return "".join(
            plain if kind == "general" or (kind, w) == ("char", "@") else _literal(kind, w) for kind, w in tokens
        )
    return "".join(_literal(kind, what) for kind, what in tokens)


def _choose(value: Decimal, sections: list[str]) -> tuple[str, Decimal]:
    """The section for a value, and the value as that section prints it (one for negatives prints its own sign)."""
    conditions = [_condition(section) for section in sections[:2]]
    if any(conditions):
        for section, condition in zip(sections, conditions, strict=False):
            if condition is not None and _holds(value, condition):
                return section, abs(value) if value < 0 and condition[0] in ("<", "<=") else value
        rest = [s for s, c in zip(sections, [*conditions, None, None], strict=False) if c is None]
        return (rest[-1] if rest else "General"), value
    if value < 0 and len(sections) > 1:
        return sections[1], abs(value)
    if value == 0 and len(sections) > 2:
        return sections[2], value
    return sections[0], value


def _condition(section: str) -> tuple[str, Decimal] | None:
    for kind, what in _tokens(section):
        if kind == "bracket" and (match := _CONDITION.match(what)):
            return match.group(1), Decimal(match.group(2))
    return None


def _holds(value: Decimal, condition: tuple[str, Decimal]) -> bool:
    sign, bound = condition
    return {
        "<": value < bound, ">": value > bound, "=": value == bound, "<=": value <= bound, ">=": value >= bound,
        "<>": value != bound,
    }[sign]  # fmt: skip


def _number(value: Decimal, tokens: list[Token]) -> str:
    """Fill the digit placeholders from the point outwards; literals between them stay where they are."""
    places = [i for i, (kind, _) in enumerate(tokens) if kind == "digit"]
    exponent_at = next((i for i, (kind, _) in enumerate(tokens) if kind == "exp"), None)
    if exponent_at is not None:
        return _scientific(value, tokens, exponent_at)
    point = next((i for i, token in enumerate(tokens) if token == ("char", ".")), None)
    whole = [i for i in places if point is None or i < point]
    part = [i for i in places if point is not None and i > point]
    last = max(whole) if whole else -1
    commas = [i for i, token in enumerate(tokens) if token == ("char", ",")]
    grouped = any(whole and whole[0] < i < last for i in commas)
    # Commas right behind the last digit before the point divide by a thousand each.
    scale = [i for i in commas if last < i and all(j in commas for j in range(last + 1, i + 1))]
    percent = sum(token == ("char", "%") for token in tokens)
    value = value * (Decimal(100) ** percent) / (Decimal(1000) ** len(scale))
    rounded = abs(value).quantize(Decimal(1).scaleb(-len(part)), rounding=ROUND_HALF_UP)
    digits, _, fraction = format(rounded, "f").partition(".")
    least = sum(tokens[i][1] == "0" for i in whole)
    digits = digits.lstrip("0").rjust(least, "0")
    kept = fraction
    for i in reversed(part):
        if tokens[i][1] == "0" or not kept.endswith("0"):
            break
        kept = kept[:-1]
    filled = _whole_digits(digits, whole, tokens, grouped)
    out = []
    decimals = iter(kept)
    for i, (kind, what) in enumerate(tokens):
        if i in filled:
            out.append(filled[i])
        elif i in part:
            out.append(next(decimals, ""))
        elif i == point:
            out.append("." if kept else "")
        elif kind != "digit" and not (i in commas and (i in scale or (whole and whole[0] < i < last))):
            out.append(_literal(kind, what))
    if point is not None and not whole and digits:
        out.insert(0, digits)
    sign = "-" if value < 0 and rounded != 0 else ""
    return sign + "".join(out).strip()


def _whole_digits(digits: str, whole: list[int], tokens: list[Token], grouped: bool) -> dict[int, str]:
    """Give each placeholder before the point its digits; the first one takes all that are left."""
    if not whole:
        return {}
    if grouped:
        text = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", digits)
        return {i: (text if i == whole[0] else "") for i in whole}
    filled = {}
    rest = digits
    for i in reversed(whole[1:]):
        filled[i], rest = (rest[-1:], rest[:-1])
    filled[whole[0]] = rest
    return filled


def _scientific(value: Decimal, tokens: list[Token], at: int) -> str:
    digits = sum(kind == "digit" for kind, _ in tokens[:at])
    point = next((i for i, token in enumerate(tokens[:at]) if token == ("char", ".")), None)
    decimals = sum(kind == "digit" for kind, _ in tokens[point:at]) if point is not None else 0
    if digits - decimals != 1:
        raise ValueError("engineering notation is not shown")
    width = sum(kind == "digit" for kind, _ in tokens[at:])
    mantissa, _, exponent = format(value, f".{decimals}E").partition("E")
    return f"{mantissa}E{exponent[0]}{exponent[1:].rjust(width, '0')}"


_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = "一二三四五六日"


def _date(value: Decimal, tokens: list[Token], date1904: bool) -> str:
    """Print a day count as a date; 1900 was no leap year, so days before March of it are one off as everywhere."""
    days = float(value)
    if not -1 < days < 2_958_466:  # 9999-12-31 is the last day a spreadsheet knows
        raise ValueError("no date")
    epoch = _EPOCH_1904 if date1904 else _EPOCH
    # To the millisecond, as spreadsheets do: 0.5 s less would show 11:59:59 for noon.
    moment = epoch + timedelta(milliseconds=round(days * 86_400_000))
    twelve = any(kind == "ampm" for kind, _ in tokens)
    out: list[str] = []
    last_unit = ""
    for i, (kind, what) in enumerate(tokens):
        if kind == "date":
            unit = what[0].lower()
            minute = unit == "m" and len(what) <= 2 and (last_unit in ("h", "s") or _next_unit(tokens, i) == "s")
            out.append(_date_part(moment, unit, len(what), minute, twelve))
            last_unit = unit
        elif kind == "ampm":
            english = what.isascii()
            out.append(("AM" if english else "上午") if moment.hour < 12 else ("PM" if english else "下午"))
        elif kind == "bracket" and _ELAPSED.match(what):
            out.append(str(int(days * {"h": 24, "m": 1440, "s": 86400}[what[0].lower()])))
            last_unit = what[0].lower()
        elif kind == "digit" and last_unit == "s":
            out.append(what)  # fractions of a second are printed as the zeros that stand for them
        else:
            out.append(_literal(kind, what))
    return "".join(out).strip()


def _next_unit(tokens: list[Token], i: int) -> str:
    return next((what[0].lower() for kind, what in tokens[i + 1 :] if kind == "date"), "")


def _date_part(moment: datetime, unit: str, length: int, minute: bool, twelve: bool) -> str:
    if unit in ("y", "e"):
        return f"{moment.year:04d}" if length > 2 or unit == "e" else f"{moment.year % 100:02d}"
    if minute:
        return f"{moment.minute:02d}" if length == 2 else str(moment.minute)
    if unit == "m":
        if length > 2:
            return _MONTHS[moment.month - 1]
        return f"{moment.month:02d}" if length == 2 else str(moment.month)
    if unit == "d":
        if length > 2:
            return ("星期" if length == 4 else "") + _WEEKDAYS[moment.weekday()]
        return f"{moment.day:02d}" if length == 2 else str(moment.day)
    hour = (moment.hour % 12 or 12) if twelve else moment.hour
    number = hour if unit == "h" else moment.second
    return f"{number:02d}" if length == 2 else str(number)
