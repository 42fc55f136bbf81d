"""The blob store, and runs as other processes see them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text

from omnisci_etl.config import Settings
from omnisci_etl.context import Context, run_stage
from omnisci_etl.errors import ConfigError, LeftOver
from omnisci_etl.hashing import sha256_hex
from omnisci_etl.ledger.blobs import BlobMissing, BlobStore
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.ledger.runs import Run, RunIdentity, code_version


@hypothesis_settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=2000))
def test_what_is_put_is_got(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    for url in (str(tmp_path_factory.getbasetemp() / "blobs"), "memory://blobs"):
        store = BlobStore(url)
        assert store.get(store.put(data)) == data
        assert store.put(data) == sha256_hex(data)
        assert store.exists(sha256_hex(data))


def test_damage_and_loss_are_noticed(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    sha256 = store.put(b"figure")
    Path(store.path(sha256)).write_bytes(b"figurf")
    with pytest.raises(BlobMissing, match="damaged"):
        store.get(sha256)
    Path(store.path(sha256)).unlink()
    with pytest.raises(BlobMissing, match="missing"):
        store.get(sha256)


def test_hashes_lists_blobs_only(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path / "b"))
    assert list(store.hashes()) == []
    first, second = store.put(b"1"), store.put(b"2")
    (tmp_path / "b" / ".half.tmp").write_bytes(b"")
    assert sorted(store.hashes()) == sorted([first, second])


def test_an_unwritable_or_unknown_store_is_a_setting_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="OMNISCI_BLOBS"):
        BlobStore(str(tmp_path / "file" / "below")).check_writable()
    with pytest.raises(ConfigError, match="OMNISCI_BLOBS"):
        BlobStore("nonsense://x")


def test_registering_twice_is_one_row(context: Context) -> None:
    for _ in range(2):
        with context.ledger.begin() as connection:
            context.blobs.register(connection, b"x", "text/plain", context.run.key)
    with context.ledger.read() as connection:
        assert connection.execute(text("SELECT sha256, bytes FROM blob")).one() == (sha256_hex(b"x"), 1)


def alive(ledger: Ledger, owner: int) -> bool:
    with ledger.engine.connect() as connection:
        return bool(connection.execute(text("SELECT omnisci.owner_alive(:o)"), {"o": owner}).scalar())


def test_a_run_is_alive_until_it_ends(ledger: Ledger) -> None:
    run = Run.start(ledger, RunIdentity.of_command("test"), {"limit": "3"})
    assert alive(ledger, run.owner)
    assert not alive(ledger, run.owner ^ 1)
    run.finish("done", {"papers": 2})
    assert not alive(ledger, run.owner)
    with ledger.read() as connection:
        row = connection.execute(
            text("SELECT dag_id, task_id, config, outcome, counts, code_version FROM run JOIN run_end USING (run_key)")
        ).one()
    assert row == ("cli", "test", {"limit": "3"}, "done", {"papers": 2}, code_version())


def test_a_killed_process_is_dead_at_once(ledger: Ledger, database: str) -> None:
    code = (
        "import sys, time\n"
        "from omnisci_etl.ledger.database import Ledger\n"
        "from omnisci_etl.ledger.runs import Run, RunIdentity\n"
        "run = Run.start(Ledger(sys.argv[1]), RunIdentity.of_command('t'))\n"
        "print(run.owner, flush=True)\n"
        "time.sleep(60)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, database], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    owner = int(child.stdout.readline())
    assert alive(ledger, owner)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    for _ in range(200):
        if not alive(ledger, owner):
            break
    assert not alive(ledger, owner)


def test_the_same_try_is_one_row_with_two_owners(ledger: Ledger) -> None:
    identity = RunIdentity("caption", "scheduled__1", "caption", -1, 1)
    first, second = Run.start(ledger, identity), Run.start(ledger, identity)
    assert first.key == second.key
    assert first.owner != second.owner
    first.finish("done")
    second.finish("failed")
    with ledger.read() as connection:
        assert connection.execute(text("SELECT outcome FROM run_end")).scalars().all() == ["done"]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "done"),
        (LeftOver("3 are left"), "left-over"),
        (ConfigError("wrong"), "failed"),
        (KeyError("bug"), "failed"),
    ],
)
def test_a_stage_writes_how_it_ended(settings: Settings, ledger: Ledger, error: Exception | None, outcome: str) -> None:
    def stage(context: Context) -> dict[str, int]:
        assert context.run.identity.task_id == "stage"
        if error:
            raise error
        return {"rows": 1}

    if error:
        with pytest.raises(type(error)):
            run_stage(RunIdentity.of_command("stage"), stage, settings=settings)
    else:
        assert run_stage(RunIdentity.of_command("stage"), stage, settings=settings) == {"rows": 1}
    with ledger.read() as connection:
        assert connection.execute(text("SELECT outcome FROM run_end")).scalar_one() == outcome
