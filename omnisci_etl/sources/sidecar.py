"""What somebody wrote beside a document of a folder: paper.yaml, or a file of the document's name with .yaml."""

from __future__ import annotations

from datetime import date
from typing import Any

import yaml
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator

from omnisci_etl.config import explain
from omnisci_etl.errors import BadInput

MAX_BYTES = 64 << 10


class Sidecar(BaseModel):
    """Metadata of one paper; every field may be left out, and fields with other names are for other readers."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    title: str | None = None
    published_on: date | None = None
    license: str | None = Field(None, validation_alias=AliasChoices("license", "licence"))
    doi: str | None = None
    authors: tuple[str, ...] = ()
    arxiv_categories: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()

    @field_validator("authors", "arxiv_categories", "subjects", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


def parse_sidecar(data: bytes) -> Sidecar:
    """The sidecar. Raises BadInput("malformed-document") with one line that says what is wrong with it."""
    if len(data) > MAX_BYTES:
        raise BadInput("malformed-document", f"the sidecar is over {MAX_BYTES} bytes")
    try:
        raw: Any = yaml.safe_load(data)
        sidecar = Sidecar.model_validate({} if raw is None else raw)
        # YAML can spell half a character, which no database stores; this raises ValueError for it.
        sidecar.model_dump_json()
    except ValidationError as error:
        raise BadInput("malformed-document", f"sidecar: {explain(error)}") from None
    # PyYAML passes on what impossible dates and bottomless nesting raise.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInput("malformed-document", f"sidecar: {' '.join(str(error).split())[:300]}") from None
    return sidecar
