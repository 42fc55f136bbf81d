"""How fast the main parts are, as ratios to the bare work beneath them, measured in one run.

A ratio of 3 means three times as long as the bare parser, COPY or writer takes for the same bytes.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import bench_eprint
import bench_markup
import pyarrow as pa
import pyarrow.parquet as pq
from lxml import etree, html
from sqlalchemy import text

from omnisci_etl.exports import parquet
from omnisci_etl.judging.embedding import BATCH
from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.lines import score_lines
from omnisci_etl.judging.scorers import config_sha256, default_scorers, embedding_missing
from omnisci_etl.judging.scorers.similarity import Similarity, cut, minilm
from omnisci_etl.ledger.database import Ledger, copy_into
from omnisci_etl.ledger.embedded import EmbeddedServer
from omnisci_etl.papers import jats, latex, latexml, nature_html
from omnisci_etl.papers.archive import open_package

ROWS = 50_000
ROUNDS = 5
_WORD = re.compile(r"\w+")


def best(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds of the fastest of a few rounds."""
    times = []
    for _ in range(ROUNDS):
        started = clock()
        work()
        times.append(clock() - started)
    return min(times)


def say(what: str, ours: float, bare: float, beneath: str) -> None:
    """One line of the report."""
    sys.stdout.write(f"{what:34} {ours * 1000:9.1f} ms   {bare * 1000:9.1f} ms {beneath:22} ratio {ours / bare:6.2f}\n")


def parsers() -> None:
    """Parsers against lxml on the same articles of real size; the two take turns, so that both see the same machine."""
    for name, article, parse, bare in (
        ("JATS", bench_markup.jats(), jats.parse, etree.fromstring),
        ("nature.com HTML", bench_markup.nature_html(), nature_html.parse, html.fromstring),
        ("LaTeXML HTML", bench_markup.latexml(), latexml.parse, html.fromstring),
    ):
        say(f"{name}, {len(article) // 1000} kB", *taking_turns(article, parse, bare), "bare lxml")
    if articles := bench_markup.real_jats():
        each = [taking_turns(article, jats.parse, etree.fromstring) for article in articles]
        ours, beneath = (sum(seconds) for seconds in zip(*each, strict=True))
        say(f"JATS, {len(articles)} real articles", ours, beneath, "bare lxml")


def taking_turns(data: bytes, *works: Callable[[bytes], object]) -> list[float]:
    """Seconds of the fastest of many rounds of each work on the same data."""
    turns = [[best(partial(work, data), time.process_time) for work in works] for _ in range(ROUNDS)]
    return [min(seconds) for seconds in zip(*turns, strict=True)]


def eprints() -> None:
    """A LaTeX package, pictures found and not decoded, against reading it."""
    data = bench_eprint.package()
    turns = [
        (best(lambda: latex.parse(open_package(data))), best(partial(bench_eprint.bare_read, data)))
        for _ in range(ROUNDS)
    ]
    ours, beneath = (min(seconds) for seconds in zip(*turns, strict=True))
    say(f"LaTeX e-print, {len(data) // 1000} kB", ours, beneath, "bare gzip and tar")


def loading(ledger: Ledger) -> None:
    """COPY into a temporary table and an upsert, against the bare COPY of the same rows."""
    rows = [(n, f"10.1038/{n}", "A caption of ordinary length. " * 8) for n in range(ROWS)]
    columns = {"n": "bigint", "name": "text", "body": "text"}

    def ours() -> None:
        with ledger.engine.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS bench (n bigint PRIMARY KEY, name text, body text)"))
            connection.execute(text("TRUNCATE bench"))
            copy_into(connection, "bench_stage", columns, rows)
            connection.execute(text("INSERT INTO bench SELECT * FROM pg_temp.bench_stage ON CONFLICT DO NOTHING"))

    def bare() -> None:
        data = io.StringIO("".join(f"{n}\t{name}\t{body}\n" for n, name, body in rows))
        with ledger.engine.begin() as connection:
            connection.execute(text("CREATE TEMPORARY TABLE bare (n bigint, name text, body text) ON COMMIT DROP"))
            driver = connection.connection.driver_connection
            assert driver is not None
            with driver.cursor() as cursor:
                cursor.copy_expert("COPY bare FROM STDIN", data)

    say(f"COPY and upsert of {ROWS} rows", best(ours), best(bare), "bare COPY")


