// SPDX-License-Identifier: GPL-2.0

#include <linux/efi.h>

/*
 * Whether EFI says of any address from start to last that there is memory, or that it is
 * EFI's own. efi_enabled() is inline, and the kernel's bindings do not have <linux/efi.h>. x86
 * has it all in its resources.
 */
bool iomem_helper_efi_has_memory(u64 start, u64 last)
{
#if defined(CONFIG_EFI) && defined(CONFIG_ARM64)
	efi_memory_desc_t *md;

	if (!efi_enabled(EFI_MEMMAP))
		return false;
	for_each_efi_memory_desc(md) {
		u64 size = md->num_pages << EFI_PAGE_SHIFT;
		bool here = md->phys_addr <= last &&
			    (start <= md->phys_addr || start - md->phys_addr < size);

		if (size && here && md->type != EFI_MEMORY_MAPPED_IO &&
		    md->type != EFI_MEMORY_MAPPED_IO_PORT_SPACE)
			return true;
	}
#endif

	return false;
}
