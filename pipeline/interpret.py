"""The right half of the walk: a document's PageReadings -> its forms' Records. No pixels, no OCR, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.assemble import Assembly, collect_labels, joined_value
from pipeline.checks import CheckContext, check_record, needs_review
from pipeline.decisions import (
    Anchor,
    Decision,
    Doubt,
    anchor_of,
    apply_decisions,
    effective,
    list_doubts,
    page_keys,
    settle,
)
from pipeline.dictionaries import AskedDictionaries, Dictionaries, load_dictionaries
from pipeline.document import Label, LabelledForm, Line, PageReading, Repair
from pipeline.fieldvalues import parse_field, split_label
from pipeline.forms import join_forms
from pipeline.levels import LevelTools, label_form, load_level_tools
from pipeline.records import Finding, Record
from pipeline.repair import Repairer, Said, load_repairer, reread_amount, reread_sign, reread_target
from pipeline.settings import Settings
from pipeline.targets import parse_target
from pipeline.templates import Template, load_templates

_LEVEL_PLACE = re.compile(r"indicators\[(\d+)\]\.(level[12])")


@dataclass(frozen=True)
class InterpretTools:
    """All that interpretation depends on besides the readings: versioned dictionaries, templates and models."""

    dictionaries: Dictionaries
    templates: tuple[Template, ...]
    levels: LevelTools
    repairer: Repairer
    checks: CheckContext
    settings: Settings


@dataclass(frozen=True, slots=True)
class Labelling:
    """A document's forms with their roles, and the loose lines before the first of them.

    Readings, templates, the level model and what was asked of the vocabularies meanwhile decide it; settings do not.
    """

    forms: tuple[LabelledForm, ...]
    before: tuple[Line, ...] = ()


def load_interpret_tools(
    settings: Settings | None = None, dictionaries: Sequence[Path] = (), templates: Sequence[Path] = ()
) -> InterpretTools:
    """Load dictionaries, templates and models once a run. Raises DictionaryError and ModelError."""
    settings = settings or Settings()
    words = load_dictionaries(dictionaries)
    layouts = load_templates(templates)
    asked, repairer = AskedDictionaries(words), load_repairer(words, settings.repair)
    levels, checks = load_level_tools(asked, layouts), CheckContext(asked, settings=settings.checks)
    return InterpretTools(asked, layouts, levels, repairer, checks, settings)


def interpret(pages: Sequence[PageReading], document: str, sha256: str, tools: InterpretTools) -> Iterator[Record]:
    """Yield the records of one document, in the order of its forms. `document` is the path as given."""
    labelling = label_pages(pages, tools)
    yield from _records(
        labelling, (ask_repairs(form, tools) for form in labelling.forms), pages, document, sha256, tools
    )


def label_pages(pages: Sequence[PageReading], tools: InterpretTools) -> Labelling:
    """Cut a document into its forms and give their cells their roles."""
    forms, before = join_forms(pages, tools.templates, tools.dictionaries)
    return Labelling(tuple([label_form(form, tools.levels) for form in forms]), tuple(before))


def ask_repairs(labelled: LabelledForm, tools: InterpretTools, known: Mapping[int, Repair] | None = None) -> Said:
    """Repair the labels of one form; what is `known` of some, by their number, is not asked."""
    labels, texts = labels_and_texts(labelled)
    template = _template(labelled.form.template, tools)
    if template is None:
        return tools.repairer.ask(labels, None, texts, (), known)
    heads = (*template.fields, *template.columns)
    return tools.repairer.ask(labels, template.skeleton, texts, heads, known)


def labels_and_texts(labelled: LabelledForm) -> tuple[list[Label], list[str]]:
    """The labels of a form that repair is asked about, and the texts beside them that it goes by."""
    labels = [label for _, label in collect_labels(labelled, split_label)]
    return labels, [labelled.form.title, *(joined_value(entry.values) for entry in labelled.fields if entry.values)]


def _records(
    labelling: Labelling,
    said: Iterable[Said],
    pages: Sequence[PageReading],
    document: str,
    sha256: str,
    tools: InterpretTools,
) -> Iterator[Record]:
    for number, (labelled, repairs) in enumerate(zip(labelling.forms, said, strict=True)):
        yield _record(labelled, repairs, () if number else labelling.before, pages, document, sha256, tools)


def _record(
    labelled: LabelledForm,
    said: Said,
    before: Sequence[Line],
    pages: Sequence[PageReading],
    document: str,
    sha256: str,
    tools: InterpretTools,
) -> Record:
    labels = collect_labels(labelled, split_label)
    assembly = Assembly(
        labelled=labelled,
        document=document,
        sha256=sha256,
        pages=pages,
        repairs={id(cell): repair for (cell, _), repair in zip(labels, said.repairs, strict=True)},
        parse_target=lambda raw, level3: parse_target(raw, level3=level3, dictionaries=tools.dictionaries),
        parse_field=lambda label, raw, unit: parse_field(label, raw, money_unit=unit),
        split_label=split_label,
        review_confidence=tools.settings.review_confidence,
        reread_target=reread_target,
        reread_amount=reread_amount,
        reread_sign=reread_sign,
    )
    record = assembly.record()
    checked = check_record(record, _context(labelled.form.template, tools))
    return with_findings(record, [*record.findings, *(_before_finding(line) for line in before), *checked])


@dataclass(frozen=True)
class Interpreted:
    """A record with people's decisions in it, and what is or was doubted, each with the decision that settled it.

    `found` are the ids of the decisions that found their place in the record.
    """

    record: Record
    doubts: tuple[tuple[Doubt, Anchor, Decision | None], ...]
    found: frozenset[int] = frozenset()


# Findings about reading itself; the other ones are made anew of the decided values.
_READING_FINDINGS = frozenset({"form.title-missing", "text.unplaced", "text.before-form"})


def interpret_decided(
    pages: Sequence[PageReading],
    document: str,
    sha256: str,
    tools: InterpretTools,
    decisions: Sequence[Decision],
    labelling: Labelling | None = None,
    said: Sequence[Said] | None = None,
) -> Iterator[Interpreted]:
    """Yield the records of one document as `interpret` does, with what people decided about its pages.

    `decisions` are all that were made on the pages' files, undone ones too. A decided value is never doubted again.
    `labelling` is that of these pages, and `said` what repair says of its forms, where they are known.
    """
    keys = page_keys(pages)
    held = effective(decisions)
    labelling = labelling or label_pages(pages, tools)
    repairs = said if said is not None else (ask_repairs(form, tools) for form in labelling.forms)
    for record in _records(labelling, repairs, pages, document, sha256, tools):
        yield _decided(record, held, keys, tools)


def _decided(
    record: Record, held: Sequence[Decision], keys: dict[int, tuple[str, int]], tools: InterpretTools
) -> Interpreted:
    least = tools.settings.review_confidence
    before = [(doubt, anchor) for doubt in list_doubts(record, least) if (anchor := anchor_of(record, doubt.at, keys))]
    applied = apply_decisions(
        record, held, keys,
        lambda text, level3: parse_target(text, level3=level3, dictionaries=tools.dictionaries)[0],
        lambda label, text, unit: parse_field(label, text, money_unit=unit),
    )  # fmt: skip
    if not applied.found:
        return Interpreted(record, tuple((doubt, anchor, None) for doubt, anchor in before))
    changed = applied.record
    kept = [finding for finding in changed.findings if finding.code in _READING_FINDINGS]
    moved = [_reading_changed(at, decision) for at, decision in applied.changed_readings]
    checked = check_record(changed.model_copy(update={"findings": kept}), _context(changed.form.template, tools))
    changed = with_findings(changed, [*kept, *moved, *checked])
    # Rows that were doubted as a whole still are; rows whose doubts are all settled are not doubted for that.
    whole = {anchor.key for doubt, anchor in before if doubt.reasons[0].kind == "structure"}
    doubts = [
        doubt
        for doubt in list_doubts(changed, least)
        if doubt.reasons[0].kind != "structure"
        or ((anchor := anchor_of(changed, doubt.at, keys)) and anchor.key in whole)
    ]
    changed, after = settle(changed, applied, doubts, keys)
    listed = {anchor.key: (doubt, anchor, decision) for doubt, anchor, decision in after}
    for doubt, anchor in before:
        if (decision := applied.decided.get(anchor.key)) is not None:
            listed[anchor.key] = (doubt, anchor, decision)  # as the machine left it, so that it can be undone
    return Interpreted(changed, tuple(listed.values()), frozenset(applied.found))


def _reading_changed(at: str, decision: Decision) -> Finding:
    return Finding(
        code="decision.reading-changed", severity="info", at=at,
        message=f"人工确定此值时，此处识别为：{decision.anchor.raw}", remedy="如有疑问请对照原件",
    )  # fmt: skip


def _template(name: str | None, tools: InterpretTools) -> Template | None:
    return next((t for t in tools.templates if t.id == name), None)


def _context(template_id: str | None, tools: InterpretTools) -> CheckContext:
    template = _template(template_id, tools)
    return replace(tools.checks, skeleton=template.skeleton if template and template.skeleton else None)


def _before_finding(line: Line) -> Finding:
    at = f"line {line.place.line + 1}" if line.place.line is not None else f"page {(line.place.page or 0) + 1}"
    return Finding(
        code="text.before-form", severity="info", at=at, message=f"表名之前的文字：{line.text}",
        remedy="如属于本表，请对照原件补录",
    )  # fmt: skip


def with_findings(record: Record, findings: Sequence[Finding]) -> Record:
    """Return the record with these findings, and `review` set where one of them doubts a value."""
    doubted = _with_rows_below({finding.at for finding in findings if needs_review(finding)}, record)
    indicators = [
        indicator.model_copy(update={"review": True})
        if not indicator.review and _doubted(f"indicators[{number}]", doubted)
        else indicator
        for number, indicator in enumerate(record.indicators)
    ]
    fields = {
        key: value.model_copy(update={"review": True})
        if not value.review and _doubted(f"fields.{key}", doubted)
        else value
        for key, value in record.fields.items()
    }
    return record.model_copy(update={"findings": list(findings), "indicators": indicators, "fields": fields})


def _with_rows_below(doubted: set[str], record: Record) -> set[str]:
    """The places in doubt; a level is one cell of several rows, so that its doubt is theirs, too."""
    rows = record.indicators
    found = set(doubted)
    for place in doubted:
        match = _LEVEL_PLACE.fullmatch(place)
        if match is None or int(match[1]) >= len(rows):
            continue
        own = rows[int(match[1])]
        for number in range(int(match[1]) + 1, len(rows)):
            if (rows[number].level1, rows[number].level2) != (own.level1, own.level2):
                break
            found.add(f"indicators[{number}].{match[2]}")
    return found


def _doubted(at: str, doubted: set[str]) -> bool:
    return any(place == at or place.startswith((at + ".", at + "[")) for place in doubted)


__all__ = [
    "InterpretTools",
    "Interpreted",
    "Labelling",
    "Said",
    "ask_repairs",
    "interpret",
    "interpret_decided",
    "label_pages",
    "labels_and_texts",
    "load_interpret_tools",
    "with_findings",
]
