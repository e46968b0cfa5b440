// SPDX-License-Identifier: GPL-2.0

#include <linux/io.h>

/*
 * Functions on some architectures, macros and inline functions on others: here
 * under names that are neither.
 */
#ifdef CONFIG_HAS_IOPORT_MAP
void __iomem *iomem_helper_iomap_map_ports(unsigned long port, unsigned int count)
{
	return ioport_map(port, count);
}

void iomem_helper_iomap_unmap_ports(void __iomem *addr)
{
	ioport_unmap(addr);
}
#endif

u8 iomem_helper_iomap_read8(const void __iomem *addr)
{
	return ioread8(addr);
}

u16 iomem_helper_iomap_read16(const void __iomem *addr)
{
	return ioread16(addr);
}

u32 iomem_helper_iomap_read32(const void __iomem *addr)
{
	return ioread32(addr);
}

u16 iomem_helper_iomap_read16be(const void __iomem *addr)
{
	return ioread16be(addr);
}

u32 iomem_helper_iomap_read32be(const void __iomem *addr)
{
	return ioread32be(addr);
}

void iomem_helper_iomap_write8(u8 value, void __iomem *addr)
{
	iowrite8(value, addr);
}

void iomem_helper_iomap_write16(u16 value, void __iomem *addr)
{
	iowrite16(value, addr);
}

void iomem_helper_iomap_write32(u32 value, void __iomem *addr)
{
	iowrite32(value, addr);
}

void iomem_helper_iomap_write16be(u16 value, void __iomem *addr)
{
	iowrite16be(value, addr);
}

void iomem_helper_iomap_write32be(u32 value, void __iomem *addr)
{
	iowrite32be(value, addr);
}

void iomem_helper_iomap_read8_rep(const void __iomem *addr, void *buffer, unsigned int count)
{
	ioread8_rep(addr, buffer, count);
}

void iomem_helper_iomap_read16_rep(const void __iomem *addr, void *buffer, unsigned int count)
{
	ioread16_rep(addr, buffer, count);
}

void iomem_helper_iomap_read32_rep(const void __iomem *addr, void *buffer, unsigned int count)
{
	ioread32_rep(addr, buffer, count);
}

void iomem_helper_iomap_write8_rep(void __iomem *addr, const void *buffer, unsigned int count)
{
	iowrite8_rep(addr, buffer, count);
}

void iomem_helper_iomap_write16_rep(void __iomem *addr, const void *buffer, unsigned int count)
{
	iowrite16_rep(addr, buffer, count);
}

void iomem_helper_iomap_write32_rep(void __iomem *addr, const void *buffer, unsigned int count)
{
	iowrite32_rep(addr, buffer, count);
}
