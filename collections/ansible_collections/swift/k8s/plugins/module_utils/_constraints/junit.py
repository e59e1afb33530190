# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Findings as a JUnit file, which every CI system shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from .evaluate import Finding
from .rules import Rule

#: What no XML can hold, as logs of programs that colour their lines do.  https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(suite: str, rules: Iterable[Rule], findings: Iterable[Finding]) -> str:
    """Return one test case a rule: failed by an error, skipped when silenced, with its warnings as output."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.id, []).append(finding)
    root = ET.Element("testsuite", name=suite)
    failures = skipped = count = 0
    for rule in rules:
        count += 1
        case = ET.SubElement(root, "testcase", classname=f"{suite}.{rule.for_each}", name=rule.id)
        found = by_rule.get(rule.id, [])
        text = "\n".join(f"{item.subject}: {item.message} {item.next_step}" for item in found)
        if found and found[0].silenced:
            skipped += 1
            ET.SubElement(case, "skipped", message=found[0].silenced)
        elif found and rule.level == "error":
            failures += 1
            ET.SubElement(case, "failure", message=found[0].message, type=rule.id).text = text
        elif found:
            ET.SubElement(case, "system-out").text = text
    root.attrib.update(tests=str(count), failures=str(failures), skipped=str(skipped), errors="0")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + _FORBIDDEN.sub("\ufffd", ET.tostring(root, encoding="unicode"))
