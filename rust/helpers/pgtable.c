// SPDX-License-Identifier: GPL-2.0

#include <linux/pgtable.h>
#if defined(CONFIG_X86_64)
#include <asm/msr.h>
#elif defined(CONFIG_ARM64)
#include <linux/bitfield.h>
#include <linux/irqflags.h>
#include <asm/sysreg.h>
#endif

pgprot_t iomem_helper_pgprot_noncached(pgprot_t prot)
{
	return pgprot_noncached(prot);
}

/* Of another name, because some architectures have the function, and so the kernel's bindings. */
pgprot_t iomem_helper_pgprot_writecombine_of(pgprot_t prot)
{
	return pgprot_writecombine(prot);
}

/*
 * Not a wrapper of anything: the memory type that an address of the kernel has
 * for the processor, in the hardware's encoding. On x86 that is the byte of the
 * PAT that the page-table entry selects; on arm64 the byte of MAIR, as the
 * hardware itself translates the address. Negative if it is not mapped.
 */
#if defined(CONFIG_X86_64)
int iomem_helper_page_attribute(const void *addr)
{
	unsigned int level, index;
	pte_t *pte = lookup_address((unsigned long)addr, &level);
	pteval_t val, pat;
	u64 types;

	if (!pte || !(pte_flags(*pte) & _PAGE_PRESENT))
		return -ENOENT;

	val = pte_flags(*pte);
	/* In an entry for a large page, the bit has another place. */
	pat = level == PG_LEVEL_4K ? _PAGE_PAT : _PAGE_PAT_LARGE;
	index = (val & pat ? 4 : 0) | (val & _PAGE_PCD ? 2 : 0) | (val & _PAGE_PWT ? 1 : 0);
	rdmsrq(MSR_IA32_CR_PAT, types);

	return (types >> (index * 8)) & 7;
}
#elif defined(CONFIG_ARM64)
int iomem_helper_page_attribute(const void *addr)
{
	unsigned long flags;
	u64 par;

	/* Who interrupts may translate something too, as page faults do. */
	local_irq_save(flags);
	asm volatile("at s1e1r, %0" :: "r" (addr));
	isb();
	par = read_sysreg_par();
	local_irq_restore(flags);

	if (par & SYS_PAR_EL1_F)
		return -ENOENT;

	return FIELD_GET(SYS_PAR_EL1_ATTR, par);
}
#endif
