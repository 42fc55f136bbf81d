"""Export profiles: which licences a release may hold. arXiv's non-exclusive licence is in none."""

from __future__ import annotations

from omnisci_etl.errors import ConfigError

_OPEN = ("cc0", "cc-by", "cc-by-sa")
PROFILES: dict[str, tuple[str, ...]] = {
    "default": _OPEN,
    "noncommercial": (*_OPEN, "cc-by-nc", "cc-by-nc-sa"),
    "noderivatives": (*_OPEN, "cc-by-nc", "cc-by-nc-sa", "cc-by-nd", "cc-by-nc-nd"),
}


def license_classes(profile: str) -> tuple[str, ...]:
    """The licence classes of a profile. Raises ConfigError for a name that is none."""
    if profile not in PROFILES:
        raise ConfigError(f"unknown profile {profile!r}: use one of {', '.join(PROFILES)}")
    return PROFILES[profile]
