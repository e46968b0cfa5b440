# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# For scripts in the guest: finds the machine's PCI devices, and has interrupts assigned to them.

# pci VENDOR DEVICE [SKIP]: a PCI device's folder in sysfs, after SKIP others of its kind.
pci() {
	skip=${3:-0}
	for dev in /sys/bus/pci/devices/*; do
		# By the shell itself: in a machine made of software, a process of its own for each takes long.
		{ read -r vendor && read -r device <&4; } <"$dev/vendor" 4<"$dev/device"
		[ "$vendor:$device" = "$1:$2" ] || continue
		skip=$((skip - 1))
		[ $skip -lt 0 ] || continue
		echo "$dev"
		return
	done
	echo "$0: there is no PCI device $1:$2 in this machine" >&2
	return 125
}

# intx FOLDER: the number of a PCI device's interrupt line. Some architectures assign it when a driver
# is tried; the one that is tried here, whichever the kernel has, does not want the device.
intx() {
	for driver in pcieport virtio-pci; do
		[ ! -d "/sys/bus/pci/drivers/$driver" ] || break
	done
	echo "$driver" >"$1/driver_override"
	echo "${1##*/}" >/sys/bus/pci/drivers_probe
	echo >"$1/driver_override"
	cat "$1/irq"
}
