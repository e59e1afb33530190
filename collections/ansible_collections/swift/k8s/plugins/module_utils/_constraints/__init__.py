# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Preflight: rules (data) x facts x wishes -> findings.

Private to the collection. Everything is pure except two files that look and never write: `observe` asks the API server,
`registry` asks image registries.
"""
