# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Private to swift.k8s: how much memory a model takes, and where it fits. Pure, but for `files`, which reads headers.

shape (what config.json says) -> parameters -> weights, cache, activations, training -> fit (devices).
"""
