"""What is doubted: every reason behind a `review`, value by value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.decisions.anchors import INDICATOR, LEVELS, field_key, value_of
from pipeline.records import Finding, Record, RepairEntry


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to doubt a value. kind: proposed, confidence, finding, structure."""

    kind: str
    text: str
    code: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that a person should look at: where it stands in the record, why, and what is proposed.

    `risk` orders the queue: the chance that the value is wrong, as far as its signs tell.
    """

    at: str
    part: str
    raw: str
    value: str | None
    reasons: tuple[Reason, ...]
    risk: float
    proposal: str | None = None
    entry: RepairEntry | None = None


# Risks of findings are an order, not a measurement: what breaks a rule is doubted more than what is merely odd.
_SEVERITY_RISK = {"error": 0.6, "warning": 0.3}
_STRUCTURE_RISK = 0.4


def list_doubts(record: Record, review_confidence: float) -> list[Doubt]:
    """Every doubt behind a `review` of the record: one a value, in the record's order, with all its reasons."""
    reasons = _reasons(record, review_confidence)
    entries = {entry.at: entry for entry in record.repairs if entry.status == "proposed"}
    doubts = []
    for at, found in reasons.items():
        entry = entries.get(at) or _shared_entry(record, at, entries)
        risks = [_risk(reason, record, at, entry) for reason in found]
        match = INDICATOR.match(at)
        part = (match[2] or "row") if match else ("label" if at.endswith(".label") else "value")
        value = entry.raw if entry and part == "label" else value_of(record, at)
        doubts.append(
            Doubt(at, part, entry.raw if entry else _raw(record, at), value, tuple(found), round(max(risks), 4),
                  entry.value if entry else None, entry)
        )  # fmt: skip
    return doubts


def _reasons(record: Record, least: float) -> dict[str, list[Reason]]:
    reasons: dict[str, list[Reason]] = {}
    findings: dict[str, list[Finding]] = {}
    for finding in record.findings:
        if finding.severity in _SEVERITY_RISK:
            findings.setdefault(finding.at, []).append(finding)
    labels = {entry.at: entry for entry in record.repairs if entry.status == "proposed" and entry.at.endswith(".label")}
    for key, value in record.fields.items():
        if not value.review:
            continue
        base = f"fields.{key}"
        _from_findings(reasons, findings, base, base)
        if (entry := labels.get(f"{base}.label")) is not None:
            _add(reasons, f"{base}.label", Reason("proposed", entry.reason))
        if value.confidence < least:
            _add(reasons, base, Reason("confidence", f"识别把握 {value.confidence:.2f}"))
        if not any(at == base or at.startswith((base + ".", base + "[")) for at in reasons):
            _add(reasons, base, Reason("structure", "栏目名称有疑问"))
    for number, row in enumerate(record.indicators):
        if not row.review:
            continue
        base = f"indicators[{number}]"
        before = len(reasons)
        _from_findings(reasons, findings, base, base)
        for part, cell in row.cells.items():
            at = f"{base}.{part}"
            if cell.status == "proposed":
                entry = next((e for e in record.repairs if e.status == "proposed" and e.at == at), None)
                _add(reasons, at, Reason("proposed", entry.reason if entry else "有建议"))
            if cell.confidence < least:
                _add(reasons, at, Reason("confidence", f"识别把握 {cell.confidence:.2f}"))
        if len(reasons) == before:
            _add(reasons, base, Reason("structure", "上级指标缺失，可能错行"))
    return reasons


def _from_findings(
    reasons: dict[str, list[Reason]], findings: Mapping[str, list[Finding]], base: str, default: str
) -> None:
    for at, found in findings.items():
        if at == base or at.startswith((base + ".", base + "[")):
            for finding in found:
                _add(
                    reasons,
                    at if at != base else default,
                    Reason("finding", finding.message, finding.code, finding.severity),
                )


def _add(reasons: dict[str, list[Reason]], at: str, reason: Reason) -> None:
    reasons.setdefault(at, []).append(reason)


def _shared_entry(record: Record, at: str, entries: Mapping[str, RepairEntry]) -> RepairEntry | None:
    """A printed cell that spans rows has its entry at the first of them only."""
    match = INDICATOR.match(at)
    if not match or match[2] not in LEVELS:
        return None
    cell = record.indicators[int(match[1])].cells.get(match[2])
    if cell is None or cell.status != "proposed":
        return None
    for number in range(int(match[1]), -1, -1):
        if record.indicators[number].cells.get(match[2]) != cell:
            return None
        if entry := entries.get(f"indicators[{number}].{match[2]}"):
            return entry
    return None


def _risk(reason: Reason, record: Record, at: str, entry: RepairEntry | None) -> float:
    if reason.kind == "proposed":
        return entry.score if entry else 0.5
    if reason.kind == "confidence":
        return 1.0 - _confidence(record, at)
    return _SEVERITY_RISK.get(reason.severity, _STRUCTURE_RISK)


def _confidence(record: Record, at: str) -> float:
    if match := INDICATOR.match(at):
        cell = record.indicators[int(match[1])].cells.get(match[2] or "")
        return cell.confidence if cell else 1.0
    key = field_key(record, at)
    return record.fields[key].confidence if key is not None else 1.0


def _raw(record: Record, at: str) -> str:
    if match := INDICATOR.match(at):
        row = record.indicators[int(match[1])]
        cell = row.cells.get(match[2] or "")
        if cell is not None:
            return cell.raw
        return row.extra.get((match[2] or "")[6:], "") if match[2] else row.level3 or ""
    key = field_key(record, at)
    return record.fields[key].raw if key is not None else ""