def exporting(folder: Path) -> None:
    """Parquet with pictures, against the bare writer of the same table."""
    row = {name: None for name in parquet.schema().names} | {
        "image": {"bytes": bytes(range(256)) * 400, "path": "x.png"}, "caption": "A caption. " * 30, "panels": [], "context": [], "scores": [],
        "disciplines": ["physics"],
    }  # fmt: skip
    rows = [row] * 500
    table = pa.Table.from_pylist(rows, schema=parquet.schema())
    ours = best(lambda: parquet.write_shard(folder / "ours.parquet", iter(rows)))
    bare = best(lambda: pq.write_table(table, folder / "bare.parquet", compression="zstd"))
    say("parquet of 500 rows with pictures", ours, bare, "bare writer")


def captions(count: int) -> list[Candidate]:
    """Captions of ordinary length, two of each figure: some sentences quoted, others told in other words.

    Numbers stand as close as in captions of published papers, eight in 1,000 letters.
    """

    def sentence(n: int, k: int) -> str:
        value = (37 * n + 101 * k) % 900 + 12
        if k % 2:
            return (
                f"At the higher {('loading', 'dose', 'flow', 'charge', 'strain')[k % 5]} of substrate the mean yield of the reactor rises "
                f"steadily towards its limit, while the {('scatter', 'spread', 'drift')[n % 3]} grows where the surface of the support is covered"
            )
        return (
            f"At {value / 10} mM of substrate the mean yield of the reactor rises steadily towards {value % 70}%, while the "
            f"Raman band of the {('oxide', 'film', 'salt')[k % 3]} near the support broadens as the surface is covered (n = {k + 3})"
        )

    made = []
    for n in range((count + 1) // 2):
        said = [f"{sentence(n, k)}. " for k in range(12)]
        author = f"Yield of series {n}. a, {said[0]}b, {said[1]}"
        evidence = Evidence(
            author_caption=author, panel_labels=("a", "b"), mentions=("".join(said[2:5]) + "(Fig. 1a, b).", "".join(said[5:12])),
            kind="chart", label="Fig. 1", title=f"Series {n} of a reactor",
        )  # fmt: skip
        told = [one.replace("At ", "With ").replace("%", " percent").replace("rises", "increases") for one in said]
        for body in (told[2:7], said[5:7] + told[7:10]):
            body = f"The chart shows series {n}; the vertical axis runs from 0 to 80. {''.join(body)}"
            made.append(Candidate(body, (("a", said[0].strip()), ("b", said[1].strip())), evidence))
    return made


def scoring() -> None:
    """Captions a second through the deterministic scorers, to rows for COPY: one process, nothing remembered of earlier ones.

    The bare work is to split the caption into words.
    """
    keys = [(scorer, config_sha256(scorer)) for scorer in default_scorers()]
    candidates = captions(ROUNDS * 200)
    length = sum(len(one.body) + sum(len(text) for _, text in one.panels) for one in candidates) // len(candidates)
    seconds, bare = [], []
    for start in range(0, len(candidates), 200):
        part = candidates[start : start + 200]
        started = time.process_time()
        score_lines(keys, range(200), part)
        seconds.append(time.process_time() - started)
        bare.append(
            best(lambda part=part: [_WORD.findall(text) for one in part for _, text in one.parts], time.process_time)
        )
    say(f"deterministic scorers, {length} letters", min(seconds), min(bare), "bare split into words")
    sys.stdout.write(f"{'':34} {200 / min(seconds):9.0f} captions a second in one process\n")


def embedding() -> None:
    """The similarity scorer against one encode() of the same windows; only with the [embed] extra."""
    if embedding_missing():
        sys.stdout.write(f"similarity is not measured: {embedding_missing()}\n")
        return
    candidates = captions(60)
    texts = {w for one in candidates for w in cut("\n".join(text for _, text in one.parts))}
    texts |= {w for one in candidates for line in one.evidence.text.split("\n") for w in cut(line)}
    bare = partial(minilm().encode, sorted(texts), batch_size=BATCH, show_progress_bar=False)
    bare()
    ours = best(lambda: Similarity().score(candidates), time.process_time)
    say("similarity of 60 captions", ours, best(bare, time.process_time), "bare model")


def main() -> None:
    """Prints the report."""
    parsers()
    eprints()
    scoring()
    embedding()
    with tempfile.TemporaryDirectory(prefix="omnisci-bench-") as folder:
        server = EmbeddedServer(Path(folder) / "postgres")
        try:
            ledger = Ledger(server.url())
            loading(ledger)
            ledger.close()
        finally:
            server.stop()
        exporting(Path(folder))


if __name__ == "__main__":
    main()
