#!/bin/sh
# Compiles the lock files from pyproject.toml: every platform, every hash, no address of an index.
set -eu
cd "$(dirname "$0")/.."
if ! command -v uv >/dev/null; then
    echo "Locking needs uv. Install it: pip install uv" >&2
    exit 1
fi

compile() {
    target=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        --output-file "requirements/$target.txt" "$@"
}

compile run pyproject.toml --extra embedded
# The same versions in both: what is tested is what runs.
compile dev pyproject.toml --extra embedded --group pyproject.toml:dev --constraint requirements/run.txt
compile redis --no-deps requirements/redis.in
