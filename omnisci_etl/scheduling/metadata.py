"""Airflow's metadata database: migrations and pools. Runs in an Airflow environment, as a process of its own."""

from __future__ import annotations

import sys

from omnisci_etl.scheduling.pools import POOLS


def prepare() -> None:
    """Brings the schema to the installed Airflow's and adds missing pools; pools that exist keep their size."""
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb
    from airflow.utils.session import create_session
    from sqlalchemy import select

    initdb()
    with create_session() as session:
        known = set(session.scalars(select(Pool.pool)))
        for name, (slots, description) in POOLS.items():
            if name not in known:
                session.add(Pool(pool=name, slots=slots, description=description, include_deferred=False))


if __name__ == "__main__":
    prepare()
    sys.exit(0)
