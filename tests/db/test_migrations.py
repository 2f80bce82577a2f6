"""Migrations: the schema is the metadata's, several processes may migrate at once, a killed one leaves nothing."""

import asyncio
import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import SchemaItem

from tests.conftest import TREES
from tests.db.conftest import rows
from vestibule.account.tables import metadata as account_metadata
from vestibule.db.alembic_child import config_of
from vestibule.db.migrate import MigrationError, Step, current, is_current, migrate, plan
from vestibule.store.tables import metadata as identity_metadata

METADATA = {"identity": identity_metadata, "account": account_metadata}
ENV = "from vestibule.db.alembic_child import run_migrations\nimport sqlalchemy as s\nrun_migrations(s.MetaData())\n"
HEADER = 'revision = "{0}"\ndown_revision = {1!r}\nfrom alembic import op\nimport sqlalchemy as sa\nimport sys, time\n'


def differences(url: str, metadata: MetaData) -> list[object]:
    def compare(connection: Connection) -> list[object]:
        def belongs(item: SchemaItem, name: str | None, kind: str, reflected: bool, against: object) -> bool:
            """An index may be declared for one engine only."""
            only = getattr(item, "_ddl_if", None)
            return only is None or only.dialect == connection.dialect.name

        context = MigrationContext.configure(connection, opts={"include_object": belongs})
        return list(compare_metadata(context, metadata))

    async def compare_postgres() -> list[object]:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.connect() as connection:
            found = await connection.run_sync(compare)
        await engine.dispose()
        return found

    if url.startswith("postgresql"):
        return asyncio.run(compare_postgres())
    engine = create_engine(url)
    with engine.connect() as connection:
        found = compare(connection)
    engine.dispose()
    return found


def test_the_migrated_identity_store_is_what_its_tables_say(database_url: str) -> None:
    assert differences(database_url, identity_metadata) == []


def test_the_migrated_account_store_is_what_its_tables_say(account_database_url: str) -> None:
    assert differences(account_database_url, account_metadata) == []


def indexes(file: Path) -> dict[str, str]:
    """Return the indexes of an SQLite file by name, each as it was made."""
    asked = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    return {str(name): str(sql) for name, sql in rows(f"sqlite:///{file}", asked)}


@pytest.mark.parametrize("name", TREES)
def test_a_table_that_was_rebuilt_keeps_the_order_of_its_indexes(
    name: str, sqlite_templates: dict[str, Path], tmp_path: Path
) -> None:
    """SQLite does not tell Alembic which columns descend, and the comparison above does not look."""
    engine = create_engine(f"sqlite:///{tmp_path}/as_said.db")
    METADATA[name].create_all(engine)
    engine.dispose()
    assert indexes(sqlite_templates[name]) == indexes(tmp_path / "as_said.db")


