"""Callers that ask again as soon as they are answered: load.py CALLERS MODEL URL…"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import urllib.request


def call(url: str, model: str) -> None:
    """For ever; a refusal (429, a pod that goes) is tried again."""
    body = {"model": model, "max_tokens": 8, "messages": [{"role": "user", "content": "hello"}]}
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    while True:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(request, timeout=60).close()


def main(callers: str, model: str, *urls: str) -> None:
    for url in urls:
        for _ in range(int(callers)):
            threading.Thread(target=call, args=(url, model)).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
