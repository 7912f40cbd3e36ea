# Sourced by scripts/demo, scripts/test and scripts/check: a .venv that holds what a lock file says, and zhibiao itself.
#
#   use_venv LOCK    make or bring up to date the environment (from LOCK) and the installed zhibiao; both are left alone
#                    when nothing has changed since. Sets $python. PYTHON=… names the interpreter for a new one.
#
# shellcheck shell=bash

# The wheels of the OCR engine's pinned dependencies end at Python 3.13.
_good_python() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' > /dev/null 2>&1; }

_find_python() {
    local name
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if _good_python "$name"; then
            echo "$name"
            return
        fi
    done
    echo "zhibiao needs Python 3.11, 3.12 or 3.13 with venv; install one, or name it: PYTHON=/path/to/python3.12 $0" >&2
    return 1
}

_digest() { cat "$@" | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'; }

_install() {
    echo "installing what $1 lists into .venv (about 1 GB, a few minutes) …" >&2
    # What builds packages comes first, so that building one fetches nothing that is not pinned and hashed.
    "$python" -m pip --version > /dev/null 2>&1 || "$python" -m ensurepip --upgrade > /dev/null
    "$python" -m pip install --quiet --require-hashes -r requirements-build.lock
    "$python" -m pip install --quiet --no-build-isolation --require-hashes -r "$1"
}

use_venv() {
    export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
    local lock=$1 base want have stamp source
    python=$PWD/.venv/bin/python
    if [ ! -x "$python" ]; then
        base=$(_find_python)
        "$base" -m venv .venv
    elif ! _good_python "$python"; then
        echo ".venv has a Python that zhibiao does not run on; remove the folder .venv and call $0 again" >&2
        return 1
    fi

    # The development lock holds all that the other one holds: a step back from it changes nothing.
    stamp=.venv/.zhibiao-requirements
    have=$(cat "$stamp" 2> /dev/null || true)
    want=$(_digest requirements-build.lock "$lock")
    case "$have" in
        *"$want"*) ;;
        *)
            _install "$lock"
            if [ "$lock" = requirements-dev.lock ]; then
                want="$want $(_digest requirements-build.lock requirements.lock)"
            fi
            echo "$want" > "$stamp"
            ;;
    esac

    stamp=.venv/.zhibiao-source
    source=$(find pyproject.toml README.md LICENSE docs/record.schema.json pipeline dictionaries models -type f \
        ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 cat | _digest -)
    if [ "$(cat "$stamp" 2> /dev/null || true)" != "$source" ]; then
        echo "installing zhibiao …" >&2
        "$python" -m pip install --quiet --no-build-isolation --no-deps --force-reinstall .
        echo "$source" > "$stamp"
    fi
}
