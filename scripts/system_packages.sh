#!/bin/sh
# Install what Qt needs and a virtual display (Debian, Ubuntu); without the right to, name it.
set -eu
packages="xvfb xauth libegl1 libgl1 libopengl0 libglx-mesa0 libgl1-mesa-dri libxkbcommon-x11-0 \
libdbus-1-3 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 \
libxcb-xinerama0 libxcb-shape0 libxcb-xfixes0 libfontconfig1 libglib2.0-0 fonts-dejavu-core"
command -v dpkg-query >/dev/null 2>&1 || exit 0
missing=""
for package in $packages; do
    # libglib2.0-0 is called libglib2.0-0t64 where time_t has 64 bits
    dpkg-query -W -f '${Status}\n' "$package" "${package}t64" 2>/dev/null | grep -q "install ok installed" \
        || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
elif [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ -n "${HEADLESS:-}" ]; then
    echo "System packages are missing; install them first: sudo apt-get install$missing" >&2
    exit 1
fi
