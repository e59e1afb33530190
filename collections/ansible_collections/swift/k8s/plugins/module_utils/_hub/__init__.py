# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a hub says: the files of a model, and the bytes of each. Standard library only, no writes to disk."""
