// SPDX-License-Identifier: GPL-2.0

#include <linux/io.h>
#include <linux/ioport.h>
#ifdef CONFIG_ARM64
#include <asm/cpufeature.h>
#include <asm/pgtable-hwdef.h>
#endif

/*
 * The largest physical address. The tree of resources ends there on x86; on
 * arm64 it ends with 64 bits, and the processors have to be asked.
 */
phys_addr_t iomem_helper_phys_addr_max(void)
{
	phys_addr_t max = iomem_resource.end;

#ifdef CONFIG_ARM64
	u64 mmfr0 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1);
	int parange = cpuid_feature_extract_unsigned_field(mmfr0,
							   ID_AA64MMFR0_EL1_PARANGE_SHIFT);
	u32 bits = id_aa64mmfr0_parange_to_phys_shift(parange);

	max = min_t(phys_addr_t, max, GENMASK_ULL(bits - 1, 0));
	max = min_t(phys_addr_t, max, PHYS_MASK);
#endif

	return max;
}

/* The repeated forms are macros here and inline functions there. */
void iomem_helper_readsb(const void __iomem *addr, void *buffer, unsigned int count)
{
	readsb(addr, buffer, count);
}

void iomem_helper_readsw(const void __iomem *addr, void *buffer, unsigned int count)
{
	readsw(addr, buffer, count);
}

void iomem_helper_readsl(const void __iomem *addr, void *buffer, unsigned int count)
{
	readsl(addr, buffer, count);
}

void iomem_helper_writesb(void __iomem *addr, const void *buffer, unsigned int count)
{
	writesb(addr, buffer, count);
}

void iomem_helper_writesw(void __iomem *addr, const void *buffer, unsigned int count)
{
	writesw(addr, buffer, count);
}

void iomem_helper_writesl(void __iomem *addr, const void *buffer, unsigned int count)
{
	writesl(addr, buffer, count);
}

#ifdef CONFIG_64BIT
void iomem_helper_readsq(const void __iomem *addr, void *buffer, unsigned int count)
{
	readsq(addr, buffer, count);
}

void iomem_helper_writesq(void __iomem *addr, const void *buffer, unsigned int count)
{
	writesq(addr, buffer, count);
}
#endif
