# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which proxy stands between us and an address."""

from __future__ import annotations

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import BadSetting
from ansible_collections.swift.k8s.plugins.module_utils._hub.proxies import Proxy, bypassed, proxy_for

CORPORATE = {"HTTPS_PROXY": "http://proxy.corp:3128", "no_proxy": "10.0.0.0/8,.svc,hub.local:8099"}


@pytest.mark.parametrize(
    ("url", "setting", "environ", "expected"),
    [
        ("https://hub/x", "", {}, None),
        ("https://hub/x", "", CORPORATE, Proxy("proxy.corp", 3128, "")),
        ("http://hub/x", "", CORPORATE, None),
        ("https://hub/x", "none", CORPORATE, None),
        ("https://hub/x", "http://own:1", CORPORATE, Proxy("own", 1, "")),
        ("https://hub/x", "own:1", {}, Proxy("own", 1, "")),
        ("https://10.1.2.3/x", "", CORPORATE, None),
        ("https://a.b.svc/x", "", CORPORATE, None),
        ("https://hub.local:8099/x", "", CORPORATE, None),
        ("https://hub.local/x", "", CORPORATE, Proxy("proxy.corp", 3128, "")),
        ("http://hub/x", "", {"ALL_PROXY": "http://all"}, Proxy("all", 80, "")),
        ("https://hub/x", "http://me:p%40ss@own:1", {}, Proxy("own", 1, "Basic bWU6cEBzcw==")),
    ],
)
def test_proxy(url: str, setting: str, environ: dict[str, str], expected: Proxy | None) -> None:
    assert proxy_for(url, setting, environ) == expected


@pytest.mark.parametrize(
    ("host", "port", "no_proxy", "result"),
    [
        ("hub", None, "", False),
        ("hub", None, "*", True),
        ("a.corp", None, "corp", True),
        ("acorp", None, "corp", False),
        ("a.corp", None, "*.corp", True),
        ("A.Corp", None, ".corp", True),
        ("::1", None, "::1", True),
        ("10.2.0.1", 80, "10.2.0.0/16 , x", True),
        ("hub", 443, "hub:8080", False),
    ],
)
def test_no_proxy(host: str, port: int | None, no_proxy: str, result: bool) -> None:
    assert bypassed(host, port, no_proxy) is result


@pytest.mark.parametrize(
    "setting", ["socks5://proxy:1080", "https://proxy:3128", "http://", "http://[::1", "me:s3cret@p:x"]
)
def test_a_proxy_that_we_do_not_speak_is_refused(setting: str) -> None:
    with pytest.raises(BadSetting) as caught:
        proxy_for("https://hub/x", setting, {})
    assert "http://" in str(caught.value)
    assert "s3cret" not in str(caught.value)
