"""Writing documents with their pages and records, and all that is derived from them, within one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, delete, func, insert, select, text, update

from pipeline.decisions import effective
from pipeline.errors import StoreError
from pipeline.store import schema as t
from pipeline.store.common import chunks, decision_of, now
from pipeline.store.index import form_row, indicator_row, insert_words
from pipeline.store.nouns import DocumentRows, StoredPage
from pipeline.store.rows import RecordRows


class Writer:
    """Writes documents within one transaction; rows of the large tables are gathered and written together."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._sqlite = connection, connection.dialect.name == "sqlite"
        self._rows: dict[str, list[dict[str, Any]]] = {}
        # What is done to single rows of stored documents, gathered: a statement each costs the half of writing them.
        self._gone: dict[str, list[dict[str, Any]]] = {}
        self._changed: dict[tuple[str, tuple[str, ...]], list[dict[str, Any]]] = {}
        self._known: dict[int, dict[int, Any]] = {}
        self._last = int(connection.scalar(select(func.max(t.decisions.c.id))) or 0)
        self._made = now()
        self._written: set[int] = set()

    def look_up(self, documents: Sequence[int]) -> None:
        """Look up at once what records these stored documents have."""
        c = t.records.c
        self._known.update({document: {} for document in documents})
        for chunk in chunks(documents):
            rows = self._connection.execute(
                select(c.id, c.document_id, c.position, c.body).where(c.document_id.in_(chunk))
            )
            for row in rows:
                self._known[row.document_id][row.position] = row

    def document(self, new: DocumentRows) -> int:
        """Write a document with its pages and records; return its id."""
        c, connection = t.documents.c, self._connection
        missed = self._missed(new)
        values: dict[str, Any] = {
            "status": new.status, "why": new.why, "interpretation": new.interpretation, "version": new.version,
            "stale": missed, "notices": json.dumps(list(new.notices), ensure_ascii=False),
        }  # fmt: skip
        if new.stored is not None:
            self._change("documents", new.stored, values)
            return self._made_of(new.stored, new, missed)
        values |= {"current": True, "kind": new.kind}
        found = connection.scalar(select(c.id).where(c.name == new.name, c.sha256 == new.sha256))
        # A file that changed: what it was before is kept, but is no longer what the archive says.
        connection.execute(
            update(t.documents).where(c.name == new.name, c.sha256 != new.sha256, c.current).values(current=False)
        )
        if found is None:
            first = connection.scalar(select(func.min(c.id)).where(c.sha256 == new.sha256, c.copy_of.is_(None)))
            row = {**values, "name": new.name, "sha256": new.sha256, "copy_of": first}
            found = connection.execute(insert(t.documents).returning(c.id), row).scalar_one()
        else:
            if found in self._written:  # the same document twice in one batch
                self.flush()
            connection.execute(update(t.documents).where(c.id == found).values(**values))
            connection.execute(delete(t.pages).where(t.pages.c.document_id == found))
        self._add("pages", [{"document_id": found, **_page_row(page)} for page in new.pages])
        return self._made_of(int(found), new, missed)

    def _made_of(self, document: int, new: DocumentRows, missed: bool) -> int:
        self._written.add(document)
        self._records(document, new.records)
        self._drop("traces", document)
        if new.trace is not None:
            self._add("traces", [{"document_id": document, "content": new.trace}])
        if missed:
            self.flush()
            _refresh_items(self._connection, self._anchors(document))
        return document

    def _missed(self, new: DocumentRows) -> bool:
        """Whether a decision was appended after this document was interpreted."""
        if self._last <= new.seen:
            return False
        digests = sorted({page.sha256 for page in new.pages})
        return any(
            self._connection.scalar(
                select(func.max(t.decisions.c.id)).where(t.decisions.c.sha256.in_(chunk), t.decisions.c.id > new.seen)
            )
            for chunk in chunks(digests)
        )

    def _anchors(self, document: int) -> list[str]:
        query = select(t.items.c.anchor).join(t.records).where(t.records.c.document_id == document)
        return list(self._connection.scalars(query))

    def _records(self, document: int, records: Sequence[RecordRows]) -> None:
        c, connection = t.records.c, self._connection
        if document not in self._known:
            self.look_up([document])
        known = self._known.pop(document)
        for new in records:
            old = known.pop(new.head["position"], None)
            if old is None:
                row = {**new.head, "document_id": document, "body": new.body, "changed": self._made}
                number = int(connection.execute(insert(t.records).returning(c.id), row).scalar_one())
                self._derived(number, new)
                continue
            self._drop("items", old.id)
            if old.body != new.body:
                self._change("records", old.id, {**new.head, "body": new.body, "changed": self._made})
                self._forget(old.id)
                self._derived(old.id, new)
            else:
                self._change("records", old.id, {"review": new.head["review"]})
                self._add("items", [{"record_id": old.id, **row} for row in new.items])
        for old in known.values():
            self._forget(old.id)
            self._drop("items", old.id)
            self._drop("records", old.id)

    def _derived(self, number: int, new: RecordRows) -> None:
        if len(new.indicators) >> t.INDICATOR_BITS:
            raise StoreError(f"record {number}: has more than {1 << t.INDICATOR_BITS} indicators")
        base = number << t.INDICATOR_BITS
        self._add("indicators", [{"id": base + row["position"], "record_id": number, **row} for row in new.indicators])
        pairs = zip(new.indicators, new.indicator_words, strict=True)
        rows = [indicator_row(base + row["position"], words, row, new.head) for row, words in pairs]
        self._add(t.INDICATOR_WORDS, rows)
        self._add(t.FORM_WORDS, [form_row(number, new.form_words, new.head)])
        for name in ("repairs", "findings", "items"):
            self._add(name, [{"record_id": number, **row} for row in getattr(new, name)])

    def _forget(self, number: int) -> None:
        """Drop what was derived from a record that is another now."""
        low, high = number << t.INDICATOR_BITS, (number + 1) << t.INDICATOR_BITS
        self._gone.setdefault(t.INDICATOR_WORDS, []).append({"of": low, "end": high})
        for name in (t.FORM_WORDS, "indicators", "repairs", "findings"):
            self._drop(name, number)

    def _drop(self, table: str, owner: int) -> None:
        """Drop a table's rows that belong to a record, or for traces to a document; of records it itself."""
        self._gone.setdefault(table, []).append({"of": owner})

    def _change(self, table: str, number: int, values: dict[str, Any]) -> None:
        self._changed.setdefault((table, tuple(values)), []).append({"of": number, **values})

    def _add(self, table: str, rows: list[dict[str, Any]]) -> None:
        self._rows.setdefault(table, []).extend(rows)

    def flush(self) -> None:
        """Write what was gathered, each table in one go."""
        for name in (
            t.INDICATOR_WORDS,
            t.FORM_WORDS,
            "indicators",
            "repairs",
            "findings",
            "items",
            "traces",
            "records",
        ):
            if gone := self._gone.get(name):
                self._connection.execute(self._deletion(name), gone)
        for (name, _), changed in self._changed.items():
            table = t.METADATA.tables[name]
            self._connection.execute(update(table).where(table.c.id == bindparam("of")), changed)
        self._gone, self._changed = {}, {}
        for name, rows in self._rows.items():
            if not rows:
                continue
            if name in (t.INDICATOR_WORDS, t.FORM_WORDS):
                insert_words(self._connection, name, rows)
            else:
                self._connection.execute(insert(t.METADATA.tables[name]), rows)
        self._rows = {}

    def _deletion(self, name: str) -> Executable:
        if name in (t.INDICATOR_WORDS, t.FORM_WORDS):
            key = "rowid" if self._sqlite else "id"
            where = f"{key} = :of" if name == t.FORM_WORDS else f"{key} >= :of AND {key} < :end"
            return text(f"DELETE FROM {name} WHERE {where}")  # noqa: S608 - constants
        table = t.METADATA.tables[name]
        owner = table.c["id" if name == "records" else "document_id" if name == "traces" else "record_id"]
        return delete(table).where(owner == bindparam("of"))


def _refresh_items(connection: Connection, anchors: Sequence[str]) -> None:
    """Write beside each item with one of these anchors the decision that holds on it now."""
    for chunk in chunks(sorted(set(anchors))):
        rows = connection.execute(select(t.decisions).where(t.decisions.c.anchor.in_(chunk)))
        held = {decision.anchor.key: decision.id for decision in effective(decision_of(row) for row in rows)}
        connection.execute(
            update(t.items).where(t.items.c.anchor == bindparam("of_anchor")).values(decision_id=bindparam("held")),
            [{"of_anchor": anchor, "held": held.get(anchor)} for anchor in chunk],
        )


def _page_row(page: StoredPage) -> dict[str, Any]:
    return {name: getattr(page, name) for name in StoredPage.__slots__}
