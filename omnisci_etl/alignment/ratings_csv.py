"""The sheet that experts fill in: written safe for spreadsheets, read back strictly.

Blind: a row shows the figure, its author caption and the caption to be rated, but no model, score or decision.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TextIO

from omnisci_etl.errors import ConfigError

COLUMNS = (
    "sample_id",
    "caption_id",
    "figure_label",
    "title",
    "author_caption",
    "caption",
    "image_sha256",
    "rater",
    "factual_accuracy",
    "semantic_completeness",
    "accept",
    "comment",
)
_MARKS = ("factual_accuracy", "semantic_completeness", "accept")
_ANSWERS = (*_MARKS, "comment")
_LIMITS = {
    "figure_label": 200,
    "title": 2_000,
    "author_caption": 100_000,
    "caption": 100_000,
    "rater": 64,
    "comment": 4_000,
}
MAX_ROWS = 100_000
MAX_CHARACTERS = 200_000_000
_LISTED = 10

_ID = re.compile(r"[1-9][0-9]{0,17}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SCALE = re.compile(r"[1-5]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What makes a spreadsheet compute a cell. An apostrophe before it stops that; one more is put before apostrophes that
# stand there already, so that reading takes off exactly what writing put on.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_APOSTROPHES = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A caption to be rated, as the expert sees it; rater is filled in where the row is meant for one person."""

    sample_id: int
    caption_id: int
    figure_label: str
    title: str
    author_caption: str
    caption: str
    image_sha256: str
    rater: str = ""


@dataclass(frozen=True, slots=True)
class RatingRow:
    """One expert's marks for one caption: two on a scale of 1 to 5, and whether they would accept it.

    line: where the row starts in the sheet. image_sha256: the picture that the row shows, to check against the caption.
    """

    sample_id: int
    caption_id: int
    rater: str
    factual_accuracy: int
    semantic_completeness: int
    accept: bool
    comment: str
    image_sha256: str
    line: int


class _Fault(Exception):
    """What is wrong with one row."""


def _shielded(cell: str) -> str:
    return "'" + cell if _FORMULA.match(cell) else cell


def _bared(cell: str) -> str:
    return cell[1:] if _APOSTROPHES.match(cell) else cell


def write_sheet(rows: Iterable[SheetRow], out: TextIO) -> int:
    """Writes the header and a row for each caption with the marks left blank; returns the number of rows.

    Texts are cut where reading would find them too long.

    out must have been opened with newline="" and an encoding that holds all of Unicode.
    """
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    count = 0
    for row in rows:
        texts = {name: getattr(row, name) for name in COLUMNS[2:8]}
        cells = [_shielded(cell[: _LIMITS.get(name, len(cell))]) for name, cell in texts.items()]
        writer.writerow([row.sample_id, row.caption_id, *cells, *[""] * len(_ANSWERS)])
        count += 1
    return count


def read_sheet(text: TextIO) -> list[RatingRow]:
    """The ratings of a filled sheet, in its order; rows without any mark are left out, as are empty ones.

    A byte order mark and CRLF are accepted, everything else must be as written: the header, one
    row at most for a caption and a rater, all marks or none. ConfigError lists the first faults with their lines.
    """
    ratings: list[RatingRow] = []
    faults: list[str] = []
    seen: dict[tuple[int, int, str], int] = {}
    for line, cells in _records(text, faults):
        try:
            rating = _rating(cells, line)
            if rating is None:
                continue
            key = (rating.sample_id, rating.caption_id, rating.rater)
            if key in seen:
                raise _Fault(f"caption {rating.caption_id} is rated by {rating.rater!r} on line {seen[key]} already")
            seen[key] = line
            ratings.append(rating)
        except _Fault as fault:
            faults.append(f"line {line}: {fault}")
    if faults:
        more = f"\n  … and {len(faults) - _LISTED} more" if len(faults) > _LISTED else ""
        raise ConfigError("the rating sheet cannot be read:\n  " + "\n  ".join(faults[:_LISTED]) + more)
    return ratings


