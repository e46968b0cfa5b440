// SPDX-License-Identifier: GPL-2.0

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
