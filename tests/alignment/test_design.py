from __future__ import annotations

import itertools
import math
import random
import time
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.alignment.design import Draw, DrawnItem, FrameItem, allocate, draw, estimate_mean

STRATA = ("discipline", "kind")
sizes = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 60), min_size=1)


def frame_of(counts: dict[str, int]) -> list[FrameItem]:
    names = [name for name, count in counts.items() for _ in range(count)]
    return [FrameItem(1000 + i, name) for i, name in enumerate(names)]


def take(frame: list[FrameItem], size: int, seed: int = 1, floor: float = 0.2) -> Draw:
    return draw(frame, size=size, seed=seed, strata=STRATA, floor=floor)


@given(sizes, st.integers(0, 400), st.integers(0, 2**40), st.floats(0, 1))
@settings(max_examples=120, deadline=None)
def test_every_draw_keeps_its_promises(counts: dict[str, int], size: int, seed: int, floor: float) -> None:
    frame = frame_of(counts)
    total = len(frame)
    drawn = take(frame, size, seed, floor)
    of = {item.caption_id: item.stratum for item in frame}
    assert len(drawn.items) == min(size, total)
    assert len({item.caption_id for item in drawn.items}) == len(drawn.items)
    assert all(of[item.caption_id] == item.stratum for item in drawn.items)
    assert [item.ordinal for item in drawn.items] == list(range(1, len(drawn.items) + 1))
    assert {name: pair[0] for name, pair in drawn.allocation.items()} == counts
    per_stratum = Counter(item.stratum for item in drawn.items)
    assert {name: pair[1] for name, pair in drawn.allocation.items()} == {name: per_stratum[name] for name in counts}
    if drawn.stratified:
        assert all(per_stratum[name] >= 1 for name in counts)
        for item in drawn.items:
            assert item.inclusion_probability == per_stratum[item.stratum] / counts[item.stratum]
        for name, count in counts.items():
            weights = [1 / item.inclusion_probability for item in drawn.items if item.stratum == name]
            assert math.fsum(weights) == pytest.approx(count)
    else:
        assert size < len(counts)
        assert all(item.inclusion_probability == size / total for item in drawn.items)


