"""A page of gradio behind a sign-in, asked as a browser does: what it is made of, and a function over a stream."""

from __future__ import annotations

import base64
import json
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.lab.chart import answered

SESSION = "lab"


@dataclass(frozen=True)
class Page:
    """`password` of any name; empty: nobody signs in."""

    address: str
    password: str = ""

    def get(self, path: str = "/", body: Any = None) -> tuple[int, str]:
        """Status and text of an answer; 0 where nobody listens."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data, {"Content-Type": "application/json"})
        if self.password:
            request.add_header("Authorization", f"Basic {base64.b64encode(f'any:{self.password}'.encode()).decode()}")
        return answered(request)

    def config(self) -> dict[str, Any]:
        """What the page is made of."""
        return dict(json.loads(self.get("/config")[1]))

    def call(self, name: str, *data: Any) -> list[Any]:
        """What a function of the page gives, after everything that it streamed."""
        number = next(item["id"] for item in self.config()["dependencies"] if item["api_name"] == name)
        joined = {"data": data, "fn_index": number, "session_hash": SESSION}
        assert self.get("/gradio_api/queue/join", joined)[0] == 200
        status, text = self.get(f"/gradio_api/queue/data?session_hash={SESSION}")
        assert status == 200, text
        events = [json.loads(line.removeprefix("data:")) for line in text.splitlines() if line.startswith("data:")]
        (last,) = [event for event in events if event["msg"] == "process_completed"]
        assert last["success"], last
        return list(last["output"]["data"])
