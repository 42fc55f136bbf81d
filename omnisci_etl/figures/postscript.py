"""EPS and PostScript through Ghostscript, which sees the program and nothing else of this machine."""

from __future__ import annotations

import re
import signal
import struct
import subprocess

from omnisci_etl.errors import BadInput, HostileInput

_DOS_EPS = b"\xc5\xd0\xd3\xc6"
_AROUND = b"\x04\r\n "
"""What printers' drivers put around a program."""
_BOUNDING_BOX = re.compile(rb"%%BoundingBox:\s*(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)")
_COMMENTS = 65536
_GHOSTSCRIPT = (
    *("-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dEPSCrop", "-dFirstPage=1", "-dLastPage=1"),
    *("-dTextAlphaBits=4", "-dGraphicsAlphaBits=4", "-sDEVICE=png16m", "-sOutputFile=-"),
    *("-sstdout=%stderr", "-K700000", "-sBandListStorage=memory"),
)
# With -dSAFER Ghostscript still lets a program read, write and delete where temporary files are: that must be nowhere.
_ENVIRONMENT = {"TMPDIR": "/dev/null/none", "TEMP": "/dev/null/none"}


def is_postscript(data: bytes) -> bool:
    """Whether the bytes begin as a PostScript program, alone or with a preview for DOS."""
    return data.startswith(_DOS_EPS) or data[:64].lstrip(_AROUND).startswith(b"%!")


def rasterize(data: bytes, program: str, *, dpi: int, max_side: int) -> bytes:
    """The bounding box of the first page as PNG, with less than dpi where it would be over max_side pixels a side.

    Meant for a worker process, whose limits of memory and processor time Ghostscript inherits.
    Raises BadInput("picture-undecodable") where nothing is drawn, HostileInput("picture-too-large") over the limits.
    """
    box = _BOUNDING_BOX.search(data[:_COMMENTS]) or _BOUNDING_BOX.search(data[-_COMMENTS:])
    left, bottom, right, top = map(float, box.groups()) if box else (0.0, 0.0, 0.0, 0.0)
    resolution = max(1, min(dpi, int(max_side * 72 / max(right - left, top - bottom, 1.0))))
    command = [program, *_GHOSTSCRIPT, f"-r{resolution}", "-"]
    shown = _encapsulated(data, box[0] if box else b"")
    done = subprocess.run(command, input=shown, capture_output=True, env=_ENVIRONMENT, check=False)
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise HostileInput("picture-too-large", "Ghostscript ran over its time limit")
    if not done.stdout.startswith(b"\x89PNG"):
        raise BadInput("picture-undecodable", f"Ghostscript: {done.stderr[-200:].decode('ascii', 'replace')}")
    return done.stdout


def _encapsulated(data: bytes, box: bytes) -> bytes:
    """PostScript as the EPS that Ghostscript crops, which reads the box of a stream only from its first lines.

    A binary preview goes; a showpage may be lacking.
    """
    if data.startswith(_DOS_EPS):
        start, length = struct.unpack_from("<II", data.ljust(12, b"\0"), len(_DOS_EPS))
        data = data[start : start + length]
    head = b"%!PS-Adobe-3.0 EPSF-3.0\n" + box + b"\n" if box else b""
    return head + data.lstrip(_AROUND) + (b"" if b"showpage" in data else b"\nshowpage\n")
