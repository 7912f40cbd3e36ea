"""Opening the database: SQLite in WAL mode with one writer at a time, or PostgreSQL by URL; migrated when opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from pipeline.errors import StoreError

# How long a writer waits for another one, in seconds. A transaction takes milliseconds; a slow disk a second or two.
_WAIT = 60.0


def store_url(where: str | Path) -> str:
    """A database URL as SQLAlchemy wants it; a plain path is an SQLite file."""
    text = str(where)
    if re.match(r"^[a-z][a-z0-9+]*://", text):
        return re.sub(r"^(postgres|postgresql)://", "postgresql+psycopg://", text)
    return f"sqlite:///{Path(text).absolute()}"


def open_engine(where: str | Path, *, create: bool) -> Engine:
    """Open a database and bring its tables up to date.

    Raises StoreError where it cannot be opened, where it is no store of zhibiao's, and where a newer zhibiao made it.
    """
    url = store_url(where)
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(f"{where}: is no database URL; give a file name or postgresql+psycopg://…") from error
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite:
        file = Path(parsed.database or "")
        if not create and not file.exists():
            raise StoreError(f"{where}: no such store; check the path, or make it with zhibiao run --store")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{where}: the folder cannot be made ({error.strerror})") from error
    try:
        engine = create_engine(parsed, connect_args={"timeout": _WAIT} if sqlite else {}, pool_pre_ping=not sqlite)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(
            f"{parsed.drivername}: its driver is not installed; pip install 'zhibiao[postgres]' for PostgreSQL"
        ) from error
    if sqlite:
        _prepare_sqlite(engine)
    elif engine.dialect.name == "postgresql":
        _prepare_postgresql(engine)
    try:
        migrate(engine, create=create)
    except DatabaseError as error:
        engine.dispose()
        raise StoreError(f"{_shown(parsed)}: cannot be opened ({_first_line(error)}); check the address") from error
    return engine


def _shown(url: Any) -> str:
    return str(url.render_as_string(hide_password=True)).removeprefix("sqlite:///")


def _first_line(error: DatabaseError) -> str:
    return str(error.orig or error).strip().splitlines()[0]


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        # SQLAlchemy says when a transaction begins, below; pysqlite's own guessing would begin it too late.
        connection.isolation_level = None
        cursor = connection.cursor()
        # Readers never wait for the writer. A power cut loses at most the last transactions, never half of one; with
        # FULL each commit would wait for the disk, and decisions do (see `writing`).
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # 64 MB: the inner pages of the indices of 10^6 indicators stay in memory.
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: two that read first and write later would fail, not wait.
        writing = connection.get_execution_options().get("zhibiao_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        # A question that is asked the fifth time would be planned once for all words: for one that stands nowhere it
        # then goes through all indicators in their order, 700 ms instead of 10. Compiling a plan takes longer than any
        # question of a search does.
        with connection.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_custom_plan")
            cursor.execute("SET jit = off")
        connection.commit()


@contextmanager
def writing(engine: Engine, *, durable: bool = False) -> Iterator[Connection]:
    """A transaction that writes. With `durable` it has reached the disk when the block ends."""
    try:
        with engine.connect().execution_options(zhibiao_writing=True) as connection:
            sqlite = engine.dialect.name == "sqlite"
            if sqlite:
                raw = connection.connection.dbapi_connection
                assert raw is not None
                raw.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            with connection.begin():
                yield connection
    except OperationalError as error:
        why = _first_line(error)
        raise StoreError(
            f"{_shown(engine.url)}: cannot be written ({why}); make room, or end the program that holds it"
        ) from error


def migrate(engine: Engine, *, create: bool = True) -> None:
    """Bring the tables to this version's. Raises StoreError as `open_engine` does."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current == newest:
            return
        tables = set(inspect(connection).get_table_names())
    if current is None and tables - {"alembic_version"}:
        raise StoreError(f"{_shown(engine.url)}: is another program's database; name another store")
    if current is None and not create:
        raise StoreError(f"{_shown(engine.url)}: holds no store; make it with zhibiao run --store")
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise StoreError(f"{_shown(engine.url)}: was made by a newer zhibiao (tables {current}); update this one")
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":  # two processes that open a new store at once
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7230177)")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
