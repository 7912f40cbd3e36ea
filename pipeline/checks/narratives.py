"""Checks of the narratives: whole, with balanced brackets, and agreeing with the header and the grid."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from pipeline.checks.facts import Facts, Narrative
from pipeline.checks.marks import LIST_MARK, PARTNERS, missing_partner
from pipeline.dates import find_dates, fold
from pipeline.records import Finding

Check = Callable[[Facts], Iterator[Finding]]

_CLOSED = "。；;！!？?”’）)》〉】〕」…."
# A text ends whole with a date, an amount, a count or a short entry after a colon (时间：2020年10月, 资金支出：46万).
_ENTRY = re.compile(r"(?:[:：][^，。；：:]{1,20}|\d[^，。；]{0,6})$")
_HANGING = re.compile(r"[，,、：:（(《〈“‘〔【]$")
_PROSE = re.compile(r"[。；;]")
_PAIRS = {mark: PARTNERS[mark] for mark in "》〉"}
_QUOTES = "”）】〕"
_NUMBERED = re.compile(rf"(?:^|[\s。；;：:，,]){LIST_MARK}")
# The longest official titles have some 90 characters; a bound keeps a text full of openers from costing its square.
_TITLE = re.compile(r"《[^《》]{0,120}(?:《[^《》]{0,120}》[^《》]{0,120}){0,2}》|“[^“”]{0,120}”|〔\d{4}〕")
_NUMBER_SHAPE = re.compile(
    r"(?<=[\u4e00-\u9fff])\s*(?:[【（(\[［](?P<year>(?:19|20)\d{2})[】）)\]］]\s*第?(?P<number>\d{1,4})\s*号"
    r"|(?P<year2>(?:19|20)\d{2})[-—](?P<number2>\d{1,4})号)"
)
_AMOUNT = re.compile(
    r"(?<![\d.,])(?P<number>\d{1,12}(?:,\d{3}){0,4}(?:\.\d{1,6})?)\s*(?P<unit>亿元|万元|万(?![人次个平亩张册份])|元)"
)
_ENCLOSED = "①②③④⑤⑥⑦⑧⑨⑩"
_SAID = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{0,8}?(?P<kind>满意度|增长率|合格率|达标率|完成率|覆盖率|知晓率|及时率))"
    r"\s*(?:均)?(?P<sign>达到|达|不低于|不少于|超过|大于|高于|≥|为|在)?\s*(?P<number>\d+(?:\.\d+)?)\s*[%％]"
)


def truncated(facts: Facts) -> Iterator[Finding]:
    """G20. Prose that stops in the middle of a sentence was clipped by its cell or its page."""
    for narrative in facts.narratives:
        text = narrative.text.rstrip()
        if _is_clipped(text, facts.context.settings.least_clipped):
            tail = text.rsplit("\n", 1)[-1][-16:]
            yield facts.finding("narrative.truncated", f"fields.{narrative.key}", name=narrative.key, value=tail)


def _is_clipped(text: str, least: int) -> bool:
    if not text or text[-1] in _CLOSED:
        return False
    if _HANGING.search(text):
        return True
    # A list of titles has no full stops, and a short note needs none.
    prose = len(_PROSE.findall(text)) >= 3
    return len(text) >= least and prose and not _ENTRY.search(text)


def brackets(facts: Facts) -> Iterator[Finding]:
    """G21. A title mark without its partner: one was not read, or not printed. Other pairs are told only."""
    least = facts.context.settings.least_clipped
    for narrative in facts.narratives:
        at = f"fields.{narrative.key}"
        place = _unpaired(narrative.text)
        # The end of a clipped text took its title mark with it; that is one finding, not two.
        if place is not None and not (narrative.text[place] in "《〈" and _is_clipped(narrative.text.rstrip(), least)):
            mark = narrative.text[place]
            partner = {"《": "》", "〈": "〉"}.get(mark) or _PAIRS[mark]
            around = narrative.text[max(0, place - 12) : place + 12]
            yield facts.finding("narrative.brackets", at, name=narrative.key, value=around, proposal=partner)
        if missing_partner(_NUMBERED.sub("", narrative.text), _QUOTES) is not None:
            yield facts.finding("narrative.quotes", at, name=narrative.key)


def _unpaired(text: str) -> int | None:
    """Return the place of the first title mark without a partner; 《…《…》…》 is paired, whatever the standard says."""
    stack: list[int] = []
    for i, sign in enumerate(text):
        if sign in _PAIRS.values():
            stack.append(i)
        elif sign in _PAIRS:
            if not stack or text[stack[-1]] != _PAIRS[sign]:
                return i
            stack.pop()
    return stack[0] if stack else None


def dates_outside(facts: Facts) -> Iterator[Finding]:
    """H05. What is planned happens within the project's period; titles and the years of documents are no plans."""
    start, end = facts.start, facts.end
    first, last = start.first_day() if start else None, end.last_day() if end else None
    if start is None or end is None or first is None or last is None or first > last:
        return
    for narrative in facts.narratives:
        told: set[str] = set()
        for text in _planned(facts, narrative):
            for found in find_dates(_TITLE.sub(lambda title: "　" * len(title[0]), text)):
                begins, ends = found.first.first_day(), found.last.last_day()
                # A bare year names a document, a campaign or a budget; a plan gives the month.
                if begins is None or ends is None or found.first.month is None or found.text in told:
                    continue
                if begins < first or ends > last:
                    told.add(found.text)
                    yield facts.finding(
                        "narrative.date-outside", f"fields.{narrative.key}", name=narrative.key, value=found.text,
                        other=f"{start.iso()}—{end.iso()}",
                    )  # fmt: skip


