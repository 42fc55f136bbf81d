"""The gate, the grouping, the costs and the waits."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from omnisci_etl.captions import concurrency, costs
from omnisci_etl.captions.concurrency import Gate, Grouped
from omnisci_etl.captions.limits import Pace
from omnisci_etl.captions.providers.base import Usage
from omnisci_etl.captions.routes import Model, Prices


def test_the_gate_lets_so_many_through_and_no_more():
    async def run():
        gate, peak = Gate(3), 0

        async def one():
            nonlocal peak
            await gate.enter()
            peak = max(peak, gate.inside)
            await asyncio.sleep(0.001)
            gate.leave()

        await asyncio.wait_for(asyncio.gather(*(one() for _ in range(20))), 5)
        return gate.inside, peak

    assert asyncio.run(run()) == (0, 3)


def test_a_429_takes_one_place_away_and_answers_give_it_back(monkeypatch):
    monkeypatch.setattr(concurrency, "HOLD", 0.0)
    gate = Gate(8)
    for limit in (7, 6, 5):
        gate.failed(refused=True)
        assert gate.limit == limit
        gate.answered()
    for _ in range(100):
        gate.answered()
    assert gate.limit == 8


@pytest.mark.parametrize(("long_hold", "limit"), [(60.0, 17), (0.0, 32)])
def test_the_limit_feels_its_way_up_and_grows_fast_only_after_a_long_quiet(monkeypatch, long_hold, limit):
    gate = Gate(64)
    for _ in range(48):
        gate.failed(refused=True)
        gate.answered()
    assert gate.limit == 16
    monkeypatch.setattr(concurrency, "HOLD", 0.0)
    monkeypatch.setattr(concurrency, "LONG_HOLD", long_hold)
    for _ in range(18):
        gate.answered()
    assert gate.limit == limit


def test_the_limit_holds_for_a_while_after_a_429():
    gate = Gate(8)
    gate.failed(refused=True)
    for _ in range(50):
        gate.answered()
    assert gate.limit == 7


def test_other_failures_take_no_place_away():
    gate = Gate(8)
    for _ in range(20):
        gate.failed(refused=False)
        gate.answered()
    assert gate.limit == 8


def test_failures_in_a_row_pause_everyone_then_one_at_a_time_tries(monkeypatch):
    monkeypatch.setattr(concurrency, "PAUSE", 0.1)

    async def run():
        gate = Gate(3)
        waits = []
        for _ in range(3):
            await gate.enter()
        for _ in range(3):
            gate.leave()
            gate.failed(refused=False)
        assert gate.pauses == 1
        for _ in range(2):
            started = time.monotonic()
            await gate.enter()
            waits.append(time.monotonic() - started)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(gate.enter(), 0.05)
            gate.leave()
            gate.failed(refused=False)
        assert waits[0] > 0.08
        assert waits[1] > 0.18
        assert gate.pauses == 3
        await gate.enter()
        gate.answered()
        await asyncio.wait_for(asyncio.gather(gate.enter(), gate.enter()), 2)
        return gate.inside

    assert asyncio.run(run()) == 3


def test_a_vendors_wait_is_kept():
    async def run():
        gate = Gate(2)
        gate.failed(refused=True, wait=0.7)
        gate.failed(refused=True, wait=0.7)
        started = time.monotonic()
        await gate.enter()
        return time.monotonic() - started

    assert asyncio.run(run()) >= 0.69


def test_waiting_requests_enter_when_the_limit_grows(monkeypatch):
    monkeypatch.setattr(concurrency, "HOLD", 0.0)

    async def run():
        gate = Gate(8)
        gate._limit = 1.0
        await gate.enter()
        waiting = [asyncio.create_task(gate.enter()) for _ in range(2)]
        await asyncio.sleep(0.01)
        assert not any(task.done() for task in waiting)
        for _ in range(2):
            gate.answered()
        await asyncio.wait_for(asyncio.gather(*waiting), 2)

    asyncio.run(run())


def test_an_opened_gate_ends_every_wait_and_stays_open():
    async def run():
        gate = Gate(1)
        await gate.enter()
        for _ in range(2):
            gate.failed(refused=True, wait=60.0)
        waiting = [asyncio.create_task(gate.enter()) for _ in range(3)]
        await asyncio.sleep(0.01)
        gate.open()
        gate.failed(refused=True, wait=60.0)
        await asyncio.wait_for(asyncio.gather(*waiting, gate.enter()), 2)

    asyncio.run(run())


def test_work_that_comes_while_busy_is_done_together():
    groups, go = [], threading.Event()

    def work(items):
        groups.append(list(items))
        go.wait(5)
        return [item * 2 for item in items]

    async def run():
        with ThreadPoolExecutor(1) as pool:
            grouped = Grouped(work, pool, most=5)
            tasks = [asyncio.create_task(grouped(n)) for n in range(9)]
            await asyncio.sleep(0.02)
            go.set()
            return await asyncio.gather(*tasks)

    assert asyncio.run(run()) == [n * 2 for n in range(9)]
    assert all(len(group) <= 5 for group in groups)
    assert len(groups) < 9


def test_a_failure_reaches_everyone_of_its_group_and_no_one_else():
    def work(items):
        if 3 in items:
            raise ValueError("three")
        return list(items)

    async def run():
        with ThreadPoolExecutor(1) as pool:
            grouped = Grouped(work, pool, most=2)
            return await asyncio.gather(*(grouped(n) for n in range(6)), return_exceptions=True)

    assert [str(one) for one in asyncio.run(run())] == ["0", "1", "three", "three", "4", "5"]


def test_patience_is_spent_once(monkeypatch):
    monkeypatch.setattr(concurrency, "TRIES", (0.0, 0.0))
    told = []

    def away(again):
        told.append(again)
        raise OperationalError("SELECT 1", {}, Exception("the server is gone"))

    surely = concurrency.Patience()
    for count in (3, 4):
        with pytest.raises(OperationalError):
            surely(away)
        assert len(told) == count
    assert told == [False, True, True, False]
    assert surely(lambda again: again) is False


def test_prices_of_cached_and_written_tokens():
    prices = Prices(input=2, cached_input=Decimal("0.2"), cache_write=Decimal("2.5"), output=10)
    usage = Usage(input_tokens=1000, cached_tokens=300, cache_write_tokens=100, output_tokens=50)
    assert costs.cost(prices, usage) == (600 * 2 + 300 * Decimal("0.2") + 100 * Decimal("2.5") + 50 * 10) / Decimal(
        1_000_000
    )
    plain = Prices(input=2, output=10)
    assert costs.cost(plain, usage) == (1000 * 2 + 50 * 10) / Decimal(1_000_000)
    assert costs.snapshot(plain) == {
        "unit": "usd_per_mtok",
        "input": "2",
        "cached_input": "2",
        "cache_write": "2",
        "output": "10",
    }


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=400), st.integers(1, 4000), st.integers(0, 4000))
def test_the_worst_case_is_above_any_likely_cost(text, width, output):
    prices = Prices(input=3, output=15)
    size = len(text.encode())
    tokens = costs.likely_input_tokens(size, *costs.sent_size(width, width, 2048))
    assert costs.worst_case(prices, size, True, 4000) >= costs.cost(
        prices, Usage(input_tokens=tokens, output_tokens=output)
    )


def test_guesses():
    assert costs.sent_size(4096, 2048, 2048) == (2048, 1024)
    assert costs.sent_size(300, 200, 2048) == (300, 200)
    assert costs.likely_output_tokens(3, 4000) == 590
    assert costs.likely_output_tokens(30, 800) == 800


def test_places_in_a_minute_are_given_out_over_all_processes(ledger):
    spec = Model(provider="vendor", model="m-1", requests_per_minute=60, tokens_per_minute=6000)
    one, other = Pace(ledger, spec), Pace(ledger, spec)
    first = one.reserve([10, 10])
    second = other.reserve([10])
    assert first == [pytest.approx(0, abs=0.2), pytest.approx(1, abs=0.2)]
    assert second == [pytest.approx(2, abs=0.3)]
    assert one.reserve([600]) == [pytest.approx(3, abs=0.4)]
    assert other.reserve([1])[0] > 5
    assert not one.unlimited
    assert Pace(ledger, Model(provider="v", model="m")).unlimited
    with ledger.begin() as connection:
        rows = connection.exec_driver_sql("SELECT service FROM rate_limit ORDER BY service").scalars().all()
    assert rows == ["llm:vendor/m-1:rpm", "llm:vendor/m-1:tpm"]
