// SPDX-License-Identifier: GPL-2.0

#include <linux/efi.h>

/*
 * Whether EFI says that there is memory at an address, or that the address is its own.
 * efi_enabled() is inline, and the kernel's bindings do not have <linux/efi.h>. x86 has it all in
 * its resources.
 */
bool iomem_helper_efi_has_memory(u64 address)
{
#if defined(CONFIG_EFI) && defined(CONFIG_ARM64)
	efi_memory_desc_t desc;

	if (!efi_enabled(EFI_MEMMAP) || efi_mem_desc_lookup(address, &desc))
		return false;
	return desc.type != EFI_MEMORY_MAPPED_IO && desc.type != EFI_MEMORY_MAPPED_IO_PORT_SPACE;
#else
	return false;
#endif
}
