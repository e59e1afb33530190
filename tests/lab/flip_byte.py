"""One bit of a file turned over, its size and its times kept, as a failing disk does it.

usage: flip_byte.py FILE
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(path: Path) -> None:
    """The byte in the middle."""
    known = path.stat()
    with path.open("r+b") as stream:
        stream.seek(known.st_size // 2)
        byte = stream.read(1)[0]
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([byte ^ 1]))
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
