"""Hugging Face parquet: pictures embedded, features declared in the schema, bytes fixed by the rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from omnisci_etl.exports.rows import SPLITS

ROWS_PER_SHARD = 1000
ROWS_PER_GROUP = 100

_TEXT, _LONG, _REAL = pa.string(), pa.int64(), pa.float64()
_FIELDS: dict[str, pa.DataType] = {
    "image": pa.struct([("bytes", pa.binary()), ("path", _TEXT)]),
    "caption": _TEXT,
    "panels": pa.list_(pa.struct([("label", _TEXT), ("text", _TEXT)])),
    "author_caption": _TEXT,
    "context": pa.list_(_TEXT),
    "label": _TEXT,
    "kind": _TEXT,
    "disciplines": pa.list_(_TEXT),
    "title": _TEXT,
    "source": _TEXT,
    "external_id": _TEXT,
    "version": _LONG,
    "url": _TEXT,
    "published_on": _TEXT,
    "license": _TEXT,
    "license_uri": _TEXT,
    "attribution": _TEXT,
    "image_sha256": _TEXT,
    "width": _LONG,
    "height": _LONG,
    "caption_id": _LONG,
    "figure_id": _LONG,
    "provider": _TEXT,
    "model": _TEXT,
    "model_resolved": _TEXT,
    "prompt": _TEXT,
    "prompt_sha256": _TEXT,
    "gate_score": _REAL,
    "scores": pa.list_(pa.struct([("scorer", _TEXT), ("value", _REAL)])),
    "generated_at": _TEXT,
}


def _feature(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        inner = _feature(kind.value_type)
        return [inner] if pa.types.is_struct(kind.value_type) else {"feature": inner, "_type": "Sequence"}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind)), "_type": "Value"}


def schema() -> pa.Schema:
    """The Arrow schema, with the features as the datasets library reads them from its metadata."""
    features = {name: _feature(kind) for name, kind in _FIELDS.items()} | {"image": {"_type": "Image"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}}, sort_keys=True)}
    return pa.schema(list(_FIELDS.items()), metadata=metadata)


def shard_plan(splits: Sequence[str]) -> list[tuple[str, int]]:
    """(file, row number) of each row, given the split of each in order."""
    totals = {split: splits.count(split) for split in SPLITS}
    seen = dict.fromkeys(SPLITS, 0)
    plan = []
    for split in splits:
        files = -(-totals[split] // ROWS_PER_SHARD)
        shard, row_no = divmod(seen[split], ROWS_PER_SHARD)
        plan.append((f"data/{split}-{shard:05d}-of-{files:05d}.parquet", row_no))
        seen[split] += 1
    return plan


def write_shard(path: Path, rows: Iterator[Mapping[str, Any]]) -> int:
    """Writes a file a row group at a time, so that memory holds no more than one group; the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with pq.ParquetWriter(path, schema(), compression="zstd", version="2.6") as writer:
        group: list[Mapping[str, Any]] = []
        for row in rows:
            group.append(row)
            count += 1
            if len(group) == ROWS_PER_GROUP:
                writer.write_table(pa.Table.from_pylist(group, schema=schema()))
                group = []
        if group:
            writer.write_table(pa.Table.from_pylist(group, schema=schema()))
    return count
