"""COPY, JSON and transactions of the ledger."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InternalError

from omnisci_etl.config import Settings
from omnisci_etl.errors import ServiceError
from omnisci_etl.ledger.database import Ledger, copy_into, database_url, dumps

# PostgreSQL text holds anything but NUL and lone surrogates.
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"))
COLUMNS = {"n": "bigint", "t": "text", "a": "text[]", "j": "jsonb"}


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.integers(-(2**63), 2**63 - 1), st.none() | TEXTS, st.none() | st.lists(st.none() | TEXTS), TEXTS),
        max_size=5,
    )
)
def test_copy_brings_every_value_back(
    ledger: Ledger, rows: list[tuple[int, str | None, list[str | None] | None, str]]
) -> None:
    with ledger.begin() as connection:
        given_rows = [(n, t, a, {"k": j}) for n, t, a, j in rows]
        assert copy_into(connection, "stage", COLUMNS, given_rows) == len(rows)
        found = connection.execute(text("SELECT n, t, a, j FROM pg_temp.stage ORDER BY ctid")).all()
    assert [tuple(row) for row in found] == given_rows


def test_copy_can_be_used_twice_in_a_transaction(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        copy_into(connection, "stage", {"n": "bigint"}, [(1,)])
        copy_into(connection, "stage", {"n": "bigint"}, [(2,), (3,)])
        assert connection.execute(text("SELECT count(*) FROM pg_temp.stage")).scalar() == 2


def test_copy_drops_nul(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        copy_into(connection, "stage", COLUMNS, [(1, "a\x00b", ["c\x00"], {"d": "e\x00f"})])
        assert tuple(connection.execute(text("SELECT t, a, j FROM pg_temp.stage")).one()) == ("ab", ["c"], {"d": "ef"})


def test_copy_tells_null_from_texts_that_look_like_it(ledger: Ledger) -> None:
    rows = [(1, "", [], ""), (2, "\\N", ["NULL", ""], "\\N"), (3, None, None, None), (4, 'a"b', ['"'], "x")]
    with ledger.begin() as connection:
        copy_into(connection, "stage", COLUMNS, rows)
        assert [tuple(r) for r in connection.execute(text("SELECT * FROM pg_temp.stage ORDER BY n"))] == rows


def test_copy_replaces_lone_surrogates(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        copy_into(connection, "stage", {"t": "text"}, [("a\ud800b",)])
        assert connection.execute(text("SELECT t FROM pg_temp.stage")).scalar() == "a?b"


def test_json_of_decimals_and_sets() -> None:
    assert dumps({"a": Decimal("0.10"), "b": (1, 2)}) == '{"a": "0.10", "b": [1, 2]}'
    with pytest.raises(TypeError, match="not JSON"):
        dumps({"a": object()})


def test_an_error_rolls_back(ledger: Ledger) -> None:
    with pytest.raises(DBAPIError), ledger.begin() as connection:
        connection.execute(text("INSERT INTO rate_limit VALUES ('x', now())"))
        connection.execute(text("SELECT 1 / 0"))
    with ledger.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM rate_limit")).scalar() == 0


def test_reading_is_read_only_and_limited_in_time(ledger: Ledger) -> None:
    with pytest.raises(InternalError, match="read-only"), ledger.read() as connection:
        connection.execute(text("CREATE TABLE x (y int)"))
    with pytest.raises(DBAPIError, match="timeout"), ledger.read(timeout_s=0.1) as connection:
        connection.execute(text("SELECT pg_sleep(5)"))


def test_role_does_not_stick_to_the_connection(ledger: Ledger) -> None:
    with ledger.read():
        pass
    with ledger.begin() as connection:
        assert connection.execute(text("SELECT current_user")).scalar() == "omnisci_writer"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_any_postgresql_url_gets_our_driver(scheme: str) -> None:
    settings = Settings(database_url=f"{scheme}://u:p@h:1/d")  # type: ignore[arg-type]
    assert database_url(settings).drivername == "postgresql+psycopg2"


def test_an_unreachable_server_is_one_line_without_the_password() -> None:
    settings = Settings(database_url="postgresql://u:hidden@127.0.0.1:1/d")  # type: ignore[arg-type]
    with pytest.raises(ServiceError) as caught:
        Ledger.open(settings)
    assert "not reachable" in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert "\n" not in str(caught.value)
