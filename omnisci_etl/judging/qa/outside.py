"""Captions from elsewhere: a JSON Lines file with figure_id or image_sha256, and caption."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from sqlalchemy import Connection

from omnisci_etl.errors import ConfigError
from omnisci_etl.judging.qa.ledger import Outside
from omnisci_etl.ledger.database import sql

MAX_LINE = 1_000_000
MAX_LINES = 1_000_000
_SQL = "omnisci_etl.judging.qa.sql"


class _Line(BaseModel):
    """A line of the file; what else it holds is let pass. family is that of the model that wrote the caption."""

    model_config = ConfigDict(extra="ignore", strict=True)

    figure_id: int | None = None
    image_sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None
    caption: str = Field(max_length=200_000)
    family: str = Field(default="", max_length=100)

    @model_validator(mode="after")
    def _located(self) -> _Line:
        if (self.figure_id is None) == (self.image_sha256 is None):
            raise ValueError("it needs figure_id or image_sha256, and not both")
        return self


def read(connection: Connection, captioner: str, path: Path) -> list[Outside]:
    """The captions of a file; of several for one figure the last. Raises ConfigError naming the line that is wrong.

    A picture that several figures have gives each of them the caption. Lines on figures that are not in the ledger
    are left out; a file of nothing else is refused.
    """
    lines = list(_lines(path))
    by_image = _figures(connection, lines)
    known = set(_known(connection, lines))
    found: dict[int, Outside] = {}
    for line in lines:
        figures = by_image.get(line.image_sha256, []) if line.image_sha256 else [line.figure_id]
        for figure in figures:
            if figure in known or line.image_sha256:
                found[int(figure or 0)] = Outside(int(figure or 0), captioner, line.family, line.caption)
    if not found:
        raise ConfigError(f"{path.name}: none of its {len(lines)} captions is for a figure of the ledger")
    return list(found.values())


def _lines(path: Path) -> Iterator[_Line]:
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(iter(lambda: file.readline(MAX_LINE + 1), b""), 1):
                if number > MAX_LINES or len(raw) > MAX_LINE:
                    most = f"at most {MAX_LINES} lines of {MAX_LINE} bytes are read: split the file"
                    raise ConfigError(f"{path.name}:{number}: {most}")
                if raw.strip():
                    yield _parsed(raw, f"{path.name}:{number}")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or type(error).__name__}") from None


def _parsed(raw: bytes, where: str) -> _Line:
    try:
        content = json.loads(raw)
        if isinstance(content, dict) and isinstance(content.get("caption"), str):
            content["caption"] = _clean(content["caption"])
        return _Line.model_validate(content)
    except ValidationError as error:
        one = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(step) for step in one["loc"])
        text = one["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{where}: {field + ': ' if field else ''}{text}") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"{where}: not a JSON object") from None


def _figures(connection: Connection, lines: list[_Line]) -> Mapping[str, list[int]]:
    images = sorted({line.image_sha256 for line in lines if line.image_sha256})
    rows = connection.execute(sql(_SQL, "figures_of_pictures"), {"images": images})
    return {row.image_sha256: list(row.figures) for row in rows}


def _known(connection: Connection, lines: list[_Line]) -> list[int]:
    ids = sorted({line.figure_id for line in lines if line.figure_id is not None and abs(line.figure_id) < 2**63})
    return list(connection.execute(sql(_SQL, "known_figures"), {"figures": ids}).scalars())


def _clean(text: str) -> str:
    """The text without half characters and NUL, which no database holds."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