@given(sizes, st.integers(0, 100), st.integers(0, 2**40), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_frame_does_not_matter(
    counts: dict[str, int], size: int, seed: int, shuffler: random.Random
) -> None:
    frame = frame_of(counts)
    shuffled = frame[:]
    shuffler.shuffle(shuffled)
    assert take(frame, size, seed) == take(shuffled, size, seed)


def test_a_draw_is_the_same_on_every_machine() -> None:
    drawn = take(frame_of({"a": 5, "b": 20}), 4, seed=7)
    assert [(item.caption_id, item.stratum) for item in drawn.items] == [
        (1002, "a"),
        (1008, "b"),
        (1021, "b"),
        (1016, "b"),
    ]
    assert (drawn.seed, drawn.floor, drawn.strata) == (7, 0.2, STRATA)


def test_other_seeds_draw_other_captions() -> None:
    frame = frame_of({"a": 100, "b": 100})
    drawn = [frozenset(item.caption_id for item in take(frame, 20, seed).items) for seed in range(20)]
    assert len(set(drawn)) == 20


@given(sizes, st.data(), st.floats(0, 1))
@settings(max_examples=150, deadline=None)
def test_allocation_is_exact_and_within_bounds(counts: dict[str, int], data: st.DataObject, floor: float) -> None:
    size = data.draw(st.integers(len(counts), sum(counts.values())))
    given_ = allocate(counts, size, floor)
    assert sum(given_.values()) == size
    assert all(1 <= given_[name] <= counts[name] for name in counts)
    assert given_ == allocate(dict(reversed(counts.items())), size, floor)
    ordered = sorted(counts, key=lambda name: counts[name])
    assert all(given_[small] <= given_[large] + 1 for small, large in itertools.pairwise(ordered))


@pytest.mark.parametrize(
    ("counts", "size", "floor", "expected"),
    [
        ({"a": 900, "b": 100}, 100, 1.0, {"a": 90, "b": 10}),
        ({"a": 900, "b": 100}, 100, 0.0, {"a": 75, "b": 25}),
        ({"a": 900, "b": 100}, 100, 0.2, {"a": 78, "b": 22}),
        ({"a": 10_000, "b": 4}, 200, 0.0, {"a": 196, "b": 4}),
        ({"a": 10_000, "b": 1, "c": 1}, 3, 0.2, {"a": 1, "b": 1, "c": 1}),
        ({"a": 5, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1}, 6, 0.2, dict.fromkeys("abcdef", 1)),
        ({"a": 3, "b": 3}, 6, 0.2, {"a": 3, "b": 3}),
        ({"a": 10, "b": 10, "c": 10}, 10, 0.5, {"a": 4, "b": 3, "c": 3}),
    ],
)
def test_allocations_by_hand(counts: dict[str, int], size: int, floor: float, expected: dict[str, int]) -> None:
    assert allocate(counts, size, floor) == expected


@pytest.mark.parametrize("size", [0, 2, 61])
def test_an_allocation_that_cannot_be(size: int) -> None:
    with pytest.raises(ValueError, match="do not fit 3 strata of 60"):
        allocate({"a": 20, "b": 20, "c": 20}, size, 0.2)


def test_each_caption_is_drawn_as_often_as_its_probability_says() -> None:
    frame = frame_of({"a": 30, "b": 8, "c": 2})
    rounds = 1500
    hits: Counter[int] = Counter()
    probability: dict[int, float] = {}
    for seed in range(rounds):
        for item in take(frame, 12, seed).items:
            hits[item.caption_id] += 1
            probability[item.caption_id] = item.inclusion_probability
    assert len(hits) == len(frame)
    for caption_id, count in hits.items():
        p = probability[caption_id]
        assert abs(count / rounds - p) < 4.5 * math.sqrt(p * (1 - p) / rounds) + 1e-9


def test_with_fewer_places_than_strata_every_caption_is_within_reach() -> None:
    frame = frame_of({name: 1 + i % 4 for i, name in enumerate("abcdefghijklmno")})
    hits = Counter(item.caption_id for seed in range(2000) for item in take(frame, 5, seed).items)
    p = 5 / len(frame)
    assert len(hits) == len(frame)
    assert all(abs(hits[item.caption_id] / 2000 - p) < 4.5 * math.sqrt(p * (1 - p) / 2000) for item in frame)


def test_the_first_ordinals_mix_the_strata() -> None:
    frame = frame_of({"a": 200, "b": 200})
    firsts = Counter(take(frame, 100, seed).items[0].stratum for seed in range(200))
    assert 60 < firsts["a"] < 140


def test_nothing_to_draw() -> None:
    assert take([], 10).items == ()
    assert take(frame_of({"a": 3}), 0).items == ()
    whole = take(frame_of({"a": 3, "b": 2}), 99)
    assert {item.inclusion_probability for item in whole.items} == {1.0}


@pytest.mark.parametrize(("size", "floor"), [(-1, 0.2), (1, -0.1), (1, 1.1), (1, math.nan)])
def test_settings_out_of_range(size: int, floor: float) -> None:
    with pytest.raises(ValueError, match="size must not be negative"):
        take(frame_of({"a": 3}), size, floor=floor)


def test_a_caption_twice_in_the_frame() -> None:
    with pytest.raises(ValueError, match="twice"):
        take([FrameItem(1, "a"), FrameItem(1, "b")], 1)


def test_large_frames_are_fast() -> None:
    frame = frame_of({f"s{i}": 50 * (i + 1) for i in range(40)})
    start = time.process_time()
    assert len(take(frame, 500).items) == 500
    assert time.process_time() - start < 3


def values_of(frame: list[FrameItem]) -> dict[int, float]:
    """A value for each caption that depends strongly on its stratum."""
    chooser = random.Random(3)
    mean = {"a": 0.9, "b": 0.5, "c": 0.1}
    return {item.caption_id: float(chooser.random() < mean[item.stratum]) for item in frame}


def estimates(frame: list[FrameItem], size: int, rounds: int, stratified: bool) -> list[tuple[float, float]]:
    values = values_of(frame)
    made = []
    for seed in range(rounds):
        items: tuple[DrawnItem, ...] = take(frame, size, seed).items
        ys = [values[item.caption_id] for item in items]
        ps = [item.inclusion_probability for item in items]
        made.append(estimate_mean(ys, ps, len(frame), [item.stratum for item in items] if stratified else None))
    return made


@pytest.mark.parametrize("size", [45, 2])
def test_the_estimate_is_unbiased(size: int) -> None:
    frame = frame_of({"a": 150, "b": 60, "c": 15})
    truth = sum(values_of(frame).values()) / len(frame)
    made = [estimate for estimate, _ in estimates(frame, size, 600, stratified=size > 2)]
    spread = math.sqrt(sum((e - truth) ** 2 for e in made) / len(made))
    assert abs(sum(made) / len(made) - truth) < 4 * spread / math.sqrt(len(made))


def test_the_standard_error_is_that_of_repeated_draws() -> None:
    frame = frame_of({"a": 150, "b": 60, "c": 15})
    truth = sum(values_of(frame).values()) / len(frame)
    made = estimates(frame, 60, 600, stratified=True)
    spread = math.sqrt(sum((e - truth) ** 2 for e, _ in made) / len(made))
    claimed = math.sqrt(sum(se**2 for _, se in made) / len(made))
    assert claimed == pytest.approx(spread, rel=0.15)
    within = sum(abs(e - truth) <= 1.96 * se for e, se in made) / len(made)
    assert within > 0.9
    cautious = estimates(frame, 60, 100, stratified=False)
    assert sum(se for _, se in cautious) / 100 > claimed


def test_estimates_by_hand() -> None:
    # a: 2 of 4 drawn, mean 0.5, s2 0.5; b: 2 of 8 drawn, mean 1, s2 0.
    estimate, error = estimate_mean([0, 1, 1, 1], [0.5, 0.5, 0.25, 0.25], 12, ["a", "a", "b", "b"])
    assert estimate == pytest.approx((4 * 0.5 + 8 * 1) / 12)
    assert error == pytest.approx(math.sqrt((4 / 12) ** 2 * 0.5 * 0.5 / 2))


def test_a_whole_population_has_no_error() -> None:
    assert estimate_mean([0, 1, 2], [1, 1, 1], 3, ["a", "a", "b"]) == (1.0, 0.0)


def test_a_lone_item_takes_the_pooled_variance_or_none() -> None:
    _, error = estimate_mean([0, 1, 1], [0.5, 0.5, 0.5], 6, ["a", "a", "b"])
    assert error == pytest.approx(math.sqrt((4 / 6) ** 2 * 0.5 * 0.5 / 2 + (2 / 6) ** 2 * 0.5 * 0.5))
    assert estimate_mean([1], [0.5], 2, ["a"])[1] == math.inf
    assert estimate_mean([1], [0.5], 2) == (1.0, math.inf)


@pytest.mark.parametrize(
    ("values", "probabilities", "strata"),
    [([], [], None), ([1], [], None), ([1], [0.0], None), ([1], [1.5], None), ([1, 2], [1, 1], ["a"])],
)
def test_what_cannot_be_estimated(values: list[float], probabilities: list[float], strata: list[str] | None) -> None:
    with pytest.raises(ValueError, match=r"must be as many|lie in"):
        estimate_mean(values, probabilities, 10, strata)


def test_probabilities_within_a_stratum_are_one() -> None:
    groups: defaultdict[str, set[float]] = defaultdict(set)
    for item in take(frame_of({"a": 77, "b": 31, "c": 5}), 40).items:
        groups[item.stratum].add(item.inclusion_probability)
    assert all(len(found) == 1 for found in groups.values())
