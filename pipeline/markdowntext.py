"""What Markdown and formulas print: the signs that programs write instead of the text a person sees.

Programs that read pages with a language model write targets as formulas, `$\\geq 95\\%$`; word processors that save
Markdown write `\\>95%` and `**产出指标**`. What is not understood stays as it was written.
"""

from __future__ import annotations

import re

# A formula in a table's cell is a target; none is longer, and a text between two dollars of money is.
_FORMULA = re.compile(r"\$\$?(?P<dollars>[^$\n]{1,120}?)\$\$?|\\\((?P<round>[^\n]{1,120}?)\\\)")
# What a formula without any command may hold: 95, 100%, >5. Two sums in dollars hold words between them.
_NUMBER = re.compile(r"[\d.,\s%+\-=<>≥≤~]+")
_TEXT = re.compile(r"\\(?:text|textrm|textbf|mbox)\s*\{([^{}]*)\}")
_FONT = re.compile(r"\\(?:math(?:rm|bf|it|sf|tt|cal|bb)|operatorname|boldsymbol)\s*\{([^{}]*)\}")
_RAISED = re.compile(r"\^\s*(?:\{\s*([\d\s]+?|\\circ)\s*\}|(\d|\\circ(?![a-zA-Z])))")
_LOWERED = re.compile(r"_\s*(?:\{\s*([\d\s]+?)\s*\}|(\d))")
_COMMAND = re.compile(r"\\([a-zA-Z]+|[^a-zA-Z])")
_COMMANDS = {
    "geq": "≥", "ge": "≥", "geqslant": "≥", "geqq": "≥", "leq": "≤", "le": "≤", "leqslant": "≤", "leqq": "≤",
    "gt": ">", "lt": "<", "neq": "≠", "ne": "≠", "approx": "≈", "sim": "~", "pm": "±", "times": "×", "div": "÷",
    "cdot": "·", "circ": "°", "ldots": "…", "dots": "…", "cdots": "…", "rightarrow": "→", "to": "→", "square": "□",
    "Box": "□", "checkmark": "✓", "surd": "√", "left": "", "right": "", "quad": "", "qquad": "", ",": "", ";": "",
    ":": "", "!": "", " ": "", "%": "%", "&": "&", "#": "#", "$": "$", "_": "_",
}  # fmt: skip
_RAISED_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
# A blank that is printed, while those of the formula's own writing go (Unicode private use).
_BLANK = "\ue002"
# Neither a masked name (张**、李**) nor a number with stars in it (138****1234) begins an emphasis.
_STRONG = re.compile(r"(?<![\w\\*_])(\*\*|__)(?=[^\s*_])([^\n]*?[^\s\\*_])\1(?![*_])")
_SLANTED = re.compile(r"\s*([*_])([^\s*_](?:[^*_\n]*[^\s\\*_])?)\1\s*")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_AS_ENTITY = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def without_formulas(text: str) -> str:
    r"""Return the text with its formulas as they are printed; one with a command nobody knows stays.

    >>> without_formulas(r"$\geqslant 9 5 \%$"), without_formulas(r"$\leq$5\%"), without_formulas("$5 至 $6")
    ('≥95%', '≤5%', '$5 至 $6')
    """
    if "$" not in text and "\\" not in text:
        return text
    return _FORMULA.sub(_printed, text).replace("\\%", "%")


def without_marks(text: str) -> str:
    r"""Return a cell or line of Markdown without its emphasis and escapes, as a fragment of HTML.

    >>> without_marks("**产出指标**"), without_marks(r"\>95%"), without_marks("张**、李**")
    ('产出指标', '&gt;95%', '张**、李**')
    """
    if not any(sign in text for sign in "*_\\"):
        return text
    text = _STRONG.sub(r"\2", without_formulas(text))
    if (slanted := _SLANTED.fullmatch(text)) is not None:
        text = slanted[2]
    return _ESCAPE.sub(lambda match: _AS_ENTITY.get(match[1], match[1]), text)


def _printed(match: re.Match[str]) -> str:
    body = match["dollars"] or match["round"]
    if "\\" not in body and "^" not in body and not _NUMBER.fullmatch(body):
        return match[0]
    body = _TEXT.sub(lambda found: found[1].replace(" ", _BLANK), body)
    while (plain := _FONT.sub(r"\1", body)) != body:
        body = plain
    body = _RAISED.sub(lambda found: _raised(found[1] or found[2]), body)
    body = _LOWERED.sub(lambda found: (found[1] or found[2]).translate(_LOWERED_DIGITS), body)
    body = _COMMAND.sub(lambda found: _COMMANDS.get(found[1], found[0]), body)
    if re.search(r"[\\^]", body):
        return match[0]
    body = re.sub(r"[{}]|\s", "", body).replace(_BLANK, " ")
    return body if body.strip() else match[0]


def _raised(what: str) -> str:
    return "°" if what.startswith("\\") else what.translate(_RAISED_DIGITS)
