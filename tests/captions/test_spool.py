"""Answers kept on the machine until the ledger has them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy.exc import OperationalError

from omnisci_etl.captions.calls import CallDesk, Settlement
from omnisci_etl.captions.drafts import Draft
from omnisci_etl.captions.providers.base import Answer, Usage
from omnisci_etl.captions.spool import FOLDER, Spool
from omnisci_etl.captions.stage import caption

ANSWER = Answer("answered", {"caption": "é"}, 200, "r", "i", "m", "stop", Usage(3, 1, 0, 2), b"\xff\x00{", 1.5)
KEPT = Settlement(7, 8, ANSWER, Decimal("0.000123"), 0.25, Draft("A line.", (("a", "part"),)))


class Desk:
    """A ledger that knows attempts 8 (open, its process gone) and 9 (settled), both of owner 5."""

    def __init__(self):
        self.settled = []

    def kept(self, names):
        return [n for n in names if n == (9, 5)], [n for n in names if n == (8, 5)]

    def settle(self, settlements):
        self.settled += settlements
        return [1] * len(settlements)


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / FOLDER)


def names(tmp_path):
    return sorted(path.name for path in (tmp_path / FOLDER).iterdir())


def test_an_answer_comes_back_as_it_was(spool, tmp_path):
    spool.put(KEPT, 5)
    desk = Desk()
    assert spool.adopt(desk) == 1
    assert desk.settled == [KEPT]
    assert desk.settled[0].answer.raw == b"\xff\x00{"
    assert names(tmp_path) == []


def test_only_what_this_ledger_lacks_is_stored(spool, tmp_path):
    settled = Settlement(7, 9, ANSWER, Decimal(0), 0.1)
    elsewhere = Settlement(7, 8, ANSWER, Decimal(0), 0.1)
    spool.put(settled, 5)
    spool.put(elsewhere, 6)
    desk = Desk()
    assert spool.adopt(desk) == 0
    assert desk.settled == []
    assert names(tmp_path) == ["8-6.json"]


def test_no_answer_is_nothing_to_keep(spool, tmp_path):
    spool.put(Settlement(7, 8, Answer("connection-lost"), Decimal(0), 0.1), 5)
    assert not (tmp_path / FOLDER).exists()
    assert spool.adopt(Desk()) == 0


@pytest.mark.parametrize("content", [b"", b"{", b'{"call_id": 7}', b"\xff"])
def test_a_damaged_file_stays_unknown_and_other_files_are_left_alone(spool, tmp_path, content):
    spool.put(KEPT, 5)
    (tmp_path / FOLDER / "8-5.json").write_bytes(content)
    (tmp_path / FOLDER / "notes.json").write_text("mine")
    desk = Desk()
    assert spool.adopt(desk) == 0
    assert desk.settled == []
    assert names(tmp_path) == ["notes.json"]


def test_answers_that_the_database_refused_are_stored_by_the_next_run(routed, llm, library, settings, monkeypatch):
    office = routed(max_in_flight=2)
    library.figures(3)

    def away(*_):
        raise OperationalError("INSERT", {}, Exception("the server closed the connection"))

    monkeypatch.setattr("omnisci_etl.captions.crew._SETTLE_TRIES", 1)
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
