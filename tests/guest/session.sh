# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# For tests/guest/manual: runs one page's session, with the words that it may use.

# shellcheck source=tests/guest/tools.sh
. /vm/tools.sh

# as_nobody COMMAND: what the pages' "$ " stands for.
as_nobody() { su -s /bin/sh nobody -c ". /vm/tools.sh; $1"; }

# What it leaves running ends with it.
# shellcheck disable=SC2046 # several
trap 'kill $(jobs -p) 2>/dev/null' EXIT
trap exit TERM

# shellcheck source=/dev/null
. "$1"
