"""Thresholds of the gate: from calibrations where there are any, else the documented defaults."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from omnisci_etl.errors import ConfigError
from omnisci_etl.hashing import canonical_sha256
from omnisci_etl.judging.gate import CALIBRATED_POLICY, DEFAULT_CHECKS, DEFAULT_POLICY, VERSION, Check
from omnisci_etl.ledger.database import sql

STATED = "routes file"
_SQL = "omnisci_etl.judging.sql"


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A fitted threshold of a scorer for a stratum: features of captions that have these values ({} is all).

    families: of captioners whose judge it was fitted to; none for scorers that are the same for every caption.
    """

    scorer: str
    stratum: Mapping[str, str]
    at_least: float
    band: float
    source: str
    families: frozenset[str] = frozenset()

    def fits(self, features: Mapping[str, str]) -> bool:
        """Whether a caption of these features belongs to the stratum."""
        if self.families and features.get("family") not in self.families:
            return False
        return all(features.get(name) == value for name, value in self.stratum.items())


class Thresholds:
    """The checks for each caption. keys: config hashes of the scorers by name; calibrated: the newest first.

    settings: everything else that decisions depend on, such as the shares of paid stages. stated: thresholds by scorer
    that hold whatever calibrations say. Raises ConfigError where one names a scorer that is none.
    """

    def __init__(
        self,
        keys: Mapping[str, str],
        calibrated: Sequence[Calibrated] = (),
        settings: Mapping[str, object] | None = None,
        band: float = 0.0,
        stated: Mapping[str, float] | None = None,
    ) -> None:
        self._stated = frozenset(stated or ())
        if unknown := sorted(self._stated - {check.scorer for check in DEFAULT_CHECKS}):
            close = difflib.get_close_matches(unknown[0], [check.scorer for check in DEFAULT_CHECKS], 1)
            hint = (
                f"did you mean {close[0]!r}?" if close else f"known are {', '.join(c.scorer for c in DEFAULT_CHECKS)}"
            )
            raise ConfigError(f"gate.at_least: there is no scorer {unknown[0]!r}; {hint}")
        self._defaults = tuple(
            replace(check, band=band, at_least=stated[check.scorer], source=STATED)
            if stated and check.scorer in stated
            else replace(check, band=band)
            for check in DEFAULT_CHECKS
        )
        # The narrowest stratum first; of two as narrow the newer one, which the sort leaves in front.
        self._calibrated = sorted(calibrated, key=lambda one: -len(one.stratum))
        self._made: dict[tuple[tuple[str, str], ...], tuple[Check, ...]] = {}
        self.policy = CALIBRATED_POLICY if calibrated else DEFAULT_POLICY
        self.policy_sha256 = canonical_sha256({
            "policy": self.policy, "version": VERSION, "scorers": dict(keys), "settings": dict(settings or {}),
            "checks": [[c.scorer, c.stage, c.at_least, c.slug, c.band] for c in self._defaults],
            "calibrated": [[c.scorer, dict(c.stratum), c.at_least, c.band, c.source] for c in self._calibrated],
        })  # fmt: skip

    def checks(self, features: Mapping[str, str]) -> tuple[Check, ...]:
        """The checks for a caption with these features (discipline, kind, model, family)."""
        if not self._calibrated:
            return self._defaults
        key = tuple(sorted(features.items()))
        if key not in self._made:
            self._made[key] = tuple(self._check(check, features) for check in self._defaults)
        return self._made[key]

    def _check(self, check: Check, features: Mapping[str, str]) -> Check:
        if check.scorer in self._stated:
            return check
        found = next((c for c in self._calibrated if c.scorer == check.scorer and c.fits(features)), None)
        return check if found is None else replace(check, at_least=found.at_least, band=found.band, source=found.source)


def load_calibrated(
    connection: Connection, keys: Mapping[str, str], judges: Mapping[tuple[str, str], frozenset[str]] | None = None
) -> list[Calibrated]:
    """The newest threshold of each scorer and stratum; one fitted to a scorer as it no longer is has expired.

    judges: scorers that are models, by name and config hash, with the families whose captions each judges.
    """
    families = judges or {}
    wanted = [f"{name} {key}" for name, key in (*keys.items(), *families)]
    rows = connection.execute(sql(_SQL, "calibrations"), {"wanted": wanted})
    return [
        Calibrated(
            row.scorer, row.stratum, row.at_least, row.band, f"calibration {row.calibration_id}",
            families.get((row.scorer, row.config_sha256), frozenset()),
        )
        for row in rows
        if row.at_least is not None
    ]  # fmt: skip
