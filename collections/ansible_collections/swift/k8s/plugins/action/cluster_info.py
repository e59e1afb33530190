# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs the module cluster_info, in Ansible's own process where it can."""

from __future__ import annotations

from ansible_collections.swift.k8s.plugins.modules import cluster_info
from ansible_collections.swift.k8s.plugins.plugin_utils.in_process import InProcessAction


class ActionModule(InProcessAction):
    """The action behind the task."""

    MODULE = cluster_info
