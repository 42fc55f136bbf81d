"""What several tests of figures share."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def _share(name: str) -> None:
    """Makes a module beside this one importable by its bare name, which importlib mode does not."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec
    assert spec.loader
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


_share("bold_text")
