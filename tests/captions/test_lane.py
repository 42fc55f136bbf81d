"""A lane with an office that is made up: what it does with every claim and answer, and how it ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal

import pytest

from omnisci_etl.captions.calls import Claim, Intent
from omnisci_etl.captions.drafts import drafted
from omnisci_etl.captions.lane import Job, Lane, Ready
from omnisci_etl.captions.providers.base import Answer, ModelRequest, Usage
from omnisci_etl.captions.routes import Model, Prices
from omnisci_etl.config import Settings

GOOD = Answer(
    "answered",
    content={"caption": "A line.", "panels": []},
    http_status=200,
    usage=Usage(input_tokens=1000, output_tokens=100),
)
REQUEST = ModelRequest(model="m", system="", user="", schema={})


class Vendor:
    """answers: what comes, in order, then good ones."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    async def complete(self, request):
        self.asked += 1
        await asyncio.sleep(0)
        return self.answers.pop(0) if self.answers else GOOD


class Office:
    """claims: what comes of intents, in order, then "sent"."""

    def __init__(self, *claims, wait=0.0, ready=None):
        self.claims = list(claims)
        self.wait = wait
        self.ready = ready
        self.settlements = 0
        self.settled = asyncio.Event()
        self.stored = []
        self.came = Counter()
        self.reasons = []
        self.lane = None

    async def prepare(self, job, lane):
        return self.ready or Ready(REQUEST, Intent(job.call_id, {}, Decimal("0.5")), 10)

    async def pace(self, lane, tokens):
        return self.wait

    async def claim(self, intent):
        await asyncio.sleep(0)
        self.came["claims"] += 1
        return self.claims.pop(0) if self.claims else Claim("sent", intent.call_id)

    def drafted(self, answer):
        return drafted(answer)

    async def settle(self, settlement):
        await asyncio.sleep(0.01)
        self.stored.append(settlement)
        self.settlements += 1
        self.settled.set()
        return 1 if settlement.draft else 0

    async def settlement(self, since):
        while self.settlements <= since:
            self.settled.clear()
            await self.settled.wait()

    async def adopt(self, call_id):
        self.came["adopted"] += 1
        return 1

    def unsettled(self):
        return self.lane.unsettled

    def attempted(self, job):
        self.came["attempts"] += 1

    def done(self, job, captions):
        self.came["done"] += captions

    def failed(self, job):
        self.came["failed"] += job.wanted

    def left(self, job, reason, slug):
        self.came["left"] += job.wanted
        self.reasons.append(reason)


def run(office_of, vendor, jobs=1, seconds=10, after=None, **model):
    """Runs a lane with so many jobs to its end; its office."""

    async def go():
        office = office_of()
        prices = Prices(input=Decimal(2), output=Decimal(10))
        spec = Model(provider="v", model="m", usd_per_mtok=prices, **{"max_in_flight": 2} | model)
        lane = office.lane = Lane("main", spec, vendor, Settings(call_tries=2, strike_cap=2), office)
        for number in range(1, jobs + 1):
            lane.add(Job(number))
        lane.close()
        if after:
            asyncio.get_running_loop().call_later(0.05, after, lane)
        await asyncio.wait_for(asyncio.gather(*lane.tasks), seconds)
        return office

    return asyncio.run(go())


def test_a_good_answer_is_priced_and_stored():
    office = run(Office, Vendor())
    (one,) = office.stored
    assert one.cost == Decimal("0.003")
    assert one.draft.body == "A line."
    assert office.came == {"claims": 1, "attempts": 1, "done": 1}


