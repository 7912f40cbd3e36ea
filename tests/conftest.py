"""Fixtures that several files of tests share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import cluster, find_programs


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """A running PostgreSQL; skipped only where none is installed (.ci/run installs one)."""
    if find_programs() is None:
        pytest.skip("PostgreSQL is not installed here (no initdb and pg_ctl); .ci/run installs it")
    with cluster() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_cluster: str) -> str:
    """The URL of an empty database."""
    import psycopg

    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(postgres_cluster.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres_cluster.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store's address, once on each database."""
    return str(tmp_path / "store.db") if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