def _planned(facts: Facts, narrative: Narrative) -> Iterator[str]:
    """Yield the parts of a narrative that are plans: all of a plan, elsewhere what follows 时间： and the like."""
    if narrative.label in facts.words["plan"]:
        yield narrative.text
        return
    for word in facts.words["schedule"]:
        for match in re.finditer(rf"{word}[:：]\s*([^，。；\s]+)", narrative.text):
            yield match[1]


def document_numbers(facts: Facts) -> Iterator[Finding]:
    """G22. A document number is 机关代字〔2020〕12号; other brackets are told once a field, the text stays."""
    for narrative in facts.narratives:
        match = _NUMBER_SHAPE.search(narrative.text)
        if match is not None:
            year, number = match["year"] or match["year2"], match["number"] or match["number2"]
            yield facts.finding(
                "narrative.document-number", f"fields.{narrative.key}", name=narrative.key, value=match[0],
                proposal=f"〔{year}〕{number}号",
            )  # fmt: skip


def amounts(facts: Facts) -> Iterator[Finding]:
    """H08. A budget quoted in a narrative is one of the header's amounts, or a part that adds up to one."""
    known = {
        Decimal(str(parsed["yuan"]))
        for value in facts.record.fields.values()
        if (parsed := value.parsed or {}).get("kind") == "amount" and parsed.get("yuan")
    }
    if not known:
        return
    for narrative in facts.narratives:
        text = fold(narrative.text)
        quoted = [(match, _yuan(match)) for match in _AMOUNT.finditer(text)]
        total = sum((amount for _, amount in quoted), Decimal(0))
        for match, amount in quoted:
            said = text[max(0, match.start() - 8) : match.start()]
            whole = any(word in said for word in facts.words["budget"])
            tolerance = facts.context.settings.amount_tolerance
            parts = total - amount
            if whole and all(abs(amount - other) > tolerance for other in known) and abs(parts - amount) > tolerance:
                # Amounts that together make one of the header's are its parts.
                if all(abs(total - other) > tolerance for other in known):
                    yield facts.finding(
                        "narrative.amount", f"fields.{narrative.key}", name=narrative.key, value=match[0]
                    )
                break


def _yuan(match: re.Match[str]) -> Decimal:
    factor = {"元": 1, "万": 10_000, "万元": 10_000, "亿元": 100_000_000}[match["unit"]]
    return Decimal(match["number"].replace(",", "")) * factor


def lists(facts: Facts) -> Iterator[Finding]:
    """A list that lacks a number before its last one was not read whole: ②加大宣传力度 has a ① before it."""
    for key, field in facts.record.fields.items():
        found = {ord(sign) - ord("①") for sign in field.value if sign in _ENCLOSED}
        lost = next((n for n in range(max(found, default=0)) if n not in found), None)
        if lost is not None:
            value, mark = _ENCLOSED[max(found)], _ENCLOSED[lost]
            yield facts.finding("narrative.list", f"fields.{key}", name=key, value=value, other=mark)


def past_goals(facts: Facts) -> Iterator[Finding]:
    """G19. A goal that reports what was done comes from last year's evaluation."""
    for narrative in facts.narratives:
        if narrative.label == "年度绩效目标":
            said = [word for word in facts.words["past"] if word in narrative.text]
            if len(said) >= 2:
                yield facts.finding(
                    "goals.past-tense", f"fields.{narrative.key}", name=narrative.key, value="、".join(said)
                )


def goal_numbers(facts: Facts) -> Iterator[Finding]:
    """G16. A rate that the goal states is the rate of some indicator of that kind."""
    for narrative in facts.narratives:
        if narrative.label not in facts.words["goals"]:
            continue
        told: set[str] = set()
        for said in _SAID.finditer(narrative.text):
            rows = [row for row in facts.numbers if row.name.endswith(said["kind"]) and row.indicator.target]
            values = [row.indicator.target for row in rows if row.indicator.target and row.indicator.target.unit == "%"]
            numbers = {Decimal(target.number or 0) for target in values}
            if numbers and Decimal(said["number"]) not in numbers and said["kind"] not in told:
                told.add(said["kind"])
                grid = "、".join(dict.fromkeys(target.value for target in values))
                yield facts.finding(
                    "goals.number-mismatch", f"fields.{narrative.key}", name=narrative.key, value=said[0], other=grid
                )


NARRATIVE_CHECKS: tuple[Check, ...] = (
    truncated, brackets, dates_outside, document_numbers, amounts, lists, past_goals, goal_numbers,
)  # fmt: skip
