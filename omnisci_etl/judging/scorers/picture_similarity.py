"""How near the caption lies to its picture in the space of a model for both (extra [embed], OMNISCI_PICTURE_MODEL)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image

from omnisci_etl.errors import BadInput, ConfigError
from omnisci_etl.figures.images import SMALL_SIDE, small_copy
from omnisci_etl.judging import embedding
from omnisci_etl.judging.embedding import BATCH, MAX_WINDOWS, Vectors, chunks, load_model, weighted, windows
from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.scorers.base import Score

SETTING = "OMNISCI_PICTURE_MODEL"
# A model that names no limit of its own, or one of thousands of tokens, is given windows of a paragraph's length.
MAX_TOKENS = 256
MAX_PICTURES = 2_000
_PICTURES_AT_ONCE = 16
_MODULES = {"sentence_transformers": "sentence-transformers"}
# What ConfigError quotes of the library's own words.
_QUOTED = 200


def picture_similarity_missing(model: str | None) -> str | None:
    """Why the scorer is not there, in one line; None where it is."""
    if model is None:
        return f"no model is set: {SETTING} names a folder or a hub model for texts and pictures"
    return embedding.missing(_MODULES)


class PictureSimilarity:
    """Cosine of caption and picture, at least 0; of a long caption the mean over its windows, weighted by length.

    model is a folder, or "name" or "name@revision" of the hub, from which it is then fetched into the hub's own cache.
    The code of a model is run only where trust_code says so. read gives the bytes of a picture by its hash.

    The picture is laid on a white square, because such models cut what is not square. What a cosine means differs from
    model to model, so there is no threshold but one that calibration finds; within a model, a low one tells mismatches.
    It sees whether caption and picture are about the same thing, and hardly whether what is said is right.
    """

    name = "picture-similarity"
    version = "1"
    deterministic = False

    def __init__(self, model: str, read: Callable[[str], bytes], *, trust_code: bool = False) -> None:
        self._model_name = model
        self._read = read
        self._trust_code = trust_code
        self._texts = Vectors(self._encode, keep=0)
        self._pictures = Vectors(self._look, keep=MAX_PICTURES)

    def config(self) -> Mapping[str, object]:
        """The model (of a folder: the hash of its files) and how caption and picture are brought before it."""
        return {
            "model": self._fingerprint,
            "max_tokens": MAX_TOKENS,
            "max_windows": MAX_WINDOWS,
            "picture": f"at most {SMALL_SIDE} pixels a side, on a white square",
            "aggregate": "mean of the cosines of caption windows and picture, weighted by length, at least 0",
        }

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: cosine and windows; 0 with `missing` where there is no text, no picture or none that can be decoded.

        Raises BlobMissing where the store has lost a picture, ConfigError where the model cannot be loaded.
        """
        cuts = [self._cut("\n".join(text for _, text in candidate.parts)) for candidate in candidates]
        texts = self._texts.of({window for windows in cuts for window in windows}, ())
        pictures = self._pictures.of((), {c.evidence.image_sha256 for c in candidates if c.evidence.image_sha256})
        return [
            _score(texts, windows, pictures.get(candidate.evidence.image_sha256))
            for candidate, windows in zip(candidates, cuts, strict=True)
        ]

    @cached_property
    def _folder(self) -> Path | None:
        """The folder of the model; None where it is one of the hub."""
        path = Path(self._model_name).expanduser()
        if path.is_dir():
            return path
        if path.is_absolute() or self._model_name.startswith((".", "~")):
            raise ConfigError(f"{SETTING}: there is no folder {path}")
        return None

    @cached_property
    def _fingerprint(self) -> str:
        return f"hub {self._model_name}" if self._folder is None else f"sha256 {_hash_of(self._folder)}"

    @cached_property
    def _model(self) -> Any:
        name, _, revision = self._model_name.partition("@")
        where: dict[str, Any] = {"revision": revision or None, "hub": True}
        if self._folder is not None:
            name, where = str(self._folder), {}
        try:
            model = load_model(name, trust_remote_code=self._trust_code, **where)
        except (OSError, ValueError, ImportError, RuntimeError, KeyError) as error:
            said = " ".join(str(error).split())[:_QUOTED]
            raise ConfigError(f"{SETTING}: {self._model_name} cannot be loaded: {said}") from None
        if not (model.supports("text") and model.supports("image")):
            raise ConfigError(f"{SETTING}: {self._model_name} does not read both texts and pictures")
        return model

    def _cut(self, text: str) -> list[str]:
        tokenizer = self._model.tokenizer
        limit = min(self._model.max_seq_length or MAX_TOKENS, MAX_TOKENS)
        return windows(tokenizer, text, limit - tokenizer.num_special_tokens_to_add())

    def _encode(self, inputs: list[Any]) -> Sequence[Any]:
        vectors: Sequence[Any] = self._model.encode(
            inputs, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors

    def _look(self, hashes: list[str]) -> Sequence[Any]:
        """The vectors of pictures, a few of them in memory at a time."""
        vectors: list[Any] = []
        for chunk in chunks(hashes, _PICTURES_AT_ONCE):
            decoded = [_squared(self._read(sha256)) for sha256 in chunk]
            known = iter(self._encode([picture for picture in decoded if picture is not None]) if any(decoded) else ())
            vectors.extend(None if picture is None else next(known) for picture in decoded)
        return vectors


def _squared(data: bytes) -> Image.Image | None:
    """The whole picture, small, in the middle of a white square; None where it cannot be decoded."""
    try:
        picture = small_copy(data)
    except BadInput:
        return None
    side = max(picture.size)
    square = Image.new("RGB", (side, side), "white")
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


def _score(texts: Mapping[str, Any], windows: Sequence[str], picture: Any) -> Score:
    if not windows or picture is None:
        return Score(0.0, {"missing": "picture" if windows else "text"})
    cosine = weighted([float(texts[window] @ picture) for window in windows], windows)
    return Score(min(1.0, max(0.0, cosine)), {"cosine": round(cosine, 6), "windows": len(windows)})


def _hash_of(folder: Path) -> str:
    """The hash over names and contents of the folder's files."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with open(path, "rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()} {digest}\n".encode())
    return whole.hexdigest()
