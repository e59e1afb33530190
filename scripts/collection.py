"""Build the collection's tarball with the packaged chart in it, or test that tarball as a user would get it.

usage: collection.py dist     build dist/swift-k8s-<version>.tar.gz
       collection.py test     build it, install it into an empty path, and run from there
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
SOURCE = CHECKOUT / "collections/ansible_collections/swift/k8s"
CHART = CHECKOUT / "charts/ms-swift"
INSTALLED = "ansible_collections/swift/k8s"


def run(words: list[str], cwd: Path) -> str:
    """Run a command in a directory; its output, or an error that carries it.

    The directory's own ansible.cfg counts, not the one that the caller's environment names: the checkout's collection
    must not be found where the installed one is meant.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_CO")}
    done = subprocess.run(
        words, cwd=cwd, env=environment, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise SystemExit(f"$ {' '.join(words)}\n{done.stdout}\nstatus {done.returncode}")
    return done.stdout


def build(target: Path) -> Path:
    """Stage a copy, package the chart into the role that deploys it, build; the tarball's path."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        stage = Path(scratch) / INSTALLED
        shutil.copytree(SOURCE, stage, ignore=shutil.ignore_patterns("__pycache__", "output", ".ansible"))
        files = stage / "roles/ms_swift/files"
        files.mkdir(parents=True, exist_ok=True)
        run(["helm", "package", str(CHART), "--destination", str(files)], CHECKOUT)
        run(["ansible-galaxy", "collection", "build", "--force", "--output-path", str(target.resolve())], stage)
    return max(target.glob("swift-k8s-*.tar.gz"), key=lambda path: path.stat().st_mtime)


def test() -> None:
    """Install the tarball where no checkout is near, then document, check and render from it."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        tarball = build(home / "dist")
        path = home / "collections"
        install = ["ansible-galaxy", "collection", "install", str(tarball), "--offline", "--no-deps", "-p", str(path)]
        (home / "ansible.cfg").write_text(f"[defaults]\ncollections_path = {path}\n", encoding="utf-8")
        run(install, home)
        run(["ansible-galaxy", "collection", "verify", "swift.k8s", "--offline", "-p", str(path)], home)
        installed = path / INSTALLED
        modules = sorted(file.stem for file in (installed / "plugins/modules").glob("[a-z]*.py"))
        run(["ansible-doc", "--json", *(f"swift.k8s.{name}" for name in modules)], home)
        playbooks = sorted(file.stem for file in (installed / "playbooks").glob("*.yml"))
        named = [f"swift.k8s.{playbook}" for playbook in playbooks]
        run(["ansible-playbook", "--syntax-check", "-i", "localhost,", *named], home)
        charts = list((installed / "roles/ms_swift/files").glob("ms-swift-*.tgz"))
        if len(charts) != 1:
            raise SystemExit(f"the tarball holds {len(charts)} packaged charts, wanted one")
        values = ["--set", "model.id=Qwen/Qwen2.5-0.5B-Instruct", "--set", "accelerator.vendor=cpu"]
        rendered = run(["helm", "template", "ms-swift", str(charts[0]), *values], home)
        if "kind: Deployment" not in rendered:
            raise SystemExit("the packaged chart renders no Deployment")
        print(f"collection: {len(modules)} modules, {len(playbooks)} playbooks, chart {charts[0].name}: 1 passed")


if __name__ == "__main__":
    if sys.argv[1:] == ["test"]:
        test()
    elif sys.argv[1:] == ["dist"]:
        print(build(CHECKOUT / "dist"))
    else:
        sys.exit(__doc__)
