"""python -m lab.engine.tiny_model OUT: the model into OUT; with --data also small data sets into OUT-data."""

from __future__ import annotations

import argparse
from pathlib import Path

from .model import CLASSES, write_model
from .rows import write_rows


def main(arguments: list[str] | None = None) -> None:
    """Write what the command line asks for and say how much it is."""
    parser = argparse.ArgumentParser(prog="python -m lab.engine.tiny_model", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--arch", choices=CLASSES, default="qwen2")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-len", type=int, default=2048)
    parser.add_argument("--stop", action="store_true", help="let answers end by themselves")
    parser.add_argument("--data", action="store_true", help="small data sets as well")
    options = parser.parse_args(arguments)
    write_model(options.out, options.arch, options.seed, options.max_len, options.stop)
    size = sum(path.stat().st_size for path in options.out.iterdir())
    print(f"{options.out}: {size / 1e6:.2f} MB")
    if options.data:
        data = options.out.with_name(f"{options.out.name}-data")
        write_rows(data)
        print(f"{data}: {len(list(data.iterdir()))} data sets")


if __name__ == "__main__":
    main()
