# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# KTAP for the tests that run on the host. The caller sets $planned.

planned=0 count=0 failed=0

# check NAME COMMAND...: one result; it passes if the command does. No NAME has a hash, which in KTAP
# begins a directive.
check() {
	local name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count $name"
	else
		echo "# failed: $*"
		echo "not ok $count $name"
		failed=$((failed + 1))
	fi
}

# same GOT WANTED: passes if they are equal, else shows both.
same() {
	[ "$1" = "$2" ] && return
	printf '# got "%s", wanted "%s"\n' "$1" "$2"
	return 1
}

# comment FILE: shows it in the results, as a comment.
comment() { sed 's/^/# /' "$1"; }

# finish: the exit status of the whole; fewer or more results than planned is a failure.
finish() {
	if [ "$count" -ne "$planned" ]; then
		echo "# $planned results were planned, $count came"
		exit 1
	fi
	[ "$failed" -eq 0 ] || exit 1
}
