# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every script here shares: where things are, how to speak, how to stop.
# Source it: . "$(dirname "$0")/lib.sh"

set -euo pipefail

# A plain user's PATH seldom leads to chroot and its like.
PATH=$PATH:/usr/sbin:/sbin

# shellcheck disable=SC2034 # for those who source this
# The project's tree, and the one folder that holds all that is fetched or prepared.
IOMEM_TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
IOMEM_CACHE=${IOMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iomem}
# The Debian suite whose kernel is built for and booted.
export IOMEM_SUITE=${IOMEM_SUITE:-trixie}
# The flavour of that kernel: plain, or what Debian calls rt, cloud and 16k.
export IOMEM_FLAVOUR=${IOMEM_FLAVOUR:-plain}

# say TEXT: one line of progress, for a person.
say() { printf '%s\n' "$*" >&2; }

# die TEXT: what is wrong and what to do, in one line; then a broken-set-up exit status.
die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 125
}

# usage: the comment at the head of the calling script is its help.
usage() {
	sed -n '4,/^$/{s/^# \{0,1\}//p}' "$0"
	exit 0
}

# step N/M TEXT, then done_step [DETAIL]: how far a long script is, and what each part took.
step() {
	step_start=$SECONDS
	say "[$1] ${*:2}"
}
done_step() { say "      done in $((SECONDS - step_start)) s${1:+, $1}"; }

# kbuild takes neither blanks nor colons in the paths it works with.
case $IOMEM_TREE$IOMEM_CACHE in
*[[:space:]:]*) die "kbuild cannot work in '$IOMEM_TREE' with the cache in '$IOMEM_CACHE': choose paths without blanks and colons" ;;
esac

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

# known_flavour ARCH [KIND]: stops unless ARCH has a kernel of IOMEM_FLAVOUR. Those that watch themselves
# have one flavour only.
known_flavour() {
	case $IOMEM_FLAVOUR in
	plain | rt | cloud) ;;
	16k) [ "$1" = arm64 ] || die "there is no kernel with pages of 16 KiB for $1: use plain, rt or cloud" ;;
	*) die "unknown flavour '$IOMEM_FLAVOUR': use plain, rt, cloud or (arm64) 16k" ;;
	esac
	[ "$IOMEM_FLAVOUR" = plain ] || [ "${2:-stock}" = stock ] ||
		die "there is no $IOMEM_FLAVOUR flavour of the $2 kernel: leave out one of the two"
}

# flavour_suffix: what tells apart the files of flavours: nothing for the plain one.
flavour_suffix() { [ "$IOMEM_FLAVOUR" = plain ] || echo "-$IOMEM_FLAVOUR"; }

# debian_arch NAME: what Debian calls the kernel's architecture NAME.
debian_arch() {
	case $1 in
	x86_64) echo amd64 ;;
	*) echo "$1" ;;
	esac
}

# cross_prefix NAME: CROSS_COMPILE for the kernel's architecture NAME; nothing where that is native.
cross_prefix() {
	case $(host_arch):$1 in
	x86_64:arm64) echo aarch64-linux-gnu- ;;
	arm64:x86_64) echo x86_64-linux-gnu- ;;
	esac
}

# short_hash: twelve digits that name what is on stdin.
short_hash() { sha256sum | cut -c1-12; }

# is_root: root needs no user namespace, and a plain user cannot do without one.
is_root() { [ "$(id -u)" = 0 ]; }

# open_cache: makes the cache folder, and IOMEM_CACHE its one true name.
open_cache() {
	mkdir -p "$IOMEM_CACHE" 2>/dev/null ||
		die "cannot make the cache folder $IOMEM_CACHE: set IOMEM_CACHE to one that you can write"
	IOMEM_CACHE=$(cd "$IOMEM_CACHE" && pwd -P)
	[ -O "$IOMEM_CACHE" ] ||
		die "the cache folder $IOMEM_CACHE belongs to $(stat -c %U "$IOMEM_CACHE"): set IOMEM_CACHE to one of your own"
	export IOMEM_CACHE IOMEM_SUITE
}

# lock NAME: this script, and no other, works on NAME until it and what it started have ended.
lock() {
	local fd
	exec {fd}>"$IOMEM_CACHE/.lock-$1"
	flock -n "$fd" || {
		say "${0##*/}: another run is making $1; waiting for it"
		flock "$fd"
	}
}

# can_unshare FLAG…: this user can have namespaces of these kinds.
can_unshare() {
	is_root || set -- --user --map-root-user "$@"
	unshare "$@" true 2>/dev/null
}

# isolated CMD…: runs CMD in mount and process namespaces of its own, as root there, so that neither a
# mount nor a process can outlive it, however it ends. UNSHARE_FLAGS adds to unshare's.
isolated() {
	local child status signal=0 flags=(--mount --pid --fork --kill-child --propagation unchanged)
	is_root || flags+=(--user --map-root-user)
	# An asynchronous command starts with INT and QUIT ignored, which would last.
	# shellcheck disable=SC2086
	setpriv --pdeathsig KILL env --default-signal=INT,QUIT \
		unshare "${flags[@]}" ${UNSHARE_FLAGS:-} \
		bash -c "$(declare -f as_init private_mounts); private_mounts \"\$@\"" bash "$PWD" "$@" <&0 &
	child=$!
	# unshare itself blocks these. Ctrl-C at a terminal reaches CMD too, which may have its own answer.
	trap 'signal=1; kill -KILL $child 2>/dev/null || :' HUP
	trap 'signal=15; kill -KILL $child 2>/dev/null || :' TERM
	trap '[ -t 0 ] && signal=-1 || { signal=2; sleep 1; kill -KILL $child 2>/dev/null || :; }' INT
	while :; do
		status=0
		{ wait "$child" || status=$?; } 2>/dev/null
		[ $signal = -1 ] || break
		signal=0
	done
	if [ $signal != 0 ]; then
		wait "$child" 2>/dev/null || status=$((128 + signal))
	fi
	trap - TERM HUP INT
	return $status
}

# private_mounts CWD CMD…: first in the new namespaces. No mount made here may spread to the outside.
private_mounts() {
	cd / || return 125
	mount --make-rprivate / 2>/dev/null && as_init "$@"
	# In a chroot / is no mount point, so there is no changing how its mounts spread: move to a
	# private copy of the whole, attached below a mount point that is there in any chroot of use.
	mount --make-private /proc && mount -t tmpfs tmpfs /proc && mkdir /proc/root &&
		mount --rbind / /proc/root && mount --make-rprivate /proc/root &&
		mount -t proc proc /proc/root/proc &&
		exec chroot /proc/root bash -c "$(declare -f as_init); as_init \"\$@\"" bash "$@"
	echo "cannot make private mounts in this chroot: mount /proc in it" >&2
	exit 125
}

# as_init CWD CMD…: runs CMD as the namespace's process 1 should: as a child, since process 1 gets only
# the signals that it asks for.
as_init() {
	cd "$1" 2>/dev/null || :
	shift
	trap : INT TERM
	"$@"
	exit
}
