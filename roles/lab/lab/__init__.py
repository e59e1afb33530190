"""A disposable real Kubernetes cluster on one Linux machine. `python -m lab --help` says what it can do."""
