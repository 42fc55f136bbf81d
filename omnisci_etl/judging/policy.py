"""What decisions rest on at this moment: the scorers that are present, the routes file and the calibrations."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from omnisci_etl.captions import routes as routes_file
from omnisci_etl.config import Settings
from omnisci_etl.judging import paid, reading
from omnisci_etl.judging.bench import Bench
from omnisci_etl.judging.scorers import default_scorers, embedding_scorers, picture_scorers
from omnisci_etl.judging.thresholds import Thresholds, load_calibrated
from omnisci_etl.ledger.database import sql

_SQL = "omnisci_etl.judging.sql"


class Policy:
    """The gate's policy under these settings; read gives pictures by their hash."""

    def __init__(self, settings: Settings, connection: Connection, read: Callable[[str], bytes]) -> None:
        self.routes = routes_file.load(settings)
        self.engine = reading.default_engine()
        self.bench = bench(settings, read, self.engine)
        self.shares = paid.shares(self.routes)
        families = connection.execute(sql(_SQL, "captioned_by")).scalars().all() if self.shares else ()
        calibrated = load_calibrated(connection, self.bench.keys, paid.configs(self.routes, self.shares, families))
        stated = self.routes.gate
        self.thresholds = Thresholds(
            self.bench.keys, calibrated, settings={"shares": self.shares}, band=stated.band, stated=stated.at_least
        )

    @property
    def ocr(self) -> tuple[str, str] | None:
        """Name and version of what reads the text of pictures, None where nothing does."""
        return engine_key(self.engine)


def bench(settings: Settings, read: Callable[[str], bytes], engine: reading.Engine | None) -> Bench:
    """The scorers that are present here."""
    return Bench(default_scorers(engine_key(engine)), (*embedding_scorers(), *picture_scorers(settings, read)))


def engine_key(engine: reading.Engine | None) -> tuple[str, str] | None:
    """What the engine's rows are found by."""
    return (engine.name, engine.version) if engine else None