def _capped(text: TextIO) -> Iterator[str]:
    """The lines of the sheet without the byte order mark."""
    left = MAX_CHARACTERS
    first = True
    while line := text.readline(left):
        yield line.removeprefix("\ufeff") if first else line
        first = False
        left -= len(line)
    if left <= 0 and text.read(1):
        raise ConfigError(f"the rating sheet is longer than {MAX_CHARACTERS} characters")


def _records(text: TextIO, faults: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column) of each row that is not empty; what cannot be taken apart goes to the faults."""
    reader = csv.reader(_capped(text), strict=True)
    line = 1
    try:
        _check_header(next(reader, []))
        line = reader.line_num + 1
        for count, cells in enumerate(reader, 1):
            if count > MAX_ROWS:
                faults.append(f"line {line}: more than {MAX_ROWS} rows")
                return
            if len(cells) == len(COLUMNS):
                yield line, dict(zip(COLUMNS, map(_bared, cells), strict=True))
            elif any(cells):
                faults.append(f"line {line}: {len(cells)} cells instead of {len(COLUMNS)}")
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append(f"line {line}: {error}")


def _check_header(header: list[str]) -> None:
    if tuple(header) == COLUMNS:
        return
    if len(header) == 1 and header[0].count(";") >= len(COLUMNS) - 1:
        raise ConfigError("the rating sheet is separated by semicolons; save it as CSV with commas")
    unknown = [name for name in header if name not in COLUMNS]
    missing = [name for name in COLUMNS if name not in header]
    said = [f"unknown columns: {', '.join(map(repr, unknown[:_LISTED]))}"] if unknown else []
    said += [f"missing columns: {', '.join(missing)}"] if missing else []
    raise ConfigError(
        f"the rating sheet's first line is not its header ({'; '.join(said) or 'columns in another order, or twice'}); "
        f"it must be {','.join(COLUMNS)}"
    )


def _rating(cells: Mapping[str, str], line: int) -> RatingRow | None:
    """The rating of a row, None where it is not rated."""
    if not any(cells.values()):
        return None
    _check_texts(cells)
    sample_id, caption_id = _number(cells, "sample_id"), _number(cells, "caption_id")
    if _SHA256.fullmatch(cells["image_sha256"]) is None:
        raise _Fault("image_sha256 is not a SHA-256")
    marks = {name: cells[name].strip() for name in _MARKS}
    if not any(marks.values()) and not cells["comment"].strip():
        return None
    blank = [name for name in _MARKS if not marks[name]]
    if blank:
        raise _Fault(f"rated in part: {', '.join(blank)} left blank")
    rater = cells["rater"].strip()
    if not rater:
        raise _Fault("rated, but rater is blank")
    return RatingRow(
        sample_id=sample_id,
        caption_id=caption_id,
        rater=rater,
        factual_accuracy=_scale(marks, "factual_accuracy"),
        semantic_completeness=_scale(marks, "semantic_completeness"),
        accept=_yes_or_no(marks["accept"]),
        comment=cells["comment"],
        image_sha256=cells["image_sha256"],
        line=line,
    )


def _check_texts(cells: Mapping[str, str]) -> None:
    for name, limit in _LIMITS.items():
        if len(cells[name]) > limit:
            raise _Fault(f"{name} is longer than {limit} characters")
    for name, cell in cells.items():
        if "\x00" in cell:
            raise _Fault(f"{name} holds a NUL character")
    if _CONTROL.search(cells["rater"].strip()):
        raise _Fault("rater holds a control character")


def _number(cells: Mapping[str, str], name: str) -> int:
    if _ID.fullmatch(cells[name]) is None:
        raise _Fault(f"{name} is not a positive whole number: {cells[name][:40]!r}")
    return int(cells[name])


def _scale(marks: Mapping[str, str], name: str) -> int:
    if _SCALE.fullmatch(marks[name]) is None:
        raise _Fault(f"{name} is not a whole number from 1 to 5: {marks[name][:40]!r}")
    return int(marks[name])


def _yes_or_no(cell: str) -> bool:
    if cell.lower() not in ("yes", "no"):
        raise _Fault(f"accept is neither yes nor no: {cell[:40]!r}")
    return cell.lower() == "yes"
