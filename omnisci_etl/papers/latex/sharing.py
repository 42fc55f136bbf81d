"""Which captions and pictures of a float belong together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.structure import Env, Event


def grouped(captions: Sequence[Event]) -> list[tuple[Env | None, list[Event]]]:
    """Figure captions by the figure environment that they share; outside of such, by their own environment."""
    groups: dict[tuple[bool, Env], list[Event]] = {}
    for caption in captions:
        chain = [env for env in caption.env.chain() if env.name in names.FIGURES]
        groups.setdefault((True, chain[-1]) if chain else (False, caption.env), []).append(caption)
    return [(env if is_float else None, group) for (is_float, env), group in groups.items()]


def share(container: Env, inside: Sequence[Event], captions: Sequence[Event]) -> list[tuple[int, int]]:
    """Which stretch of a float belongs to which of its captions.

    Captions stand below their pictures, unless the first caption stands before the first picture; where all
    pictures come first and all captions after them, the pictures are dealt out evenly.
    """
    start, end = container.start, container.end
    if len(captions) == 1:
        return [(start, end)]
    pictures = [event.start for event in inside if event.kind in ("picture", "drawing")]
    boxes = _boxes(container, pictures, captions)
    if boxes:
        return boxes
    if pictures and pictures[-1] < captions[0].start and len(pictures) % len(captions) == 0:
        size = len(pictures) // len(captions)
        cuts = [pictures[i * size] for i in range(1, len(captions))]
    elif pictures and captions[0].start < pictures[0]:
        cuts = [caption.start for caption in captions[1:]]
    else:
        cuts = [caption.end for caption in captions[:-1]]
    return list(zip([start, *cuts], [*cuts, end], strict=True))


def _boxes(container: Env, pictures: Sequence[int], captions: Sequence[Event]) -> list[tuple[int, int]]:
    """Where each caption shares a box with its own pictures, those boxes; none where a picture is left over."""
    boxes: list[tuple[int, int]] = []
    for caption in captions:
        chain = takewhile(lambda env: env is not container, caption.env.chain())
        alone = [env for env in chain if sum(env.start <= c.start < env.end for c in captions) == 1]
        if not alone:
            return []
        boxes.append((alone[-1].start, alone[-1].end))
    held = [sum(start <= picture < end for start, end in boxes) for picture in pictures]
    full = all(any(start <= picture < end for picture in pictures) for start, end in boxes)
    return boxes if full and all(count == 1 for count in held) else []
