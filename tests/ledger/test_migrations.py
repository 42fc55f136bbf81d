"""Migrations up and down, and what the contract wants of the views."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from omnisci_etl.config import Settings
from omnisci_etl.errors import ConfigError
from omnisci_etl.ledger import migrate, revisions
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.ledger.statuses import statuses

ROOT = Path(__file__).resolve().parents[2]
VIEWS = {
    "papers": "paper_id source external_id version doi title published_on harvested_at disciplines discipline_source license_uri "
    "license_class status linked_paper_id figures_kept figures_rejected outcome",
    "triplets": "figure_id source external_id version title published_on disciplines license_uri license_class exportable "
    "reject_slug label ordinal kind panel_labels image_sha256 width height author_caption mentions mention_count page bbox "
    "extractor extractor_version",
    "lineage": "caption_id is_active figure_id source external_id version license_uri image_sha256 author_caption body panels "
    "provider model_requested model_resolved params prompt_name prompt_sha256 route_policy route_reason route_probability "
    "call_id request_id input_tokens output_tokens cost_usd scores decision decision_reason ratings dag_id run_id task_id "
    "map_index try_number code_version created_at",
    "spend": "day discipline kind provider model prompt_sha256 purpose calls attempts failures input_tokens output_tokens "
    "cost_usd unknown cost_unknown_usd accepted cost_per_accepted",
    "funnel": "source discipline stage status count",
}
VIEWS["export_lineage"] = "export_id shard row_no " + VIEWS["lineage"]


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_views_have_the_columns_of_the_contract(ledger: Ledger, view: str) -> None:
    with ledger.read() as connection:
        columns = list(connection.execute(text(f"SELECT * FROM {view}")).keys())
    wanted = VIEWS[view].split()
    assert columns[: len(wanted)] == wanted if view == "papers" else columns == wanted


def test_every_view_and_its_columns_are_documented(ledger: Ledger) -> None:
    with ledger.read() as connection:
        missing = connection.execute(text(
            "SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
            "WHERE n.nspname = 'omnisci' AND c.relkind = 'v' AND c.relname NOT IN ('call_status', 'export_lineage') "
            "AND col_description(c.oid, a.attnum) IS NULL"
        )).scalars().all()  # fmt: skip
        views = connection.execute(text(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'omnisci' "
            "AND c.relkind IN ('v', 'r') AND c.relname <> 'alembic_version' AND obj_description(c.oid) IS NULL"
        )).scalars().all()  # fmt: skip
    assert missing == []
    assert views == []


def test_newest_step_can_be_taken_back_and_made_again(ledger: Ledger) -> None:
    before = revisions.current(ledger)
    assert before == revisions.head()
    assert migrate.downgrade(ledger) != before
    assert migrate.upgrade(ledger) == before
    assert revisions.current(ledger) == before


def test_all_the_way_down_and_up(ledger: Ledger) -> None:
    while revisions.current(ledger):
        migrate.downgrade(ledger)
    with ledger.engine.connect() as connection:
        left = connection.execute(text("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                                       "WHERE n.nspname = 'omnisci' AND c.relkind IN ('r', 'v') AND c.relname <> 'alembic_version'")).scalar()  # fmt: skip
    assert left == 0
    migrate.upgrade(ledger)
    assert revisions.current(ledger) == revisions.head()


def test_upgrade_again_changes_nothing(ledger: Ledger) -> None:
    stamps = "SELECT slug, xmin::text FROM omnisci.status ORDER BY slug"
    with ledger.engine.connect() as connection:
        before = connection.execute(text(stamps)).all()
    migrate.upgrade(ledger)
    with ledger.engine.connect() as connection:
        assert connection.execute(text(stamps)).all() == before


def test_a_changed_status_is_brought_back_in_step(ledger: Ledger) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(text("UPDATE omnisci.status SET retryable = NOT retryable WHERE slug = 'truncated'"))
    migrate.upgrade(ledger)
    with ledger.read() as connection:
        assert connection.execute(text("SELECT retryable FROM status WHERE slug = 'truncated'")).scalar() is True


def test_a_configured_database_is_never_upgraded_behind_its_owners_back(settings: Settings, ledger: Ledger) -> None:
    migrate.downgrade(ledger)
    with pytest.raises(ConfigError, match="omnisci db upgrade"):
        Ledger.open(settings)


def test_generated_docs_are_those_of_this_schema(ledger: Ledger) -> None:
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "tools" / "make_docs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, page in module.render(ledger).items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == page, f"docs/{name} is old: run `make docs`"


def test_the_newest_revision_is_alembics() -> None:
    folder = ROOT / "omnisci_etl" / "ledger" / "migrations"
    assert revisions.head() == ScriptDirectory(str(folder)).get_current_head()


def test_statuses_have_unique_slugs_and_texts() -> None:
    rows = statuses()
    assert len({row[0] for row in rows}) == len(rows)
    assert all(row[6].endswith(".") for row in rows)


def test_roles_exist_and_reader_cannot_write(ledger: Ledger, database: str) -> None:
    engine = create_engine(make_url(database))
    with engine.connect() as connection:
        connection.exec_driver_sql("SET ROLE omnisci_reader")
        assert connection.exec_driver_sql("SELECT count(*) FROM omnisci.lineage").scalar() == 0
        for privilege in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            granted = connection.execute(
                text("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'omnisci' "
                     "AND c.relkind = 'r' AND has_table_privilege('omnisci_reader', c.oid, :p)"), {"p": privilege},
            ).scalar()  # fmt: skip
            assert granted == 0, privilege
    engine.dispose()
