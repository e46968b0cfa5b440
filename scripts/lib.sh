# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every script here shares: where things are, how to speak, how to stop.
# Source it: . "$(dirname "$0")/lib.sh"

set -euo pipefail

# The project's tree, and the one folder that holds all that is fetched or prepared.
IOMEM_TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
IOMEM_CACHE=${IOMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iomem}
# The Debian suite whose kernel is built for and booted.
IOMEM_SUITE=${IOMEM_SUITE:-trixie}

# say TEXT: one line of progress, for a person.
say() { printf '%s\n' "$*" >&2; }

# die TEXT: what is wrong and what to do, in one line; then a broken-set-up exit status.
die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 125
}

# host_arch: the architecture of this machine, by the kernel's name.
host_arch() {
	case $(uname -m) in
	x86_64) echo x86_64 ;;
	aarch64) echo arm64 ;;
	*) die "this machine is a $(uname -m); only x86_64 and arm64 can run it" ;;
	esac
}

# known_arch NAME: stops unless NAME is an architecture this project runs on.
known_arch() {
	case $1 in
	x86_64 | arm64) ;;
	*) die "unknown architecture '$1': use x86_64 or arm64" ;;
	esac
}
