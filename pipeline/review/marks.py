"""What the templates say and cannot say by themselves: words for codes, texts with their differences, times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from pipeline.review.sight import ACTS, KINDS, PARTS, REPAIR_KINDS, SEVERITIES, Piece, differing, visible

register = template.Library()
_WORDS = {"part": PARTS, "kind": KINDS, "act": ACTS, "severity": SEVERITIES, "repair": REPAIR_KINDS}


@register.filter
def word(code: str, table: str) -> str:
    """A code in words; an unknown one is its own word."""
    return _WORDS[table].get(code, code)


@register.filter
def time_of(iso: str) -> str:
    """A time of the store on this machine's clock, to the second."""
    return datetime.fromisoformat(iso.replace("Z", "+00:00")).astimezone().strftime("%m-%d %H:%M:%S")


@register.filter
def percent(share: float | None) -> str:
    """A share as a whole percentage."""
    return "" if share is None else f"{share:.0%}"


@register.filter
def shown(text: str | None) -> str:
    """A text with signs for what cannot be seen."""
    return visible(text or "")


@register.simple_tag
def marked(text: str | None, other: str | None, kind: str) -> SafeString:
    """A text whose characters that differ from another text are marked; `kind` is del or ins."""
    if other is None:
        return format_html("{}", visible(text or ""))
    one, _ = differing(text or "", other)
    return format_html_join("", "{}", ((_piece(piece, kind),) for piece in one))


def _piece(piece: Piece, kind: str) -> SafeString:
    if not piece.differs:
        return format_html("{}", piece.text)
    tag = mark_safe("del" if kind == "del" else "ins")  # noqa: S308 - one of two constants
    return format_html("<{}>{}</{}>", tag, piece.text, tag)


@register.filter
def bar(number: int, most: int) -> str:
    """How wide a bar is, of 100."""
    return f"{100 * number / most:.1f}" if most else "0"


@register.simple_tag
def options(words: Sequence[tuple[str, int]], chosen: str) -> SafeString:
    """The choices of a filter, each with how many values wait there. Here, because there may be hundreds of them."""
    return format_html_join(
        "\n", '<option value="{}"{}>{}（{}）</option>',
        ((name, mark_safe(" selected") if name == chosen else "", name, number) for name, number in words),
    )  # fmt: skip
