"""Which call a figure wants: what makes it another one, and what does not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from omnisci_etl.captions import prompts
from omnisci_etl.captions.evidence import Evidence, PanelText
from omnisci_etl.captions.figures import FigureRow, Prior, candidates, chunks, load_figures
from omnisci_etl.captions.planning import Planner, known_calls
from omnisci_etl.captions.routes import DEFAULT, Model, Policy, Prices, Provider, Routes

FIGURE = FigureRow(
    figure_id=1, evidence=Evidence("Fig. 1", "Rates.", panels=(PanelText("a", "One."),)), evidence_sha256="e" * 64,
    image_sha256="1" * 64, media_type="image/png", width=640, height=480, image_bytes=1000, source="arxiv", extractor="jats",
    disciplines=("physics",), captioned_by=frozenset(), prior=None,
)  # fmt: skip


def routes(provider=None, **model):
    fields = {
        "provider": "vendor",
        "model": "m-1",
        "usd_per_mtok": Prices(input=Decimal(1), output=Decimal(2)),
        **model,
    }
    providers = {
        "vendor": provider or Provider(api="openai", base_url="https://a.example/v1"),
        "offline": Provider(api="extractive"),
    }
    models = {"main": Model(**fields), "extract": Model(provider="offline", model="extractive-1")}
    return Routes(providers=providers, models=models, policy=Policy(name="p", default="main"))


def fingerprint(table=None, figure=FIGURE):
    return Planner(table or routes()).want(figure).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        routes(model="m-2"),
        routes(params={"temperature": 0}),
        routes(max_output_tokens=100),
        routes(Provider(api="openai", base_url="https://b.example/v1")),
        routes(Provider(api="openai-compatible", base_url="https://a.example/v1")),
    ],
)
def test_another_model_is_another_call(other):
    assert fingerprint(other) != fingerprint()


@pytest.mark.parametrize(
    "other",
    [
        routes(usd_per_mtok=Prices(input=Decimal(5), output=Decimal(2))),
        routes(max_in_flight=60),
        routes(requests_per_minute=5, tokens_per_minute=7),
        routes(family="x"),
        routes(Provider(api="openai", base_url="https://a.example/v1/", api_key_env="OTHER_KEY")),
    ],
)
def test_price_pace_family_and_key_make_no_other_call(other):
    assert fingerprint(other) == fingerprint()


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"evidence_sha256": "f" * 64}, False), ({"image_sha256": "2" * 64}, False), ({"figure_id": 7}, True),
        ({"source": "natcomms"}, True), ({"disciplines": ("ecology",)}, True), ({"width": 10}, True),
    ],
)  # fmt: skip
def test_evidence_and_picture_are_the_figure(changes, same):
    assert (fingerprint(figure=replace(FIGURE, **changes)) == fingerprint()) is same


def test_the_extractive_captioner_sees_no_picture():
    assert fingerprint(DEFAULT, replace(FIGURE, image_sha256="2" * 64)) == fingerprint(DEFAULT)
    assert fingerprint(DEFAULT, replace(FIGURE, evidence_sha256="f" * 64)) != fingerprint(DEFAULT)


def test_a_changed_prompt_is_another_call(monkeypatch):
    before = fingerprint()
    prompt = prompts.load("figure-caption")
    monkeypatch.setattr(prompts, "load", lambda name: replace(prompt, sha256="0" * 64))
    assert fingerprint() != before


def prior(**changes):
    prompt = prompts.load("figure-caption").sha256
    return Prior(
        **{"fingerprint": "x", "prompt_sha256": prompt, "evidence_sha256": "e" * 64, "image_sha256": "1" * 64} | changes
    )


@pytest.mark.parametrize(
    ("changes", "standing", "why"),
    [
        ({}, "wanted", ()),
        ({"captioned_by": frozenset({fingerprint(), "x"})}, "done", ()),
        ({"captioned_by": frozenset({"x"}), "prior": prior()}, "stale", ("model",)),
        ({"prior": prior(prompt_sha256="0" * 64)}, "stale", ("prompt",)),
        ({"prior": prior(evidence_sha256="0" * 64)}, "stale", ("evidence",)),
        ({"prior": prior(image_sha256="0" * 64, prompt_sha256="0" * 64)}, "stale", ("prompt", "picture")),
        ({"prior": prior(image_sha256="0" * 64, evidence_sha256="0" * 64)}, "stale", ("picture", "evidence")),
        ({"prior": prior(fingerprint=fingerprint())}, "wanted", ()),
    ],
)
def test_the_standing_of_a_figure(changes, standing, why):
    want = Planner(routes()).want(replace(FIGURE, **changes))
    assert (want.standing, want.stale_by) == (standing, why)


def test_only_small_jpegs_are_known_to_be_sent_as_they_are(library, routed, llm):
    import io
    from functools import partial

    from PIL import Image

    from omnisci_etl.captions.stage import caption

    def jpeg(size):
        data = io.BytesIO()
        Image.new("RGB", size, "white").save(data, format="JPEG")
        return data.getvalue()

    extraction = library.paper()
    small = library.figure(extraction, 1, picture=jpeg((64, 64)), media_type="image/jpeg")
    library.figure(extraction, 2, picture=jpeg((2100, 40)), media_type="image/jpeg")
    library.figure(extraction, 3)
    office = routed()
    office.run(partial(caption))
    rows = office.rows(
        "SELECT figure_id, sent_image_sha256 AS sent, image_sha256 AS image FROM call JOIN route USING (call_id) JOIN figure USING (figure_id)"
    )
    assert {row["figure_id"] for row in rows if row["sent"]} == {small}
    assert all(row["sent"] in (None, row["image"]) for row in rows)
    media = [asked.body["input"][0]["content"][0]["image_url"].split(";")[0] for asked in llm.asked]
    assert sorted(media) == ["data:image/jpeg", "data:image/png", "data:image/png"]


def test_figures_are_read_with_their_evidence(library, ledger):
    extraction = library.paper(discipline="ecology")
    one = library.figure(
        extraction, 1, caption="Rates. (a) One.", panels=[("a", "One.")], mentions=["Fig. 1 shows rates."]
    )
    two = library.figure(extraction, 2)
    library.figure(extraction, 3, reject_slug="picture-tiny")
    with ledger.begin() as connection:
        assert candidates(connection, discipline=None, captioned=False) == [one, two]
        assert candidates(connection, discipline="physics", captioned=False) == []
        figures = load_figures(connection, [two, one])
        assert known_calls(connection, ["0" * 64]) == {}
    first, second = figures
    assert (first.figure_id, second.figure_id) == (one, two)
    assert first.evidence.panels == (PanelText("a", "One."),)
    assert [m.text for m in first.evidence.mentions] == ["Fig. 1 shows rates."]
    assert (first.evidence.title, first.evidence.label, first.evidence.kind) == ("A paper", "Fig. 1", "chart")
    assert (first.disciplines, first.source, first.extractor) == (("ecology",), "arxiv", "jats")
    assert (first.width, first.height, first.media_type) == (64, 48, "image/png")
    assert first.image_bytes > 0
    assert first.prior is None
    assert second.evidence.panels == ()


def test_chunks():
    assert list(chunks([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]
    assert list(chunks([], 2)) == []
