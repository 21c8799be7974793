#!/bin/sh
# Make a virtual environment with Python 3.11 or later: make_venv.sh PYTHON FOLDER
set -eu
python=$1 folder=$2
if ! command -v "$python" >/dev/null 2>&1; then
    echo "No '$python' was found; install Python 3.11 or later, or call make with PYTHON=/path/to/python." >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "$("$python" --version) is too old; Python 3.11 or later is needed (make PYTHON=/path/to/python)." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
    package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get update -qq && apt-get install -y -qq "$package" >/dev/null
    else
        echo "Python's venv module is incomplete; install it first: sudo apt-get install $package" >&2
        exit 1
    fi
fi
rm -rf "$folder"
"$python" -m venv "$folder"
