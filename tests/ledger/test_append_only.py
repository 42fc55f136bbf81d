"""What the database itself refuses."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from omnisci_etl.context import Context
from omnisci_etl.ledger.database import Ledger

MUTABLE = {"status", "license_class", "rate_limit", "cursor", "paper_queue", "call_lease", "alembic_version"}
HASH = hashlib.sha256(b"x").hexdigest()


def tables(ledger: Ledger) -> list[str]:
    with ledger.engine.connect() as connection:
        found = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'omnisci'")).scalars()
        return sorted(set(found) - MUTABLE)


@pytest.mark.parametrize(
    "statement", ["UPDATE omnisci.{t} SET {c} = {c}", "DELETE FROM omnisci.{t}", "TRUNCATE omnisci.{t} CASCADE"]
)
def test_append_only_tables_refuse_even_their_owner(ledger: Ledger, statement: str) -> None:
    names = tables(ledger)
    assert len(names) >= 28
    for name in names:
        with ledger.engine.connect() as connection:
            column = connection.execute(
                text("SELECT column_name FROM information_schema.columns WHERE table_schema = 'omnisci' AND table_name = :t "
                     "AND is_identity = 'NO' LIMIT 1"), {"t": name},
            ).scalar_one()  # fmt: skip
            with pytest.raises(DBAPIError, match="append-only"):
                connection.exec_driver_sql(statement.format(t=name, c=column))


def test_writer_may_not_even_try(ledger: Ledger) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), ledger.begin() as connection:
        connection.exec_driver_sql("DELETE FROM omnisci.caption")


def make_caption_parts(connection: Connection, run_key: int) -> dict[str, object]:
    """A figure, prompt, model, answered call and route, each with only what the schema wants."""
    one = connection.execute
    paper = one(
        text("INSERT INTO paper (source, external_id, run_key) VALUES ('folder', 'a.xml', :r) RETURNING paper_id"),
        {"r": run_key},
    ).scalar_one()
    version = one(
        text("INSERT INTO paper_version (paper_id, version, run_key) VALUES (:p, 1, :r) RETURNING paper_version_id"),
        {"p": paper, "r": run_key},
    ).scalar_one()
    one(
        text(
            "INSERT INTO paper_state (paper_version_id, license_class, status, state_sha256, run_key) VALUES (:v, 'cc-by', 'current', :h, :r)"
        ),
        {"v": version, "h": HASH, "r": run_key},
    )
    one(
        text("INSERT INTO blob (sha256, media_type, bytes, run_key) VALUES (:h, 'image/png', 1, :r)"),
        {"h": HASH, "r": run_key},
    )
    one(
        text("INSERT INTO picture VALUES (:h, 'image/png', 64, 48, ARRAY[CAST(:h AS sha256_hex)], :r)"),
        {"h": HASH, "r": run_key},
    )
    extraction = one(
        text(
            "INSERT INTO extraction (paper_version_id, outcome, document_sha256, extractor, extractor_version, figures_found, figures_kept, run_key) "
            "VALUES (:v, 'extracted', :h, 'jats', '1', 1, 1, :r) RETURNING extraction_id"
        ),
        {"v": version, "h": HASH, "r": run_key},
    ).scalar_one()
    figure = one(
        text(
            "INSERT INTO figure (extraction_id, paper_version_id, locator, ordinal, label, author_caption, kind, image_sha256, evidence_sha256, extractor, extractor_version) "
            "VALUES (:e, :v, 'Fig1', 1, 'Fig. 1', 'A plot.', 'chart', :h, :h, 'jats', '1') RETURNING figure_id"
        ),
        {"e": extraction, "v": version, "h": HASH},
    ).scalar_one()
    one(text("INSERT INTO prompt VALUES (:h, 'p', '1', 'caption', '', '', '{}', :r)"), {"h": HASH, "r": run_key})
    model = one(
        text(
            "INSERT INTO model (provider, api, requested, family, base_url, params, run_key) VALUES ('x', 'extractive', 'm', 'none', '', '{}', :r) RETURNING model_id"
        ),
        {"r": run_key},
    ).scalar_one()
    call = one(
        text(
            "INSERT INTO call (fingerprint, purpose, prompt_sha256, model_id, evidence_sha256, run_key) VALUES (:h, 'caption', :h, :m, :h, :r) RETURNING call_id"
        ),
        {"h": HASH, "m": model, "r": run_key},
    ).scalar_one()
    route = one(
        text(
            "INSERT INTO route (figure_id, call_id, policy, policy_sha256, reason, features, candidates, probability, run_key) VALUES (:f, :c, 'p', :h, '{}', '{}', '[]', 1, :r) RETURNING route_id"
        ),
        {"f": figure, "c": call, "h": HASH, "r": run_key},
    ).scalar_one()
    attempt = one(
        text(
            "INSERT INTO attempt (call_id, ordinal, run_key, owner, price, worst_case_usd, lease_until) VALUES (:c, 1, :r, 1, '{}', 0.5, now()) RETURNING attempt_id"
        ),
        {"c": call, "r": run_key},
    ).scalar_one()
    one(
        text(
            "INSERT INTO attempt_outcome (attempt_id, slug, input_tokens, output_tokens, cost_usd, latency_ms) VALUES (:a, 'answered', 10, 5, 0.25, 3)"
        ),
        {"a": attempt},
    )
    return {
        "figure_id": figure, "call_id": call, "attempt_id": attempt, "route_id": route, "prompt_sha256": HASH,
        "model_id": model, "run_key": run_key, "body": "A plot of x.", "panels": "[]", "body_sha256": hashlib.sha256(b"A plot of x.").hexdigest(),
    }  # fmt: skip


INSERT = text(
    "INSERT INTO caption (figure_id, call_id, attempt_id, route_id, prompt_sha256, model_id, run_key, body, panels, body_sha256) VALUES "
    "(:figure_id, :call_id, :attempt_id, :route_id, :prompt_sha256, :model_id, :run_key, :body, CAST(:panels AS jsonb), :body_sha256) RETURNING caption_id"
)


@pytest.mark.parametrize(
    "missing", ["figure_id", "call_id", "attempt_id", "route_id", "prompt_sha256", "model_id", "run_key", "body"]
)
def test_a_caption_without_its_origin_cannot_be_stored(context: Context, missing: str) -> None:
    with context.ledger.begin() as connection:
        parts = make_caption_parts(connection, context.run.key)
    with pytest.raises(IntegrityError), context.ledger.begin() as connection:
        connection.execute(INSERT, parts | {missing: None})


@pytest.mark.parametrize(
    "wrong", [{"prompt_sha256": "0" * 64}, {"model_id": 10**6}, {"call_id": 10**6}, {"run_key": 10**6}]
)
def test_a_caption_with_an_invented_origin_cannot_be_stored(context: Context, wrong: dict[str, object]) -> None:
    with context.ledger.begin() as connection:
        parts = make_caption_parts(connection, context.run.key)
    with pytest.raises(IntegrityError), context.ledger.begin() as connection:
        connection.execute(INSERT, parts | wrong)


def test_the_same_figure_and_call_give_one_caption(context: Context) -> None:
    with context.ledger.begin() as connection:
        parts = make_caption_parts(connection, context.run.key)
        connection.execute(INSERT, parts)
    with pytest.raises(IntegrityError), context.ledger.begin() as connection:
        connection.execute(INSERT, parts)


def test_counts_of_figures_must_add_up(context: Context) -> None:
    with pytest.raises(IntegrityError), context.ledger.begin() as connection:
        parts = make_caption_parts(connection, context.run.key)
        connection.execute(
            text("INSERT INTO extraction (paper_version_id, outcome, document_sha256, extractor, extractor_version, figures_found, figures_kept, run_key) "
                 "SELECT paper_version_id, 'extracted', :h, 'jats', '2', 3, 1, :r FROM figure WHERE figure_id = :f"),
            {"h": HASH, "r": context.run.key, "f": parts["figure_id"]},
        )  # fmt: skip


def test_a_kept_figure_has_a_picture(context: Context) -> None:
    with pytest.raises(IntegrityError), context.ledger.begin() as connection:
        parts = make_caption_parts(connection, context.run.key)
        connection.execute(
            text("INSERT INTO figure (extraction_id, paper_version_id, locator, ordinal, label, author_caption, kind, evidence_sha256, extractor, extractor_version) "
                 "SELECT extraction_id, paper_version_id, 'Fig2', 2, 'Fig. 2', '', 'chart', :h, 'jats', '1' FROM figure WHERE figure_id = :f"),
            {"h": HASH, "f": parts["figure_id"]},
        )  # fmt: skip


def test_lineage_and_spend_of_one_caption(context: Context) -> None:
    with context.ledger.begin() as connection:
        parts = make_caption_parts(connection, context.run.key)
        caption = connection.execute(INSERT, parts).scalar_one()
        connection.execute(
            text("INSERT INTO attempt (call_id, ordinal, run_key, owner, price, worst_case_usd, lease_until) VALUES (:c, 2, :r, 99, '{}', 0.75, now() + interval '1 hour')"),
            {"c": parts["call_id"], "r": context.run.key},
        )  # fmt: skip
    with context.ledger.read() as connection:
        row = connection.execute(text("SELECT * FROM lineage")).mappings().one()
        spend = connection.execute(text("SELECT * FROM spend")).mappings().one()
    assert (row["caption_id"], row["is_active"], row["cost_usd"], row["dag_id"]) == (caption, True, 0.25, "cli")
    assert (row["source"], row["external_id"], row["license_uri"], row["scores"], row["ratings"]) == (
        "folder",
        "a.xml",
        None,
        {},
        [],
    )
    assert (spend["calls"], spend["attempts"], spend["input_tokens"], spend["output_tokens"]) == (1, 2, 10, 5)
    # The owner of the second attempt is nobody who is connected, so its answer will never come.
    assert (spend["unknown"], float(spend["cost_unknown_usd"]), spend["failures"]) == (1, 0.75, 0)


def test_an_attempt_of_a_living_owner_is_not_unknown(context: Context) -> None:
    with context.ledger.begin() as connection:
        parts = make_caption_parts(connection, context.run.key)
        connection.execute(
            text("INSERT INTO attempt (call_id, ordinal, run_key, owner, price, worst_case_usd, lease_until) VALUES (:c, 2, :r, :o, '{}', 0.75, now() + interval '1 hour')"),
            {"c": parts["call_id"], "r": context.run.key, "o": context.run.owner},
        )  # fmt: skip
    with context.ledger.read() as connection:
        assert connection.execute(text("SELECT sum(unknown) FROM spend")).scalar() == 0


@pytest.mark.parametrize(
    ("outcomes", "active"),
    [(["accept", "reject"], 0), (["reject", "reject"], 1), (["reject", "accept"], 1), ([None, None], 1)],
)
def test_the_active_caption_is_the_newest_accepted_else_the_newest(
    context: Context, outcomes: list[str | None], active: int
) -> None:
    with context.ledger.begin() as connection:
        parts = make_caption_parts(connection, context.run.key)
        ids = [connection.execute(INSERT, parts).scalar_one()]
        other = connection.execute(
            text("INSERT INTO call (fingerprint, purpose, prompt_sha256, model_id, evidence_sha256, draw, run_key) "
                 "SELECT :fp, purpose, prompt_sha256, model_id, evidence_sha256, 1, run_key FROM call RETURNING call_id"), {"fp": "1" * 64},
        ).scalar_one()  # fmt: skip
        ids.append(connection.execute(INSERT, parts | {"call_id": other}).scalar_one())
        for caption, outcome in zip(ids, outcomes, strict=True):
            if outcome:
                connection.execute(
                    text("INSERT INTO decision (caption_id, policy, policy_sha256, inputs_sha256, outcome, slug, gate_score, reason, run_key) "
                         "VALUES (:c, 'g', :h, :h, :o, 'above-threshold', 0.5, '{}', :r)"),
                    {"c": caption, "h": HASH, "o": outcome, "r": context.run.key},
                )  # fmt: skip
    with context.ledger.read() as connection:
        assert connection.execute(text("SELECT caption_id FROM lineage WHERE is_active")).scalar_one() == ids[active]
