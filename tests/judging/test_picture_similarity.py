"""Picture and caption in one space, on a CLIP model with random weights that is made here."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from omnisci_etl.config import Settings
from omnisci_etl.errors import ConfigError
from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.scorers import config_sha256, picture_scorers
from omnisci_etl.judging.scorers.picture_similarity import PictureSimilarity, picture_similarity_missing
from omnisci_etl.ledger.blobs import BlobMissing, BlobStore

embed = pytest.mark.embed
needs_library = pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="the [embed] extra is missing")
TEXT_TOKENS = 24


def byte_letters() -> list[str]:
    """The signs that byte-level tokenizers write the 256 bytes as."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + place) for place in range(len(rest))]


def make_clip(folder: Path) -> Path:
    """A CLIP model of 8 numbers a vector, as a folder of sentence-transformers."""
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer
    from transformers import CLIPConfig, CLIPModel, CLIPProcessor, CLIPTokenizer

    letters = byte_letters()
    signs = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    raw = folder / "raw"
    raw.mkdir(parents=True)
    (raw / "vocab.json").write_text(json.dumps({sign: place for place, sign in enumerate(signs)}), encoding="utf-8")
    (raw / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    tokenizer = CLIPTokenizer.from_pretrained(str(raw), model_max_length=TEXT_TOKENS)
    size: dict[str, Any] = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "projection_dim": 8,
    }  # fmt: skip
    text = {"vocab_size": len(signs), "max_position_embeddings": TEXT_TOKENS, "bos_token_id": 512, "eos_token_id": 513}
    torch.manual_seed(0)
    config = CLIPConfig(
        text_config=text | {"pad_token_id": 513} | size,
        vision_config={"image_size": 32, "patch_size": 8} | size,
        projection_dim=8,
    )
    CLIPModel(config).save_pretrained(raw)
    processor = getattr(transformers, "CLIPImageProcessorPil", None) or transformers.CLIPImageProcessor
    CLIPProcessor(
        processor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}), tokenizer
    ).save_pretrained(raw)
    SentenceTransformer(str(raw), device="cpu", local_files_only=True).save(str(folder / "model"))
    return folder / "model"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip"))


