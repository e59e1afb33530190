# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""model_cache and model_cache_info as Ansible runs them: results, check mode, diff, and no secret anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args
from ansible_collections.swift.k8s.plugins.modules import model_cache, model_cache_info
from lab.hub import HubServer

ID = "org/name"
FILES = {"config.json": b"{}", "a.bin": bytes(2 << 20)}
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    def call(main: Callable[[], None], check: bool = False, **arguments: Any) -> dict[str, Any]:
        given = {"root": str(tmp_path / "cache"), **arguments, "_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args(given), pytest.raises(SystemExit):
            main()
        output = capsys.readouterr().out
        assert "s3cret" not in output
        result: dict[str, Any] = json.loads(output)
        return result

    return call


@pytest.fixture
def models() -> Any:
    with HubServer(tokens=["s3cret"]) as hub:
        hub.put(ID, FILES, access="private")
        yield [{"id": ID, "endpoint": hub.url, "token": "s3cret"}]


def seed(run: Run, models: list[dict[str, Any]], **arguments: Any) -> dict[str, Any]:
    return run(model_cache.main, models=models, reserve="1MiB", attempts=1, **arguments)


def test_check_mode_says_what_the_run_then_does(run: Run, models: list[dict[str, Any]], tmp_path: Path) -> None:
    foretold = seed(run, models, check=True)
    assert not (tmp_path / "cache").exists()
    done = seed(run, models)
    assert foretold["changed"]
    assert done["changed"]
    assert foretold["diff"] == done["diff"]
    assert f"{ID} a.bin fetch {2 << 20} bytes (missing)" in done["diff"]["after"]
    assert done["bytes_fetched"] == sum(map(len, FILES.values()))
    assert done["models"][0]["path"] == str(tmp_path / "cache" / "models" / ID)
    for check in (True, False):
        again = seed(run, models, check=check)
        assert not again["changed"]
        assert again["diff"] == {"before": "", "after": ""}


def test_a_failed_model_fails_the_task_and_reports_all(run: Run, models: list[dict[str, Any]]) -> None:
    failed = seed(run, [*models, {"id": "org/none", "endpoint": models[0]["endpoint"]}])
    assert failed["failed"]
    assert failed["msg"].startswith("org/none: ")
    assert [bool(model["error"]) for model in failed["models"]] == [False, True]


def test_a_mistake_is_one_sentence(run: Run, models: list[dict[str, Any]]) -> None:
    failed = seed(run, models, rate_limit="40")
    assert failed["msg"] == "rate '40' is not understood. Write 40Mbit/s (bits), 40MiB/s (bytes), or unlimited"


@pytest.mark.parametrize(
    "places",
    [
        {"proxy": "http://me:s3cret@127.0.0.1:9"},
        {"proxy": "me:s3cret@proxy:port"},
        {"endpoint": "https://me:s3cret@hub.corp"},
        {"endpoint": "https://s3cret@hub.corp"},
        {"endpoints": ["https://me:s3cret@hub.corp:port", {"endpoint": "https://hub.corp", "token": "s3cret"}]},
    ],
)
def test_a_secret_in_an_odd_place_is_shown_nowhere(run: Run, places: dict[str, Any]) -> None:
    told = seed(run, [{"id": ID, "endpoint": "http://127.0.0.1:9", **places}])
    assert told["failed"]
    assert told["invocation"]["module_args"]["models"][0]["id"] == ID


def test_exclusive_takes_out_what_is_not_listed(run: Run, models: list[dict[str, Any]], tmp_path: Path) -> None:
    seed(run, models)
    other = tmp_path / "usb"
    other.mkdir()
    (other / "a").write_text("a")
    local = [{"id": "org/local", "hub": "directory", "source": str(other)}]
    assert seed(run, local)["removed"] == []
    gone = [{"id": ID, "type": "model", "revision": "master"}]
    foretold = seed(run, local, exclusive=True, check=True)
    assert (foretold["changed"], foretold["removed"]) == (True, gone)
    assert seed(run, local, exclusive=True)["removed"] == gone
    assert not seed(run, local, exclusive=True)["changed"]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"state": "absent", "models": [{"id": "name"}]}, "id 'name' is not organisation/name"),
        ({"models": [{"id": ID}], "exclusive": True, "keep": -1}, "keep -1 is below 0"),
    ],
)
def test_what_may_take_nothing_or_too_much_out_is_refused(run: Run, wish: dict[str, Any], said: str) -> None:
    assert run(model_cache.main, **wish)["msg"].startswith(said)


def test_absent_is_idempotent(run: Run, models: list[dict[str, Any]], tmp_path: Path) -> None:
    seed(run, models)
    wish = {"state": "absent", "models": [{"id": ID}]}
    assert run(model_cache.main, check=True, **wish)["changed"]
    assert (tmp_path / "cache" / "models" / ID).exists()
    assert run(model_cache.main, **wish)["diff"]["before"] == f"{ID} at master\n"
    assert not run(model_cache.main, **wish)["changed"]


def test_info(run: Run, models: list[dict[str, Any]], tmp_path: Path) -> None:
    nothing = run(model_cache_info.main)
    assert (nothing["models"], nothing["complete"]) == ([], False)
    (tmp_path / "cache").mkdir()
    assert run(model_cache_info.main)["complete"]
    seed(run, models, log_path=str(tmp_path / "log"))
    told = run(model_cache_info.main, level="full", ids=[ID])
    assert (told["changed"], told["complete"], told["models"][0]["files"]) == (False, True, 2)
    (tmp_path / "cache" / "models" / ID / "config.json").write_text("[]")
    told = run(model_cache_info.main, level="full")
    assert told["complete"] is False
    assert told["models"][0]["findings"] == [{"path": "config.json", "problem": "damaged"}]
    other = run(model_cache_info.main, ids=["org/other"])
    assert (other["models"], other["complete"], other["missing"]) == ([], False, ["org/other"])
    assert "s3cret" not in (tmp_path / "log").read_text()


def test_a_passed_over_endpoint_is_a_warning(
    run: Run, models: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    warned: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _self, text, **_rest: warned.append(text))
    chain = ["http://127.0.0.1:9", {"endpoint": models[0]["endpoint"]}]
    assert seed(run, [{**models[0], "endpoints": chain}])["changed"]
    assert warned
    assert warned[0].startswith(f"{ID}: modelscope http://127.0.0.1:9 was passed over")
