# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What an accelerator is: tables of vendors and pure functions over them. Private to this collection."""