def png(colour: str, size: tuple[int, int] = (80, 60)) -> bytes:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).ellipse((5, 5, size[0] // 2, size[1] - 5), fill=colour)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


class Album:
    """Pictures by their hash; counts how often each is asked for."""

    def __init__(self) -> None:
        self.pictures: dict[str, bytes] = {}
        self.asked: list[str] = []

    def add(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self.pictures[sha256] = data
        return sha256

    def read(self, sha256: str) -> bytes:
        self.asked.append(sha256)
        return self.pictures[sha256]


def caption(body: str, sha256: str, panels: tuple[tuple[str, str], ...] = ()) -> Candidate:
    return Candidate(body, panels, Evidence("Circles.", image_sha256=sha256))


@embed
@needs_library
def test_a_score_is_the_cosine_of_caption_and_whole_picture(clip: Path) -> None:
    from sentence_transformers import SentenceTransformer

    album = Album()
    square = png("red", (60, 60))
    one = PictureSimilarity(str(clip), album.read).score([caption("A red circle.", album.add(square))])[0]
    model = SentenceTransformer(str(clip), device="cpu", local_files_only=True)
    picture = model.encode([Image.open(io.BytesIO(square)).convert("RGB")])[0]
    text = model.encode(["A red circle."])[0]
    cosine = float(picture @ text / ((picture @ picture) ** 0.5 * (text @ text) ** 0.5))
    assert one.detail["cosine"] == pytest.approx(cosine, abs=1e-4)
    assert one.value == pytest.approx(max(0.0, cosine), abs=1e-4)


@embed
@needs_library
def test_the_sides_of_a_wide_picture_are_seen(clip: Path) -> None:
    album = Album()
    bare, marked = Image.new("RGB", (400, 50), "white"), Image.new("RGB", (400, 50), "white")
    ImageDraw.Draw(marked).rectangle((0, 0, 40, 50), fill="black")
    hashes = []
    for picture in (bare, marked):
        out = io.BytesIO()
        picture.save(out, "PNG")
        hashes.append(album.add(out.getvalue()))
    one, other = PictureSimilarity(str(clip), album.read).score([caption("Bars.", sha256) for sha256 in hashes])
    assert one.detail["cosine"] != other.detail["cosine"]


@embed
@needs_library
def test_long_captions_are_read_whole_by_windows(clip: Path) -> None:
    album = Album()
    sha256 = album.add(png("blue"))
    scorer = PictureSimilarity(str(clip), album.read)
    head = "cells " * 3
    short, long, other = scorer.score(
        [
            caption(head, sha256),
            caption(head + "grow in sugar " * 8, sha256),
            caption(head + "die in brine " * 8, sha256),
        ]
    )
    assert short.detail["windows"] == 1
    assert long.detail["windows"] > 2
    assert long.detail["cosine"] != other.detail["cosine"]
    panels = scorer.score([caption(head, sha256, (("a", "grow in sugar " * 8),))])[0]
    assert panels.detail["windows"] > 2


@embed
@needs_library
def test_each_picture_is_looked_at_once(clip: Path) -> None:
    album = Album()
    hashes = [album.add(png(colour)) for colour in ("red", "green", "blue")]
    scorer = PictureSimilarity(str(clip), album.read)
    first = scorer.score([caption(f"Circle {n}.", sha256) for n in range(3) for sha256 in hashes])
    again = scorer.score([caption("Circle 0.", sha256) for sha256 in hashes[::-1]])
    assert sorted(album.asked) == sorted(hashes)
    assert [s.value for s in again[::-1]] == pytest.approx([s.value for s in first[:3]], abs=1e-5)


@embed
@needs_library
def test_what_lacks_is_named(clip: Path) -> None:
    album = Album()
    good, broken = album.add(png("red")), album.add(b"no picture")
    scores = PictureSimilarity(str(clip), album.read).score(
        [caption("", good), caption("Circle.", ""), caption("Circle.", broken), caption("Circle.", good)]
    )
    assert [score.detail.get("missing") for score in scores] == ["text", "picture", "picture", None]
    assert [score.value for score in scores[:3]] == [0.0, 0.0, 0.0]
    assert PictureSimilarity(str(clip), album.read).score([]) == []


@embed
@needs_library
def test_a_lost_picture_stops_with_its_remedy(clip: Path, tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path / "blobs"))
    with pytest.raises(BlobMissing, match="omnisci verify"):
        PictureSimilarity(str(clip), store.get).score([caption("Circle.", "0" * 64)])


@embed
@needs_library
def test_a_folder_is_known_by_its_content(clip: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "elsewhere"
    shutil.copytree(clip, copy)
    read: Callable[[str], bytes] = Album().read
    same = {config_sha256(PictureSimilarity(str(folder), read)) for folder in (clip, copy)}
    assert len(same) == 1
    (copy / "config.json").write_text((copy / "config.json").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert config_sha256(PictureSimilarity(str(copy), read)) not in same


@embed
@needs_library
def test_a_folder_is_loaded_and_used_without_a_connection(clip: Path, tmp_path: Path) -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('a connection was tried')\n"
        "socket.socket.connect = refuse; socket.getaddrinfo = refuse\n"
        "from omnisci_etl.judging.evidence import *\n"
        "from omnisci_etl.judging.scorers.picture_similarity import PictureSimilarity\n"
        "scorer = PictureSimilarity(sys.argv[1], lambda _: open(sys.argv[2], 'rb').read())\n"
        "print(scorer.score([Candidate('Sand.', (), Evidence('Sand.', image_sha256='x'))])[0].detail['windows'])\n"
    )
    picture = tmp_path / "p.png"
    picture.write_bytes(png("red"))
    shown = subprocess.run(
        [sys.executable, "-c", code, str(clip), str(picture)], capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.split()[-1] == "1"


@embed
@needs_library
def test_a_model_that_cannot_be_loaded_is_a_fault_of_the_set_up(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="cannot be loaded"):
        PictureSimilarity(str(tmp_path / "empty"), Album().read).score([caption("Circle.", "x")])


def test_a_folder_that_is_not_there_is_a_fault_of_the_set_up(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no folder"):
        PictureSimilarity(str(tmp_path / "none"), Album().read).config()


def test_a_model_of_the_hub_is_known_by_its_name() -> None:
    configs = [PictureSimilarity(name, Album().read).config()["model"] for name in ("a/b", "a/b@0123abc")]
    assert configs == ["hub a/b", "hub a/b@0123abc"]


def test_without_a_setting_there_is_no_scorer() -> None:
    assert picture_scorers(Settings(), Album().read) == ()  # type: ignore[call-arg]
    assert "OMNISCI_PICTURE_MODEL" in str(picture_similarity_missing(None))


def test_with_a_setting_the_scorer_is_there_where_its_library_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OMNISCI_PICTURE_MODEL", str(tmp_path))
    monkeypatch.setattr("omnisci_etl.judging.embedding.find_spec", lambda name: object())
    found = picture_scorers(Settings(), Album().read)  # type: ignore[call-arg]
    assert [(scorer.name, scorer.deterministic) for scorer in found] == [("picture-similarity", False)]
    monkeypatch.setattr("omnisci_etl.judging.embedding.find_spec", lambda name: None)
    assert picture_scorers(Settings(), Album().read) == ()  # type: ignore[call-arg]
    assert "[embed]" in str(picture_similarity_missing("x"))


def test_the_code_of_models_is_not_trusted_unless_told() -> None:
    assert Settings().picture_model_trust_code is False  # type: ignore[call-arg]
