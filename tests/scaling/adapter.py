"""A stand-in for prometheus-adapter: the custom metrics API for Services, by the rules that prometheus-adapter takes.

It has no authorisation and knows no other object. adapter.py RULES_JSON PROMETHEUS_URL CERTIFICATE KEY
"""

from __future__ import annotations

import json
import ssl
import sys
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

GROUP = "custom.metrics.k8s.io/v1beta2"
ROOT = f"/apis/{GROUP}"


def query(rule: dict[str, Any], namespace: str, service: str) -> str:
    """The rule's query for one Service."""
    series = rule["seriesQuery"].partition("{")[0]
    where = f'namespace="{namespace}",service="{service}"'
    text = str(rule["metricsQuery"]).replace("<<.Series>>", series).replace("<<.LabelMatchers>>", where)
    return text.replace("<<.GroupBy>>", "service")


def ask(prometheus: str, text: str) -> float:
    """The value of an instant query; a series that is not there is a LookupError."""
    address = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': text})}"
    with urllib.request.urlopen(address, timeout=5) as answer:
        (series,) = json.load(answer)["data"]["result"] or [None]
    if series is None:
        raise LookupError(f"no series for {text}")
    return float(series["value"][1])


class Handler(BaseHTTPRequestHandler):
    """Discovery, and /namespaces/N/services/S/METRIC."""

    rules: dict[str, dict[str, Any]]
    prometheus: str

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].removeprefix(ROOT).strip("/").split("/")
        if not self.path.startswith(ROOT):
            self.answer(404, {})
        elif path == [""]:
            names = [{"name": f"services/{name}", "kind": "MetricValueList", "namespaced": True} for name in self.rules]
            kind = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": GROUP}
            self.answer(200, {**kind, "resources": [{**name, "singularName": "", "verbs": ["get"]} for name in names]})
        else:
            _, namespace, _, service, metric = path
            self.value(namespace, service, metric)

    def value(self, namespace: str, service: str, metric: str) -> None:
        try:
            number = ask(self.prometheus, query(self.rules[metric], namespace, service))
        except (LookupError, OSError) as error:
            self.answer(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": str(error)})
            return
        described = {"kind": "Service", "apiVersion": "v1", "namespace": namespace, "name": service}
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        item = {"describedObject": described, "metric": {"name": metric}, "timestamp": stamp}
        items = [{**item, "value": f"{round(number * 1000)}m"}]
        self.answer(200, {"kind": "MetricValueList", "apiVersion": GROUP, "metadata": {}, "items": items})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main(rules: str, prometheus: str, certificate: str, key: str) -> None:
    Handler.rules = {rule["name"]["as"]: rule for rule in json.loads(Path(rules).read_text())}
    Handler.prometheus = prometheus
    server = ThreadingHTTPServer(("", 6443), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
