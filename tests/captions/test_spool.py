"""Answers kept on the machine until the ledger has them."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal

import pytest
from sqlalchemy.exc import OperationalError

from omnisci_etl.captions.calls import CallDesk, Intent
from omnisci_etl.captions.clerk import Clerk
from omnisci_etl.captions.drafts import Draft
from omnisci_etl.captions.planning import Planner
from omnisci_etl.captions.providers.base import Answer, Usage
from omnisci_etl.captions.routes import Budget, load
from omnisci_etl.captions.spool import FOLDER, Settlement, Spool
from omnisci_etl.captions.stage import caption
from omnisci_etl.context import Context
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.runs import Run, RunIdentity

ANSWER = Answer("answered", {"caption": "é"}, 200, "r", "i", "m", "stop", Usage(3, 1, 0, 2), b"\xff\x00{", 1.5)
KEPT = Settlement(7, 8, ANSWER, Decimal("0.000123"), 0.25, Draft("A line.", (("a", "part"),)))


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / FOLDER)


def names(tmp_path):
    return sorted(path.name for path in (tmp_path / FOLDER).iterdir())


def test_an_answer_comes_back_as_it_was(spool, tmp_path):
    assert spool.names() == []
    spool.put(KEPT, 5)
    assert spool.names() == [(8, 5)]
    assert (spool.holds((8, 5)), spool.holds((8, 6))) == (True, False)
    (found,) = spool.read([(8, 5), (9, 5)])
    assert found == KEPT
    assert found.answer.raw == b"\xff\x00{"
    spool.drop([(8, 5), (9, 5)])
    assert names(tmp_path) == []


def test_no_answer_is_nothing_to_keep(spool, tmp_path):
    spool.put(Settlement(7, 8, Answer("connection-lost"), Decimal(0), 0.1), 5)
    assert not (tmp_path / FOLDER).exists()
    assert spool.names() == []


def test_a_writer_that_was_killed_leaves_nothing_behind(spool, tmp_path):
    """Whole or not, the file that it had not named yet is found, and goes when its answer is stored."""
    spool.put(KEPT, 5)
    whole, unfinished = tmp_path / FOLDER / "8-5.json", tmp_path / FOLDER / "8-5.tmp"
    whole.rename(unfinished)
    assert (spool.names(), spool.holds((8, 5))) == ([(8, 5)], True)
    assert list(spool.read([(8, 5)])) == [KEPT]
    unfinished.write_bytes(unfinished.read_bytes()[:-30])
    assert list(spool.read([(8, 5)])) == []
    spool.drop([(8, 5)])
    assert names(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"{", b'{"call_id": 7}', b"\xff"])
def test_a_damaged_file_is_no_answer_and_other_files_are_left_alone(spool, tmp_path, content):
    spool.put(KEPT, 5)
    (tmp_path / FOLDER / "8-5.json").write_bytes(content)
    (tmp_path / FOLDER / "notes.json").write_text("mine")
    assert spool.names() == [(8, 5)]
    assert list(spool.read([(8, 5)])) == []
    spool.drop(spool.names())
    assert names(tmp_path) == ["notes.json"]


@pytest.fixture
def planned(routed, library):
    """An office with one planned call, and a function that gives a desk of a run that lives."""
    office = routed(settings_={"unknown_grace": 0.0})
    library.figures(1)

    def plan(context):
        clerk = Clerk(context, Planner(load(context.settings)), limit=None, refresh=False)
        return [order.call_id for chunk in clerk.chunks(None) for order in chunk]

    (call_id,) = office.run(plan)
    office.intent = Intent(call_id, {}, Decimal(1))
    return office


@contextmanager
def living(office, **changes):
    """A desk of a process that lives."""
    settings = office.settings.model_copy(update=changes)
    run = Run.start(office.ledger, RunIdentity.of_command("caption"))
    try:
        yield CallDesk(Context(settings, office.ledger, BlobStore(settings.blob_url), run), Budget())
    finally:
        run.rest()


def kept(office, claim):
    return Settlement(office.intent.call_id, claim.attempt_id, ANSWER, Decimal("0.1"), 0.1, Draft("A line."))


def test_only_what_this_ledger_lacks_and_nobody_works_on_is_stored(planned):
    spool = Spool(planned.settings.home_dir / FOLDER)
    with living(planned) as desk:
        (claim,) = desk.claim([planned.intent])
        desk.keep(kept(planned, claim))
        spool.put(Settlement(1, claim.attempt_id, ANSWER, Decimal(0), 0.1), 77)
        with living(planned) as other:
            assert other.take_in() == 0
            assert other.claim([planned.intent])[0].state == "busy"
        assert len(spool.names()) == 2
    with living(planned) as other:
        assert other.take_in() == 1
        assert planned.rows("SELECT body FROM caption") == [{"body": "A line."}]
        # The other file is of another ledger.
        assert spool.names() == [(claim.attempt_id, 77)]


def test_an_answer_whose_process_dies_late_is_stored_before_its_call_is_sent_again(planned):
    """Looked for at the start of a run it may still belong to a living process."""
    with living(planned) as other:
        with living(planned) as desk:
            (claim,) = desk.claim([planned.intent])
            desk.keep(kept(planned, claim))
            assert other.take_in() == 0
        assert other.claim([planned.intent])[0].state == "answered"
    assert planned.rows("SELECT count(*) AS n FROM attempt") == [{"n": 1}]
    assert Spool(planned.settings.home_dir / FOLDER).names() == []


def test_a_damaged_answer_stays_unknown_and_its_call_is_sent_again(planned):
    with living(planned) as other:
        with living(planned) as desk:
            (claim,) = desk.claim([planned.intent])
            desk.keep(kept(planned, claim))
        (path,) = (planned.settings.home_dir / FOLDER).iterdir()
        path.write_bytes(path.read_bytes()[:50])
        assert other.claim([planned.intent])[0].state == "sent"
        assert planned.rows("SELECT sum(unknown) AS n FROM spend") == [{"n": 1}]
    assert not path.exists()


def test_answers_that_the_database_refused_are_stored_by_the_next_run(routed, llm, library, settings, monkeypatch):
    office = routed(max_in_flight=2)
    library.figures(3)

    def away(*_):
        raise OperationalError("INSERT", {}, Exception("the server closed the connection"))

    monkeypatch.setattr("omnisci_etl.captions.concurrency.TRIES", ())
    with monkeypatch.context() as patch:
        patch.setattr(CallDesk, "settle", away)
        with pytest.raises(OperationalError):
            office.run(caption)
    bill = len(llm.bill)
    assert 0 < bill == len(list((settings.home_dir / FOLDER).iterdir()))
    assert office.run(caption)["captioned"] == 3
    assert len(llm.bill) == 3
    assert office.rows("SELECT sum(unknown) AS n FROM spend") == [{"n": 0}]
    assert list((settings.home_dir / FOLDER).iterdir()) == []
