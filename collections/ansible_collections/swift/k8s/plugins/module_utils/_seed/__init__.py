# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Private to swift.k8s: models are fetched by a Job beside their volume; this starts it, follows it, remembers it.

The way of the data: `wish` (what the user wants) and `observe` (what the cluster has) -> `plan` (pure) -> `run` (acts).
"""
