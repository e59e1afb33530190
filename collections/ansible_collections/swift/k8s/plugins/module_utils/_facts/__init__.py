# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Facts of a cluster: a handful of lists in, plain data out. Private to this collection."""
