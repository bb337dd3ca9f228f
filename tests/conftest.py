"""Fixtures that every room uses: a clock, chance, and a fresh migrated ledger on each engine.

A test that asks for `ledger` or `database_url` runs on SQLite and on PostgreSQL, unless it is marked
`sqlite_only` or `postgresql_only`, with the reason as the mark's argument. Of the three largest rooms, whose statements
are plain SELECTs and go to the database by doors that other rooms test on both, one test in four runs on PostgreSQL,
always the same ones; `./scripts/test --every-engine` runs all.
"""

import gc
import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import settings
from sqlalchemy import make_url

from ledger.ledger import Ledger
from migrations.run import migrate
from tests import compiled, postgresql
from tests.ca.held import Held, hold
from tests.conformance.ours import our_provider
from tests.doubles import SteadyChance, TurnedClock
from tests.postgresql import Cluster
from tests.stocked import Fill, Stock, Stocked, stocked_by

__all__ = ["our_provider"]
_NUMBER = count(1)


SAMPLED = ("tests/ca/", "tests/idp/", "tests/ocsp/")
ONE_IN = 4


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-engine", action="store_true", help="each test on SQLite and on PostgreSQL, for a release")


def pytest_configure(config: pytest.Config) -> None:
    settings.register_profile("steady", derandomize=True, deadline=None)  # the same examples in every run
    settings.load_profile("steady")
    compiled.share()
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(postgresql.room()))
    config.addinivalue_line("markers", "sqlite_only(reason): the test is about SQLite alone")
    config.addinivalue_line("markers", "postgresql_only(reason): the test is about PostgreSQL alone")


def pytest_collection_finish() -> None:
    """What was loaded by now stays: no collection need go through it again, in thousands of tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_engine" in metafunc.fixturenames:
        marked = {mark.name for mark in metafunc.definition.iter_markers()} & {"sqlite_only", "postgresql_only"}
        engines = sorted(mark.removesuffix("_only") for mark in marked) or _engines(metafunc)
        metafunc.parametrize("database_engine", engines, indirect=True, scope="session")


def _engines(metafunc: pytest.Metafunc) -> list[str]:
    name = metafunc.definition.nodeid
    sampled = name.startswith(SAMPLED) and not metafunc.config.getoption("every_engine")
    return ["sqlite"] if sampled and crc32(name.encode()) % ONE_IN else ["sqlite", "postgresql"]


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def chance() -> SteadyChance:
    return SteadyChance()


@pytest.fixture(scope="session")
def database_engine(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`."""
    return str(request.param)


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The PostgreSQL server of this test run."""
    if not postgresql.BINARIES:
        (pytest.fail if os.environ.get("LAOTRUST_CI") == "1" else pytest.skip)(postgresql.MISSING)
    return postgresql.cluster()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "laotrust.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(cluster: Cluster) -> str:
    name = f"template_{os.getpid()}"
    cluster.execute(f"CREATE DATABASE {name} OWNER {postgresql.OWNER}")
    with cluster.alone():
        migrate(cluster.url(name))
    return name


@pytest.fixture(scope="session")
def held_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Held:
    folder = tmp_path_factory.mktemp("held")
    path = folder / "laotrust.db"
    shutil.copyfile(sqlite_template, path)
    return hold(str(path), f"sqlite:///{path}", folder / "home")


@pytest.fixture(scope="session")
def held_postgresql(postgresql_template: str, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Held:
    name = f"held_{os.getpid()}"
    _copy(cluster, postgresql_template, name)
    return hold(name, cluster.url(name), tmp_path_factory.mktemp("held") / "home")


@pytest.fixture
def held_ceremony(database_engine: str, request: pytest.FixtureRequest) -> Held:
    """What a practice ceremony left on this engine. Who asks for it has a ledger over a copy of its database."""
    found: Held = request.getfixturevalue(f"held_{database_engine}")
    return found


@pytest.fixture(scope="session")
def stock(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stock:
    """For a room's own `stocked`. Who asks for that has a ledger over a copy of its database."""

    made: dict[tuple[str, str], Stocked] = {}

    def once(engine: str, name: str, fill: Fill) -> Stocked:
        if (engine, name) not in made:
            made[engine, name] = _filled(engine, name, fill)
        return made[engine, name]

    def _filled(engine: str, name: str, fill: Fill) -> Stocked:
        beside, template = tmp_path_factory.mktemp(name), request.getfixturevalue(f"{engine}_template")
        if engine == "sqlite":
            path = shutil.copyfile(template, beside / "laotrust.db")
            return stocked_by(fill, str(path), f"sqlite:///{path}", beside)
        cluster, own = request.getfixturevalue("cluster"), f"{name}_{os.getpid()}"
        _copy(cluster, template, own)
        return stocked_by(fill, own, cluster.url(own), beside)

    return once


@pytest.fixture
def template(database_engine: str, request: pytest.FixtureRequest) -> str:
    """What the test's database is a copy of: a file's path, or a name on the cluster."""
    for filled in {"held_ceremony", "stocked"} & set(request.fixturenames):
        found: Held | Stocked = request.getfixturevalue(filled)
        return found.database
    return str(request.getfixturevalue(f"{database_engine}_template"))


@pytest.fixture
def database_url(database_engine: str, template: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh migrated database; on PostgreSQL as its owner. See `url_of` for the processes' roles."""
    if database_engine == "sqlite":
        path = tmp_path / "laotrust.db"
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = f"test_{os.getpid()}_{next(_NUMBER)}"
    _copy(cluster, template, name)
    yield cluster.url(name)
    cluster.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _copy(cluster: Cluster, template: str, name: str) -> None:
    cluster.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {postgresql.OWNER} STRATEGY FILE_COPY")


@pytest.fixture
def ledger(database_url: str, clock: TurnedClock, chance: SteadyChance) -> Iterator[Ledger]:
    """A ledger over a fresh database with every table and guard."""
    ledger = Ledger(database_url, clock, chance, "0.1.0", "test")
    yield ledger
    ledger.close()


def url_of(process: str, database_url: str) -> str:
    """The URL by which a process reaches the database under its own role; on SQLite there is but one."""
    url = make_url(database_url)
    return str(url if url.drivername == "sqlite" else url.set(username=f"laotrust_{process}"))
