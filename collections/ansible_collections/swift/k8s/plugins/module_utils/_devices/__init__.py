# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Device plugins: what a cluster has x what the inventory wants -> labels, configuration, expectations, problems.

Private to the collection, pure, standard library only. A third vendor is one more `Vendor` in its own file.
"""
