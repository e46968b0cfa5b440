# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# For scripts in the guest: puts what scripts/guest-tools has fetched, and scripts/vm has added, where
# Debian has it, so that programs find their libraries.

tools=$(echo /vm/tools-*)
[ -d "$tools" ] || {
	echo "$0: add the folder that scripts/guest-tools names" >&2
	exit 125
}
if [ ! -e /usr/lib ]; then
	ln -s "$tools/usr/lib" "$tools/usr/share" /usr/
	[ ! -d "$tools/lib64" ] || ln -s "$tools/lib64" /lib64
	[ ! -d "$tools/lib" ] || ln -s "$tools"/lib/* /lib/
fi
export PATH="$tools/usr/bin:$PATH" LC_ALL=C.UTF-8
# Busybox's shell would take its own, whatever PATH says.
xxd() { "$tools/usr/bin/xxd" "$@"; }
