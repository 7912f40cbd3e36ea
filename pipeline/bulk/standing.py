"""Which records stand when dictionaries change: those of documents of which nothing that was asked has another answer.

Beside a document's records its trace is kept: what was asked of the vocabularies while they were made, and what repair
was asked and said. Everything else that records depend on (code, models, templates, settings, readings, decisions) is
compared by the store's keys. So where the vocabularies answer every question as before, all but repair would come out
as before; repair, which weighs a label against all names and words at once, is asked again, and where it says the same
the records are what they would become. Whatever goes through a section as a whole is touched by any change of it.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.bulk.tasks import MakeRecords
from pipeline.dictionaries import SECTIONS, Dictionaries, comparison_key
from pipeline.document import Label, Line, PageReading, Repair, Role, Table
from pipeline.interpret import InterpretTools, RepairsAsked, ask_repairs
from pipeline.keep import unpack
from pipeline.levels.lexicon import Lexicon, changed_near

# Answers kept for keys that come again; a key and its answer take some 150 bytes.
_MOST_KEPT = 400_000

Asked = tuple[frozenset[str], frozenset[str], frozenset[str]]  # sections, keys, near keys: asked.Notes.end


@dataclass(frozen=True, slots=True)
class Trace:
    """What a document's records depend on: what was asked of the vocabularies, and of repair with a digest of its word.

    The lines of labels are named by page and number; `repairs` has labels without them.
    """

    asked: Asked
    repairs: tuple[tuple[RepairsAsked, str], ...]
    lines: tuple[tuple[tuple[tuple[int, int], ...], ...], ...]  # per form and label


def pack_trace(asked: Asked, repairs: Sequence[RepairsAsked], pages: Sequence[PageReading]) -> bytes | None:
    """Return a trace as bytes; None where a label's line is none of the pages', so that it could not be asked again."""
    places = {id(line): [p, n] for p, page in enumerate(pages) for n, line in enumerate(_lines(page))}
    forms = []
    for one in repairs:
        lines = [[places.get(id(line)) for line in label.lines] for label in one.labels]
        if any(place is None for own in lines for place in own):
            return None
        labels = [
            [label.text, label.role.value, label.parents, own] for label, own in zip(one.labels, lines, strict=True)
        ]
        forms.append([labels, one.template, one.texts, said_digest(one.said)])
    content = [*(sorted(part) for part in asked), forms]
    return zlib.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def unpack_trace(content: bytes) -> Trace:
    """Return the trace that pack_trace made these bytes of. Raises ValueError where they are not whole."""
    try:
        whole, keys, near, forms = json.loads(zlib.decompress(content))
        repairs, lines = [], []
        for labels, template, texts, said in forms:
            kept = tuple([Label(text, Role(role), tuple(parents)) for text, role, parents, _ in labels])
            repairs.append((RepairsAsked(kept, template, tuple(texts)), str(said)))
            lines.append(tuple([tuple([(int(p), int(n)) for p, n in own]) for _, _, _, own in labels]))
    except (zlib.error, TypeError, ValueError) as error:
        raise ValueError(f"not a trace: {error}") from error
    return Trace((frozenset(whole), frozenset(keys), frozenset(near)), tuple(repairs), tuple(lines))


def said_digest(repairs: Iterable[Repair]) -> str:
    """A digest of all that repair said."""
    return hashlib.blake2b(repr(list(repairs)).encode(), digest_size=16).hexdigest()


def _lines(page: PageReading) -> Iterator[Line]:
    for block in page.blocks:
        if isinstance(block, Table):
            for reading in block.readings:
                yield from reading.lines
        else:
            yield block


class Changes:
    """What other dictionaries answer otherwise."""

    def __init__(self, old: Dictionaries, new: Dictionaries) -> None:
        """Compare two sets of dictionaries."""
        before, after = (
            {section: list(each.names(section).items()) for section in SECTIONS} for each in (old.plain, new.plain)
        )
        self.sections = frozenset(section for section in SECTIONS if before[section] != after[section])
        self.keys: set[str] = set()
        for section in self.sections:
            one, other = _by_key(before[section]), _by_key(after[section])
            self.keys.update(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
        self._lexicons = Lexicon(old.plain), Lexicon(new.plain)
        self._near: dict[str, bool] = {}

    def touch(self, asked: Asked) -> bool:
        """Tell whether any of these questions may have another answer."""
        whole, keys, near = asked
        if not (self.sections.isdisjoint(whole) and self.keys.isdisjoint(keys) and self.keys.isdisjoint(near)):
            return True
        if len(self._near) > _MOST_KEPT:
            self._near.clear()
        unknown = [key for key in near if key not in self._near]
        if unknown:
            changed = changed_near(*self._lexicons, unknown)
            self._near.update({key: key in changed for key in unknown})
        return any(self._near[key] for key in near)


def _by_key(names: Iterable[tuple[str, object]]) -> dict[str, list[tuple[str, object]]]:
    found: dict[str, list[tuple[str, object]]] = {}
    for text, entries in names:
        found.setdefault(comparison_key(text), []).append((text, entries))
    return found


class Standing:
    """Tells whether a document's records stand, with the tools of now and the dictionaries of before, by version."""

    def __init__(self, tools: InterpretTools, before: dict[str, Dictionaries]) -> None:
        """Take what records are made with now, and the dictionaries of each version that differs in nothing else."""
        self._tools, self._before = tools, before
        self._changes: dict[str, Changes] = {}

    def stands(self, task: MakeRecords) -> bool:
        """Tell whether the records that `task` asks for are those that are stored."""
        if task.trace is None or task.made_with not in self._before:
            return False
        try:
            trace = unpack_trace(task.trace)
        except ValueError:
            return False
        changes = self._changes.get(task.made_with)
        if changes is None:
            changes = Changes(self._before[task.made_with], self._tools.dictionaries)
            self._changes[task.made_with] = changes
        if changes.touch(trace.asked):
            return False
        return all(said_digest(ask_repairs(asked, self._tools)) == said for asked, said in _with_lines(task, trace))


def _with_lines(task: MakeRecords, trace: Trace) -> Iterator[tuple[RepairsAsked, str]]:
    """What repair was asked, its labels with the lines they were read from."""
    if not any(own for form in trace.lines for own in form):
        yield from trace.repairs
        return
    pages: dict[int, list[Line]] = {}
    for number, slot in enumerate(task.pages or ()):
        if slot.content is not None:
            pages[number] = list(_lines(unpack(slot.content)))
    for (asked, said), form in zip(trace.repairs, trace.lines, strict=True):
        labels = [
            replace(label, lines=tuple([pages[p][n] for p, n in own]))
            for label, own in zip(asked.labels, form, strict=True)
        ]
        yield replace(asked, labels=tuple(labels)), said
