"""A tiny random-weight Qwen model that real ms-swift loads, serves and trains on CPU; standard library only.

The weights are noise, except hidden dimension 0: it is the constant 1 and steers the output to letters and spaces,
never to an end token. So every answer runs to exactly max_tokens and streams piece by piece. With `stop` answers end
by themselves, at about one token in thirty. The same arguments give the same bytes on every machine.

The directory holds an args.json, as a checkpoint does, because its name is no hub's: from there ms-swift takes the
model type and the template that it would otherwise read from a known name.
"""

from .model import ID, write_model
from .rows import ROWS_ID, write_rows

__all__ = ["ID", "ROWS_ID", "write_model", "write_rows"]
