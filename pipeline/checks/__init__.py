"""Record -> findings: what a person should know of a form, each in Chinese with its place and what to do.

The rules are data (`dictionaries/rules/checks.toml`); the checks here are small pure functions that decide one thing
each from one record. Nothing is changed: a likely value stands in the finding as a proposal.
"""

from __future__ import annotations

from functools import lru_cache

from pipeline.checks.characters import CHARACTER_CHECKS
from pipeline.checks.facts import CheckContext, Facts
from pipeline.checks.fields import FIELD_CHECKS
from pipeline.checks.indicators import INDICATOR_CHECKS
from pipeline.checks.levels import LEVEL_CHECKS
from pipeline.checks.names import NAME_CHECKS
from pipeline.checks.narratives import NARRATIVE_CHECKS
from pipeline.checks.rules import Rules, load_rules
from pipeline.dictionaries import load_dictionaries
from pipeline.records import Finding, Record

__all__ = ["CheckContext", "Rules", "check_record", "load_rules", "needs_review"]

_CHECKS = (
    *FIELD_CHECKS, *NARRATIVE_CHECKS, *LEVEL_CHECKS, *INDICATOR_CHECKS, *NAME_CHECKS, *CHARACTER_CHECKS,
)  # fmt: skip


def check_record(record: Record, context: CheckContext | None = None) -> list[Finding]:
    """Return the findings of one record, in the order of the record: fields, narratives, levels, then row by row.

    `at` is a path in the record: `indicators[12].target`, `fields.项目概况`, `form`. A blank form has one finding that
    says so. `context` defaults to the shipped rules and dictionaries.
    """
    facts = Facts(record, context or _shipped_context())
    if facts.blank:
        return [facts.finding("form.blank", "form")]
    findings = [finding for check in _CHECKS for finding in check(facts)]
    order = {key: i for i, key in enumerate(record.fields)}
    return sorted(findings, key=lambda finding: _place(finding.at, order))


def needs_review(finding: Finding) -> bool:
    """Tell whether the finding's value should be looked at: errors and warnings do, information does not."""
    return finding.severity in ("error", "warning")


def _place(at: str, fields: dict[str, int]) -> tuple[int, int]:
    if at.startswith("fields."):
        return (1, fields.get(at.removeprefix("fields."), len(fields)))
    if at.startswith("indicators["):
        return (2, int(at[len("indicators[") : at.index("]")]))
    return (0, 0)


@lru_cache(maxsize=1)
def _shipped_context() -> CheckContext:
    return CheckContext(load_dictionaries())
