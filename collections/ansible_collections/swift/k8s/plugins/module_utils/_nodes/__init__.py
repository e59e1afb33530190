# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Labels, annotations and taints of nodes. Private to this collection."""
