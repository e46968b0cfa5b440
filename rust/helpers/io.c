// SPDX-License-Identifier: GPL-2.0

#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/logic_pio.h>
#include <linux/mm.h>
#ifdef CONFIG_X86
#include <asm/pgtable.h>
#endif
#ifdef CONFIG_ARM64
#include <asm/cpufeature.h>
#include <asm/pgtable-hwdef.h>
#include <asm/sysreg.h>
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

#if defined(PCI_IOBASE) && !defined(CONFIG_X86)
#ifdef CONFIG_ARM64
/* Whether the kernel has a page there: the processor is asked. */
static bool page_is_mapped(unsigned long addr)
{
	unsigned long flags;
	u64 par;

	/* An interrupt's handler may ask as well. */
	local_irq_save(flags);
	asm volatile("at s1e1r, %0" : : "r" (addr));
	isb();
	par = read_sysreg_par();
	local_irq_restore(flags);

	return !(par & SYS_PAR_EL1_F);
}
#else
static bool page_is_mapped(unsigned long addr)
{
	/* With CONFIG_DEBUG_VIRTUAL, asking of any other address is a BUG(). */
	if (IS_ENABLED(CONFIG_DEBUG_VIRTUAL) && !is_vmalloc_or_module_addr((void *)addr))
		return false;
	return vmalloc_to_page((void *)addr);
}
#endif
#endif

/*
 * Whether ports can be reached. Where they are instructions of the processor,
 * always; where they are memory behind a PCI host bridge, only those that a
 * bridge has mapped: touching others is a fault in the kernel.
 */
bool iomem_helper_ports_reachable(unsigned long port, unsigned long count)
{
#if defined(PCI_IOBASE) && !defined(CONFIG_X86)
	unsigned long addr = (unsigned long)PCI_IOBASE + port;
	unsigned long end = addr + count;

#ifdef CONFIG_INDIRECT_PIO
	/*
	 * Beyond the bridges' ports are those of devices with functions of their own. A port
	 * that none of these has is a WARN() there, and which have one cannot be asked.
	 */
	if (port + count > MMIO_UPPER_LIMIT)
		return false;
#endif
	for (addr = ALIGN_DOWN(addr, PAGE_SIZE); addr < end; addr += PAGE_SIZE) {
		if (!page_is_mapped(addr))
			return false;
	}
#endif
	return true;
}

#ifdef CONFIG_HAS_IOPORT
u8 iomem_helper_inb(unsigned long port)
{
	return inb(port);
}

u16 iomem_helper_inw(unsigned long port)
{
	return inw(port);
}

u32 iomem_helper_inl(unsigned long port)
{
	return inl(port);
}

void iomem_helper_outb(u8 value, unsigned long port)
{
	outb(value, port);
}

void iomem_helper_outw(u16 value, unsigned long port)
{
	outw(value, port);
}

void iomem_helper_outl(u32 value, unsigned long port)
{
	outl(value, port);
}

void iomem_helper_insb(unsigned long port, void *buffer, unsigned int count)
{
	insb(port, buffer, count);
}

void iomem_helper_insw(unsigned long port, void *buffer, unsigned int count)
{
	insw(port, buffer, count);
}

void iomem_helper_insl(unsigned long port, void *buffer, unsigned int count)
{
	insl(port, buffer, count);
}

void iomem_helper_outsb(unsigned long port, const void *buffer, unsigned int count)
{
	outsb(port, buffer, count);
}

void iomem_helper_outsw(unsigned long port, const void *buffer, unsigned int count)
{
	outsw(port, buffer, count);
}

void iomem_helper_outsl(unsigned long port, const void *buffer, unsigned int count)
{
	outsl(port, buffer, count);
}
#endif

/*
 * ioremap_wc(), ioremap_uc() and ioremap_cache() are functions here, macros or
 * inline functions there. The kernel's bindings have them where they are
 * functions, so these have names of their own.
 */
void __iomem *iomem_helper_io_map_wc(phys_addr_t addr, size_t size)
{
	return ioremap_wc(addr, size);
}

void __iomem *iomem_helper_io_map_uc(phys_addr_t addr, size_t size)
{
	return ioremap_uc(addr, size);
}

void __iomem *iomem_helper_io_map_cache(phys_addr_t addr, size_t size)
{
	return ioremap_cache(addr, size);
}

#ifdef CONFIG_X86_PAT
/*
 * Whether the list of memory types has the page at start as write-combining,
 * which has an entry: a mapping made now gets the mode of that.
 */
static int memtype_is_wc(resource_size_t start)
{
	unsigned long wc = pgprot_val(pgprot_writecombine(PAGE_KERNEL)) & _PAGE_CACHE_MASK;
	void __iomem *page = ioremap_wc(start, PAGE_SIZE);
	unsigned int level;
	pte_t *pte;
	int ret;

	if (!page)
		return -ENOMEM;
	pte = lookup_address((__force unsigned long)page, &level);
	ret = pte && level == PG_LEVEL_4K && (pte_flags(*pte) & _PAGE_CACHE_MASK) == wc;
	iounmap(page);
	return ret;
}
#else
static int memtype_is_wc(resource_size_t start)
{
	return 1;
}
#endif

/*
 * Inline, and nothing, where the architecture keeps no list of memory types.
 * Where it does, and the range or a part of it is known as uncached, x86 makes
 * an entry of that mode and says that all is well. All entries that overlap are
 * of one mode, so one page tells that of the new one.
 */
int iomem_helper_io_reserve_memtype_wc(resource_size_t start, resource_size_t size)
{
	int ret = arch_io_reserve_memtype_wc(start, size);

	if (ret)
		return ret;
	ret = memtype_is_wc(start);
	if (ret > 0)
		return 0;
	arch_io_free_memtype_wc(start, size);
	return ret ?: -EBUSY;
}

void iomem_helper_io_free_memtype_wc(resource_size_t start, resource_size_t size)
{
	arch_io_free_memtype_wc(start, size);
}
