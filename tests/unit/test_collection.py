"""What Galaxy demands of an uploaded collection and nothing else here would notice."""

from __future__ import annotations

import re
from pathlib import Path

PLUGINS = Path("collections/ansible_collections/swift/k8s/plugins")
#: galaxy-importer 0.4, constants.CONTENT_NAME_REGEXP: lower case, no two underscores in a row
NAME = re.compile(r"^(?!.*__)[a-z_][0-9a-z_]*$")


def test_galaxy_takes_the_names_of_all_plugin_files() -> None:
    names = {path.relative_to(PLUGINS): path.stem for path in PLUGINS.rglob("*.py") if path.name != "__init__.py"}
    assert names
    assert [str(path) for path, name in names.items() if not NAME.match(name)] == []