@pytest.mark.parametrize("name", TREES)
def test_the_newest_revision_is_the_one_that_a_start_compares_with(name: str) -> None:
    assert ScriptDirectory.from_config(config_of(TREES[name].__name__)).get_heads() == [TREES[name].HEAD]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A tree of two migrations; the second waits until it is told to go on by the file `go`."""
    name = f"tree_{abs(hash(str(tmp_path))) % 10**10}"
    folder = tmp_path / name
    (folder / "versions").mkdir(parents=True)
    (folder / "__init__.py").write_text('HEAD = "0002"\n')
    (folder / "env.py").write_text(ENV)
    (folder / "versions" / "0001_a.py").write_text(
        '"""First."""\n' + HEADER.format("0001", None) + "def upgrade():\n"
        '    op.create_table("stars", sa.Column("id", sa.String(8), primary_key=True))\n'
        '    op.create_table("planets", sa.Column("id", sa.String(8), primary_key=True),'
        ' sa.Column("star_id", sa.String(8), sa.ForeignKey("stars.id", ondelete="CASCADE")))\n'
        "    op.execute(\"INSERT INTO stars VALUES ('sun')\")\n"
        "    op.execute(\"INSERT INTO planets VALUES ('earth', 'sun')\")\n"
    )
    (folder / "versions" / "0002_b.py").write_text(
        '"""Second."""\n' + HEADER.format("0002", "0001") + "import pathlib\ndef upgrade():\n"
        '    with op.batch_alter_table("stars", recreate="auto") as batch:\n'
        '        batch.alter_column("id", type_=sa.String(16))\n'
        f"    while pathlib.Path({str(tmp_path / 'stop')!r}).exists():\n"
        f"        pathlib.Path({str(tmp_path / 'reached')!r}).touch()\n"
        "        time.sleep(0.01)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    return importlib.import_module(name)


def child(url: str, tree: ModuleType) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "vestibule.db.alembic_child", "--upgrade", tree.__name__],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    process.stdin.write(url)
    process.stdin.close()
    return process


def outcome(process: "subprocess.Popen[str]") -> str:
    assert process.stderr
    with process.stderr:
        said = process.stderr.read()
    process.wait()
    return said


def test_a_plan_says_what_would_run_and_touches_nothing(empty_url: str, tree: ModuleType) -> None:
    assert current(empty_url) is None
    assert not is_current(empty_url, tree)
    assert plan(empty_url, tree) == [Step("0001", "First."), Step("0002", "Second.")]
    assert current(empty_url) is None
    if empty_url.startswith("sqlite"):
        assert not Path(empty_url.removeprefix("sqlite:///")).exists()


def test_a_store_is_migrated_once_and_keeps_its_rows(empty_url: str, tree: ModuleType) -> None:
    assert migrate(empty_url, tree)
    assert is_current(empty_url, tree)
    assert not migrate(empty_url, tree)
    assert plan(empty_url, tree) == []
    # The rebuild of a referenced table must not cascade into the rows that reference it.
    assert rows(empty_url, "SELECT * FROM planets") == [("earth", "sun")]


def test_the_revision_can_be_asked_for_inside_a_running_loop(empty_url: str, tree: ModuleType) -> None:
    async def ask() -> bool:
        return is_current(empty_url, tree)

    assert asyncio.run(ask()) is False


def begin_and_stop(url: str, tree: ModuleType, folder: Path) -> "subprocess.Popen[str]":
    """Start a migration that has done half of its work and goes on when the file `stop` is removed."""
    (folder / "stop").touch()
    process = child(url, tree)
    while not (folder / "reached").exists():
        assert process.poll() is None, outcome(process)
    return process


def test_processes_that_migrate_at_once_wait_for_each_other(empty_url: str, tree: ModuleType, tmp_path: Path) -> None:
    processes = [begin_and_stop(empty_url, tree, tmp_path), *(child(empty_url, tree) for _ in range(3))]
    with pytest.raises(subprocess.TimeoutExpired):
        processes[-1].wait(timeout=1.5)
    (tmp_path / "stop").unlink()
    assert [outcome(process) for process in processes] == [""] * 4
    assert rows(empty_url, "SELECT version_num FROM alembic_version") == [("0002",)]
    assert rows(empty_url, "SELECT * FROM stars") == [("sun",)]


def test_processes_that_find_no_file_yet_all_succeed(empty_url: str, tree: ModuleType) -> None:
    assert [outcome(process) for process in [child(empty_url, tree) for _ in range(4)]] == [""] * 4
    assert is_current(empty_url, tree)


def test_a_migration_killed_midway_leaves_nothing_and_runs_again(
    empty_url: str, tree: ModuleType, tmp_path: Path
) -> None:
    process = begin_and_stop(empty_url, tree, tmp_path)
    process.kill()
    outcome(process)
    assert current(empty_url) is None
    (tmp_path / "stop").unlink()
    assert migrate(empty_url, tree)
    assert rows(empty_url, "SELECT * FROM planets") == [("earth", "sun")]


def test_a_migration_that_breaks_references_changes_nothing(empty_url: str, tree: ModuleType) -> None:
    second = Path(str(tree.__file__)).parent / "versions" / "0002_b.py"
    second.write_text(second.read_text() + "    op.execute(\"DELETE FROM stars WHERE id = 'sun'\")\n")
    if empty_url.startswith("sqlite"):
        with pytest.raises(MigrationError, match="1 broken reference"):
            migrate(empty_url, tree)
        assert current(empty_url) is None
    else:
        migrate(empty_url, tree)
        assert rows(empty_url, "SELECT * FROM planets") == []


def test_a_store_of_a_newer_version_is_left_alone(empty_url: str, tree: ModuleType) -> None:
    migrate(empty_url, tree)
    versions = Path(str(tree.__file__)).parent / "versions"
    (versions / "0002_b.py").unlink()
    tree.HEAD = "0001"  # type: ignore[attr-defined]
    with pytest.raises(MigrationError, match="newer version"):
        migrate(empty_url, tree)


def test_a_failing_migration_says_why_in_one_sentence(empty_url: str, tree: ModuleType) -> None:
    first = Path(str(tree.__file__)).parent / "versions" / "0001_a.py"
    first.write_text(first.read_text() + '    op.execute("SELECT * FROM comets")\n')
    with pytest.raises(MigrationError, match="comets"):
        migrate(empty_url, tree)
    assert current(empty_url) is None


def test_a_store_that_nobody_serves_is_named() -> None:
    with pytest.raises(MigrationError, match="cannot be reached"):
        migrate("postgresql://nobody@127.0.0.1:1/nothing", TREES["identity"])


def test_a_start_on_a_current_store_does_not_load_alembic(database_url: str) -> None:
    script = (
        "import sys; from vestibule.db import postgres\n"
        "from vestibule.db.migrate import migrate; from vestibule.store import migrations\n"
        "assert migrate(sys.stdin.read(), migrations) is False; assert 'alembic' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=database_url, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
