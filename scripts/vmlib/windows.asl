/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Windows that ACPI describes, on QEMU's q35: what the machine has at fixed
 * addresses and no driver claims. PRP0001 is ACPI's word for "as a device tree
 * would say it": the driver is found by "compatible".
 *
 * For comparison, the same in a device tree is in machine.py.
 */
DefinitionBlock ("", "SSDT", 2, "IOMEM", "WINDOWS", 1)
{
	Scope (\_SB)
	{
		/* Two regions of memory: the end of the firmware, and the HPET. */
		Device (WIN0)
		{
			Name (_HID, "PRP0001")
			Name (_UID, 0)
			Name (_CRS, ResourceTemplate ()
			{
				Memory32Fixed (ReadOnly, 0xFFFFF000, 0x1000)
				Memory32Fixed (ReadOnly, 0xFED00000, 0x400)
			})
			Name (_DSD, Package ()
			{
				ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
				Package ()
				{
					Package () { "compatible", "iomem,window" },
					Package () { "label", "firmware" },
					Package () { "reg-names", Package () { "rom", "timer" } },
					Package () { "reg-io-width", 4 },
					Package () { "read-only", 1 },
					Package () { "map-whole-pages", 1 },
				}
			})
		}

		/* A port: that of isa-debugcon. Nothing is said of it but what it is. */
		Device (WIN1)
		{
			Name (_HID, "PRP0001")
			Name (_UID, 1)
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0xE9, 0xE9, 1, 1)
			})
			Name (_DSD, Package ()
			{
				ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
				Package ()
				{
					Package () { "compatible", "iomem,window" },
				}
			})
		}
	}
}
