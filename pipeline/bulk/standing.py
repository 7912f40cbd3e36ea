"""What of a document's records stands when dictionaries, templates, settings, decisions or zhibiao itself change.

Readings are compared by the store's keys, code and models stage by stage (`bulk/parts.py`). The document's trace
(`bulk/trace.py`) has what was asked of the vocabularies. Where labelling's code and models are as they were, and they
answer all that it asked as before, the labelling stands, and need not be made from the readings; with other templates,
where the readings are cut into the same forms and each has the template that it had, unchanged. Else it is made again,
and mostly is what it was, by its trace, or at least asks repair the same. Of repair it is told which labels may be
another (`repair/changed.py`) where names of level 3 changed, and only these are asked again; all where other sections
did that it looks at, or its own code and models. Where it says the same, checks are those of before and would be told
the same, and settings and decisions are as they were, the records stand: only their key is written. Whatever goes
through a section as a whole is touched by any change of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.bulk.tasks import Before, MakeRecords
from pipeline.bulk.trace import Asked, Trace, joined_digest, pack_trace, unpack_trace
from pipeline.dictionaries import SECTIONS, Dictionaries, comparison_key
from pipeline.document import LabelledForm, PageReading
from pipeline.forms import join_forms
from pipeline.interpret import InterpretTools, Labelling, ask_repairs, label_pages, labels_and_texts
from pipeline.keep import renumbered, unpack
from pipeline.levels import LevelModel
from pipeline.levels.lexicon import FUZZY, LONGEST_LEVEL, MEASURED, Lexicon, changed_near
from pipeline.repair import Changed, Said
from pipeline.repair.folding import folded
from pipeline.templates import Template

# Answers kept for keys that come again; a key and its answer take some 150 bytes.
_MOST_KEPT = 400_000
# What repair never looks at: units, what is said of a target, yes and no.
_NOT_REPAIRS = frozenset({"unit", "word", "boolean"})


class Changes:
    """What other dictionaries answer otherwise."""

    def __init__(
        self,
        old: Dictionaries,
        new: Dictionaries,
        model: LevelModel | None = None,
        repairs: Callable[[], Changed | None] = lambda: None,
    ) -> None:
        """Compare two sets of dictionaries; with the level model, names are as near as before where it sees them so.

        `repairs` tells what that changes in repair, where names of level 3 alone are others.
        """
        before, after = (
            {section: list(each.names(section).items()) for section in SECTIONS} for each in (old.plain, new.plain)
        )
        self.sections = frozenset(section for section in SECTIONS if before[section] != after[section])
        self.keys: set[str] = set()
        for section in self.sections:
            one, other = _by_key(before[section]), _by_key(after[section])
            self.keys.update(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
        self._lexicons = Lexicon(old.plain), Lexicon(new.plain)
        self._whole = set(self.sections)
        if self._lexicons[0].longest_level != self._lexicons[1].longest_level:
            self._whole.add(LONGEST_LEVEL)
        groups = [group for group in FUZZY if group not in MEASURED] if model is not None else []
        self._told_apart = {group: model.thresholds(f"near_{group}") for group in groups if model is not None}
        self._near: dict[str, bool] = {}
        self.repairs = None if self.sections - _NOT_REPAIRS != {"level3"} else repairs()

    def touch(self, asked: Asked) -> bool:
        """Tell whether any of these questions may have another answer."""
        whole, keys, near = asked
        if not (self._whole.isdisjoint(whole) and self.keys.isdisjoint(keys) and self.keys.isdisjoint(near)):
            return True
        if len(self._near) > _MOST_KEPT:
            self._near.clear()
        unknown = [key for key in near if key not in self._near]
        if unknown:
            changed = changed_near(*self._lexicons, unknown, self._told_apart)
            self._near.update({key: key in changed for key in unknown})
        return any(self._near[key] for key in near)


def _by_key(names: Iterable[tuple[str, object]]) -> dict[str, list[tuple[str, object]]]:
    found: dict[str, list[tuple[str, object]]] = {}
    for text, entries in names:
        found.setdefault(comparison_key(text), []).append((text, entries))
    return found


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a document need not be made again: its labelling on these pages, and what repair says of it now.

    `stands` says that its records are what would be made of it. `trace` is that of the labelling; None where it had to
    be made again, for which `asked` was asked.
    """

    trace: Trace | None
    asked: Asked
    labelling: Labelling
    said: list[Said]
    stands: bool
    pages: list[PageReading]


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier version of which something may stand, with its dictionaries and templates."""

    version: Before
    dictionaries: Dictionaries
    templates: tuple[Template, ...]


class Standing:
    """Tells what stands of documents, with the tools of now and those of earlier versions."""

    def __init__(self, tools: InterpretTools, before: Iterable[Earlier]) -> None:
        """Take what records are made with now, and the versions of which something may stand."""
        self._tools = tools
        self._before = {one.version.version: one for one in before}
        self._changes: dict[str, Changes] = {}
        now = _contents(tools.templates)
        # Of each version, the templates that are now as they were; None where all are.
        self._same_templates = {
            version: None
            if (then := _contents(one.templates)) == now
            else {key for key in now if now[key] == then.get(key)}
            for version, one in self._before.items()
        }

    def kept(self, task: MakeRecords) -> Kept | None:
        """What stands of the records that `task` asks for; None where everything has to be made anew."""
        if task.trace is None or task.made_with not in self._before:
            return None
        before, same_templates = self._before[task.made_with].version, self._same_templates[task.made_with]
        changes = self._changes.get(task.made_with)
        if changes is None:
            changes = self._changes[task.made_with] = self._changed(self._before[task.made_with])
        try:
            trace = unpack_trace(task.trace)
            anew = not before.same_labelling or changes.touch(trace.labelling_asked)
            pages = _pages(task, trace, whole=anew or same_templates is not None)
            if pages is None or (same_templates is not None and not self._same_forms(trace, pages, same_templates)):
                return None
            former, said = trace.labelling(pages), trace.said
            labelling, asked = former, trace.labelling_asked
            if anew:
                labelling, asked = self._tools.dictionaries.notes.during(lambda: label_pages(pages, self._tools))
                # Most are what they were: a nearer name is evidence for the classifier that seldom turns the scale, and
                # what an update mends is in few documents.
                anew = pack_trace(asked, trace.rest_asked, labelling, said, pages) != task.trace
                labelling = labelling if anew else former
            same = before.same_repair and changes.sections <= _NOT_REPAIRS
            known = changes.repairs if before.same_repair and same_templates is None else None
            if same:
                now = said if not anew else self._ask_others(labelling.forms, former.forms, said)
            else:
                now = self._ask(labelling.forms, former.forms, said, known)
        except (KeyError, IndexError, TypeError, ValueError):  # of another form than is written now, or not whole
            return None
        stands = (
            task.same_decisions
            and before.same_rest
            and not anew
            and now == said
            and not changes.touch(trace.rest_asked)
        )
        return Kept(None if anew else trace, asked, labelling, now, stands, pages)

    def _ask_others(
        self, forms: Sequence[LabelledForm], before: Sequence[LabelledForm], said: list[Said]
    ) -> list[Said]:
        """What repair says of forms now, given what it `said` of them `before`, were they labelled so again."""
        if len(forms) != len(before):
            return [ask_repairs(form, self._tools) for form in forms]
        return [
            was if _asks_the_same(form, former) else ask_repairs(form, self._tools)
            for form, former, was in zip(forms, before, said, strict=True)
        ]

    def _ask(
        self,
        forms: Sequence[LabelledForm],
        before: Sequence[LabelledForm],
        said: list[Said],
        changed: Changed | None,
    ) -> list[Said]:
        """What repair says of forms now, given what it `said` of them as they were `before`."""
        if changed is None or len(forms) != len(before):
            return [ask_repairs(form, self._tools) for form in forms]
        return [self._again(*one, changed) for one in zip(forms, before, said, strict=True)]

    def _again(self, form: LabelledForm, before: LabelledForm, said: Said, changed: Changed) -> Said:
        """Ask of a form's labels again of which another thing may be said than of the same labels before."""
        labels, texts = labels_and_texts(form)
        former, former_texts = (labels, texts) if form is before else labels_and_texts(before)
        same = form.form.template == before.form.template and texts == former_texts
        # A form's labels speak for one another.
        same = same and [label.text for label in labels] == [label.text for label in former]
        if not same or changed.touches_form(texts, labels):
            return ask_repairs(form, self._tools)
        again = changed.touched(former, said.looked)
        if form is before and not any(again):
            return said
        known = {
            i: repair
            for i, (label, was, repair) in enumerate(zip(labels, former, said.repairs, strict=True))
            if not again[i] and (label.role, label.parents) == (was.role, was.parents)
        }
        now = ask_repairs(form, self._tools, known)
        kept = {folded(labels[i].text) for i in known}
        return replace(now, looked={**{key: name for key, name in said.looked.items() if key in kept}, **now.looked})

    def _changed(self, earlier: Earlier) -> Changes:
        """Hold the dictionaries of now against earlier ones."""
        templates, repairer = self._tools.templates, self._tools.repairer
        printed = [name for one in templates for name in (*one.fields, *one.columns, *one.levels)]
        return Changes(
            earlier.dictionaries,
            self._tools.dictionaries,
            self._tools.levels.model,
            lambda: repairer.changed_since(earlier.dictionaries, printed),
        )

    def _same_forms(self, trace: Trace, pages: Sequence[PageReading], same_templates: set[str]) -> bool:
        """Tell whether other templates cut a document into the same forms, each of a template that is as it was."""
        forms, before = join_forms(pages, self._tools.templates, self._tools.dictionaries)
        used = {form.template for form in forms if form.template is not None}
        return used <= same_templates and joined_digest(forms, before) == trace.joined


def _asks_the_same(form: LabelledForm, before: LabelledForm) -> bool:
    """Tell whether all that repair goes by in a form is as it was: its layout, its labels, the texts beside them."""
    return form.form.template == before.form.template and labels_and_texts(form) == labels_and_texts(before)


def _contents(templates: Iterable[Template]) -> dict[str, Template]:
    """Templates by their ids, wherever their files lie."""
    return {template.id: replace(template, path=Path()) for template in templates}


def _pages(task: MakeRecords, trace: Trace, *, whole: bool) -> list[PageReading] | None:
    """The task's pages: unpacked where they are wanted `whole` or the trace refers to their lines, else as it knows."""
    slots, shells = task.pages or (), trace.shells()
    if len(shells) != len(slots) or any(slot.content is None for slot in slots):
        return None
    if not trace.refers and not whole:
        return [
            replace(shell, file=slot.file) if shell.file != slot.file else shell
            for shell, slot in zip(shells, slots, strict=True)
        ]
    found = []
    for position, slot in enumerate(slots):
        reading = unpack(slot.content or b"")
        same = (reading.index, reading.file) == (position, slot.file)
        found.append(reading if same else renumbered(reading, position, slot.file))
    return found
