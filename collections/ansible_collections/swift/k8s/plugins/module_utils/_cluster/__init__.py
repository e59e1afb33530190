# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The only importer of the Kubernetes client: connect, list once, apply. Private to this collection."""
