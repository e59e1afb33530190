# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""`python3 -m <package>._cache seed|verify|list|remove`: the same engine on a host, in a Job, in an initContainer."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
