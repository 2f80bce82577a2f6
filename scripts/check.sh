#!/bin/sh
# Format, lint, strict types, the architecture test: what needs no server.
set -eu
cd "$(dirname "$0")/.."
BIN=$(dirname "$PYTHON")
"$BIN/ruff" format --check .
"$BIN/ruff" check .
"$BIN/mypy"
"$PYTHON" -m pytest tests/test_architecture.py
