"""What a run writes and reads: readings by key, documents with their pages and records, runs and their accounts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, delete, func, insert, or_, select, text, update

from pipeline.decisions import Decision
from pipeline.errors import StoreError
from pipeline.store import schema as t
from pipeline.store.common import chunks, decision_of, now
from pipeline.store.database import open_engine, writing
from pipeline.store.nouns import DocumentRows, Filters, StoredDocument, StoredPage
from pipeline.store.writer import Writer


@dataclass
class Store:
    """An opened store. Use `Store.open`; it may be shared by threads, not by processes."""

    engine: Engine
    where: str
    _versions: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, where: str | Path, *, create: bool = False) -> Store:
        """Open a store: an SQLite file, or postgresql://…. Raises StoreError."""
        return cls(open_engine(where, create=create), str(where))

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def sqlite(self) -> bool:
        """True where the store is an SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read from; it sees one state of the store throughout."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    # -- readings --------------------------------------------------------------------------------------------------

    def known_readings(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys under which a reading is kept."""
        found: set[str] = set()
        with self.reading() as connection:
            for chunk in chunks(list(keys)):
                found.update(connection.scalars(select(t.readings.c.key).where(t.readings.c.key.in_(chunk))))
        return found

    def get_readings(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The kept readings of these keys, as keep.pack made them; missing ones are left out."""
        found: dict[str, bytes] = {}
        with self.reading() as connection:
            for chunk in chunks(list(keys)):
                rows = connection.execute(
                    select(t.readings.c.key, t.readings.c.content).where(t.readings.c.key.in_(chunk))
                )
                found.update((key, bytes(content)) for key, content in rows)
        return found

    def put_readings(self, readings: Iterable[tuple[str, str, int, bytes]]) -> None:
        """Keep readings: (key, sha256 of the file, number in it, content). What is kept already stays as it is."""
        rows = [
            {"key": key, "sha256": sha256, "number": number, "content": content}
            for key, sha256, number, content in readings
        ]
        if rows:
            with writing(self.engine) as connection:
                connection.execute(self._insert_new(t.readings), rows)

    def _insert_new(self, table: Any) -> Any:
        if self.sqlite:
            from sqlalchemy.dialects import sqlite

            return sqlite.insert(table).on_conflict_do_nothing()
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).on_conflict_do_nothing()

    # -- versions --------------------------------------------------------------------------------------------------

    def put_version(self, digest: str, content: dict[str, Any]) -> None:
        """Remember what records are made with; its digest names it."""
        if digest in self._versions:
            return
        with writing(self.engine) as connection:
            row = {"digest": digest, "content": json.dumps(content, ensure_ascii=False), "made": now()}
            connection.execute(self._insert_new(t.versions), [row])
        self._versions.add(digest)

    def get_version(self, digest: str) -> dict[str, Any] | None:
        """The content of a version, or None."""
        with self.reading() as connection:
            found = connection.scalar(select(t.versions.c.content).where(t.versions.c.digest == digest))
        return None if found is None else dict(json.loads(found))

    def latest_version(self) -> dict[str, Any] | None:
        """What the records of the store were last made with, or None where there are none."""
        with self.reading() as connection:
            digest = connection.scalar(
                select(t.documents.c.version)
                .where(t.documents.c.version.is_not(None), t.documents.c.current)
                .order_by(t.documents.c.id.desc())
                .limit(1)
            )
        return self.get_version(digest) if digest else None

    # -- documents -------------------------------------------------------------------------------------------------

    def find_document(self, name: str, sha256: str) -> StoredDocument | None:
        """The document of this name and content, or None."""
        condition = (t.documents.c.name == name) & (t.documents.c.sha256 == sha256)
        return next(self.list_documents(condition), None)

    def get_document(self, number: int) -> StoredDocument | None:
        """The document of this id, or None."""
        return next(self.list_documents(t.documents.c.id == number), None)

    def count_documents(self, condition: Any = None) -> int:
        """How many documents `list_documents` gives."""
        wanted = t.documents.c.current if condition is None else condition
        with self.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(t.documents).where(wanted)) or 0)

    def list_documents(self, condition: Any = None, chunk: int = 200) -> Iterator[StoredDocument]:
        """Documents in the order they came: those for which an SQL condition holds, by default the current ones."""
        wanted = t.documents.c.current if condition is None else condition
        after = 0
        while True:
            with self.reading() as connection:
                found = connection.execute(
                    select(t.documents).where(wanted, t.documents.c.id > after).order_by(t.documents.c.id).limit(chunk)
                ).all()
                pages: dict[int, list[StoredPage]] = {row.id: [] for row in found}
                for part in chunks(list(pages)):
                    rows = connection.execute(
                        select(t.pages).where(t.pages.c.document_id.in_(part)).order_by(t.pages.c.position)
                    )
                    for p in rows:
                        pages[p.document_id].append(
                            StoredPage(p.position, p.file, p.location, p.sha256, p.number, p.status, p.why, p.origin,
                                       p.width, p.height, p.reading)
                        )  # fmt: skip
            for row in found:
                yield StoredDocument(
                    row.id, row.name, row.sha256, row.kind, row.status, row.why, row.interpretation, row.version,
                    row.stale, row.copy_of, tuple(json.loads(row.notices)), tuple(pages[row.id]),
                )  # fmt: skip
            if len(found) < chunk:
                return
            after = found[-1].id

    def save(self, documents: Sequence[DocumentRows]) -> list[int]:
        """Store documents with their pages and records, all or none; return their ids.

        What was stored under the same name and content is replaced. A record whose bytes did not change keeps its
        `changed`; a decision that was appended since `seen` leaves the document stale.
        """
        with writing(self.engine) as connection:
            writer = Writer(connection)
            writer.look_up([document.stored for document in documents if document.stored is not None])
            ids = [writer.document(document) for document in documents]
            writer.flush()
        return ids

    # -- records that stand ----------------------------------------------------------------------------------------

    def get_traces(self, documents: Sequence[int]) -> dict[int, bytes]:
        """What the records of these documents depend on, by document; those that have no trace are left out."""
        found: dict[int, bytes] = {}
        with self.reading() as connection:
            for chunk in chunks(documents):
                rows = connection.execute(select(t.traces).where(t.traces.c.document_id.in_(chunk)))
                found.update((row.document_id, bytes(row.content)) for row in rows)
        return found

    def drop_traces(self) -> None:
        """Forget all traces: the next reinterpretation makes everything anew."""
        with writing(self.engine) as connection:
            connection.execute(delete(t.traces))

    def let_stand(self, documents: Sequence[tuple[int, str]], version: str) -> None:
        """Note that the records of documents (id, interpretation) are what this version would make of them."""
        c = t.documents.c
        with writing(self.engine) as connection:
            connection.execute(
                update(t.documents)
                .where(c.id == bindparam("document"))
                .values(interpretation=bindparam("key"), version=version),
                [{"document": document, "key": key} for document, key in documents],
            )

    def versions_in_force(self, most: int) -> list[tuple[str, dict[str, Any]]]:
        """The versions that current documents' records were made with, `most` of the latest, each with its content."""
        c = t.documents.c
        query = select(c.version).where(c.version.is_not(None), c.current).group_by(c.version)
        query = query.order_by(func.max(c.id).desc()).limit(most)
        with self.reading() as connection:
            digests = list(connection.scalars(query))
        return [(digest, content) for digest in digests if (content := self.get_version(digest)) is not None]

    def tidy(self) -> None:
        """Bring the database's own notes of its tables up to date after many documents were stored.

        PostgreSQL does so by itself only minutes later; until then it takes words of every tenth indicator for rare,
        and looks through what its index of words has not sorted in yet.
        """
        if self.sqlite:
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name in (t.INDICATOR_WORDS, t.FORM_WORDS):
                connection.execute(text(f"SELECT gin_clean_pending_list('ix_{name}_words')"))
            connection.execute(text("ANALYZE"))

    # -- decisions on a document's pages ---------------------------------------------------------------------------

    def decisions_on(self, digests: Iterable[str]) -> list[Decision]:
        """All decisions on pages of files with these digests, in the order they were made, undone ones too."""
        found: list[Decision] = []
        with self.reading() as connection:
            for chunk in chunks(sorted(set(digests))):
                rows = connection.execute(select(t.decisions).where(t.decisions.c.sha256.in_(chunk)))
                found.extend(decision_of(row) for row in rows)
        return sorted(found, key=lambda decision: decision.id)

    def last_decision(self) -> int:
        """The id of the last decision, 0 where there is none."""
        with self.reading() as connection:
            return int(connection.scalar(select(func.max(t.decisions.c.id))) or 0)

    # -- records ---------------------------------------------------------------------------------------------------

    def record_bodies(self, filters: Filters | None = None, chunk: int = 200) -> Iterator[str]:
        """The records as JSON lines, in the order of their documents' names, as many in memory as `chunk`.

        The order is the same whoever stored them, and in whichever order: on one machine or on many.
        """
        for _, body in self._bodies(filters or Filters(), chunk):
            yield body

    def _bodies(self, filters: Filters, chunk: int) -> Iterator[tuple[int, str]]:
        d, r = t.documents.c, t.records.c
        query = select_records(filters).add_columns(d.name, r.body)
        query = query.order_by(d.name, r.document_id, r.position).limit(chunk)
        rows: Sequence[Any] = ()
        while True:
            page = query
            if rows:
                last = rows[-1]
                after_in_document = (r.document_id == last.document_id) & (r.position > last.position)
                after_in_name = (d.name == last.name) & or_(r.document_id > last.document_id, after_in_document)
                page = query.where(d.name >= last.name, or_(d.name > last.name, after_in_name))
            with self.reading() as connection:
                rows = connection.execute(page).all()
            for row in rows:
                yield row.document_id, row.body
            if len(rows) < chunk:
                return

    def document_bodies(self, filters: Filters | None = None) -> Iterator[tuple[int, list[str]]]:
        """The documents that hold records the filters mean, each with those records, in `record_bodies`' order."""
        bodies: list[str] = []
        current: int | None = None
        for document, body in self._bodies(filters or Filters(), 200):
            if document != current and current is not None:
                yield current, bodies
                bodies = []
            current = document
            bodies.append(body)
        if current is not None:
            yield current, bodies

    def bodies_of(self, document_id: int) -> list[str]:
        """The records of one document as JSON lines, in their order."""
        query = select(t.records.c.body).where(t.records.c.document_id == document_id).order_by(t.records.c.position)
        with self.reading() as connection:
            return list(connection.scalars(query))

    # -- runs ------------------------------------------------------------------------------------------------------

    def begin_run(self, command: dict[str, Any], version: str) -> int:
        """Note that a run begins; return its id."""
        row = {"started": now(), "status": "running", "command": json.dumps(command, ensure_ascii=False),
               "version": version, "totals": "{}"}  # fmt: skip
        with writing(self.engine) as connection:
            return int(connection.execute(insert(t.runs).returning(t.runs.c.id), row).scalar_one())

    def add_run_inputs(self, run: int, rows: Sequence[tuple[int, str, int | None, dict[str, Any]]]) -> None:
        """Account for inputs of a run: (position, name, document id, account)."""
        if rows:
            with writing(self.engine) as connection:
                connection.execute(
                    insert(t.run_inputs),
                    [{"run_id": run, "position": position, "name": name, "document_id": document,
                      "account": json.dumps(account, ensure_ascii=False)}
                     for position, name, document, account in rows],
                )  # fmt: skip

    def run_inputs(self, run: int, chunk: int = 500) -> Iterator[tuple[dict[str, Any], int | None]]:
        """The accounts of a run's inputs with their documents' ids, in the order of the inputs."""
        after = -1
        while True:
            with self.reading() as connection:
                rows = connection.execute(
                    select(t.run_inputs)
                    .where(t.run_inputs.c.run_id == run, t.run_inputs.c.position > after)
                    .order_by(t.run_inputs.c.position)
                    .limit(chunk)
                ).all()
            for row in rows:
                yield json.loads(row.account), row.document_id
            if len(rows) < chunk:
                return
            after = rows[-1].position

    def end_run(self, run: int, status: str, totals: dict[str, Any]) -> None:
        """Note how a run ended: done, interrupted or stopped."""
        with writing(self.engine) as connection:
            connection.execute(
                update(t.runs)
                .where(t.runs.c.id == run)
                .values(finished=now(), status=status, totals=json.dumps(totals, ensure_ascii=False))
            )


def select_records(filters: Filters) -> Select[Any]:
    """The records that filters mean: their ids, documents and positions, of current documents."""
    r, d = t.records.c, t.documents.c
    query = select(r.id, r.document_id, r.position).join(t.documents, d.id == r.document_id)
    query = query.where(d.current) if filters.documents is None else query.where(d.id.in_(filters.documents))
    if filters.agency is not None:
        query = query.where(r.agency.contains(filters.agency, autoescape=True))
    if filters.year is not None:
        query = query.where(r.year == filters.year)
    if filters.changed_since is not None:
        query = query.where(r.changed >= filters.changed_since)
    if filters.status == "open":
        query = query.where(r.review > 0)
    elif filters.status == "done":
        query = query.where(r.review == 0)
    elif filters.status in ("repaired", "proposed"):
        query = query.where(r.id.in_(select(t.repairs.c.record_id).where(t.repairs.c.status == filters.status)))
    elif filters.status is not None:
        raise StoreError(f"status {filters.status}: is not known; give open, done, repaired or proposed")
    return query