@pytest.mark.parametrize(
    ("claim", "came"),
    [
        (Claim("answered"), {"claims": 1, "adopted": 1, "done": 1}),
        (Claim("failed"), {"claims": 1, "failed": 1}),
        (Claim("grace", wait_s=0.05), {"claims": 2, "attempts": 1, "done": 1}),
        (Claim("busy"), {"claims": 2, "attempts": 1, "done": 1}),
        (Claim("full"), {"claims": 2, "attempts": 1, "done": 1}),
        (Claim("budget", limit="no room"), {"claims": 1, "left": 1}),
    ],
)
def test_what_follows_a_claim_that_is_not_sent(claim, came):
    office = run(lambda: Office(claim), Vendor())
    assert office.came == came
    if claim.state == "budget":
        assert office.reasons == ["no room"]


def test_a_full_budget_waits_for_open_attempts_before_it_stops():
    office = run(lambda: Office(Claim("sent", 1), Claim("budget", limit="no room")), Vendor(), jobs=2)
    assert office.came == {"claims": 3, "attempts": 2, "done": 2}


def test_strikes_end_a_call_and_the_last_says_so():
    refused = Answer("refused", http_status=200, usage=Usage(input_tokens=10), error="no")
    office = run(lambda: Office(Claim("sent", 1, strikes=0), Claim("sent", 2, strikes=1)), Vendor(refused, refused))
    assert [one.answer.slug for one in office.stored] == ["refused", "strikes-out"]
    assert all(one.cost > 0 for one in office.stored)
    assert office.came["failed"] == 1


def test_a_request_that_cannot_be_made_is_stored_and_not_sent():
    vendor = Vendor()
    office = run(lambda: Office(ready=Ready(REQUEST, Intent(1, {}, Decimal(1)), 1, fault="broken")), vendor)
    assert vendor.asked == 0
    assert [one.answer.slug for one in office.stored] == ["bad-request"]
    assert office.came["failed"] == 1
    office = run(lambda: Office(ready="the picture is gone"), vendor)
    assert (office.came, office.reasons) == ({"left": 1}, ["the picture is gone"])


def test_a_wrong_key_stops_the_lane_and_leaves_the_rest():
    office = run(Office, Vendor(*[Answer("wrong-key", http_status=401, error="401: no")] * 2), jobs=9)
    assert office.came["left"] == 9
    assert office.came["attempts"] <= 2
    assert set(office.reasons) == {"v/m: wrong-key: 401: no"}


def test_nothing_but_failures_stops_the_lane():
    vendor = Vendor(*[Answer("overloaded", http_status=503, error="503")] * 100)
    office = run(Office, vendor, jobs=40)
    assert office.came["left"] == 40
    assert vendor.asked <= 2 + 2 + 2


def test_stopping_ends_every_wait_at_once():
    """The minute's places, the vendor's wait and the poll of a busy call must not hold up a run that ends."""
    stop = lambda lane: lane.stop("enough")  # noqa: E731
    assert run(lambda: Office(wait=600.0), Vendor(), jobs=4, seconds=3, after=stop).came["left"] == 4
    asked_to_wait = [Answer("rate-limited", http_status=429, retry_after=200.0)] * 4
    assert run(Office, Vendor(*asked_to_wait), jobs=6, seconds=3, after=stop).came["left"] == 6
    graces = [Claim("grace", wait_s=500.0)] * 3
    assert run(lambda: Office(*graces), Vendor(), jobs=3, seconds=3, after=stop).came["left"] == 3


def test_an_abandoned_lane_ends_although_jobs_are_left():
    async def broken(settlement):
        raise RuntimeError("the database is gone")

    async def go():
        office = Office()
        office.settle = broken
        spec = Model(provider="v", model="m", usd_per_mtok=Prices(input=Decimal(1), output=Decimal(1)), max_in_flight=1)
        lane = office.lane = Lane("main", spec, Vendor(), Settings(), office)
        for number in range(30):
            lane.add(Job(number))
        await asyncio.wait(lane.tasks, return_when=asyncio.FIRST_EXCEPTION)
        lane.abandon()
        return await asyncio.wait_for(asyncio.gather(*lane.tasks, return_exceptions=True), 5)

    assert any(isinstance(one, RuntimeError) for one in asyncio.run(go()))
