/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What rust/mmio/templates.py reads, after the preprocessor: the kernel's
 * accessors as this kernel and architecture define them, and below the mark,
 * which one stands for which access.
 */

#include <linux/io.h>

iomem_accessors_begin
read8 = readb(addr);
read16 = readw(addr);
read32 = readl(addr);
read64 = readq(addr);
read8_relaxed = readb_relaxed(addr);
read16_relaxed = readw_relaxed(addr);
read32_relaxed = readl_relaxed(addr);
read64_relaxed = readq_relaxed(addr);
write8 = writeb(val, addr);
write16 = writew(val, addr);
write32 = writel(val, addr);
write64 = writeq(val, addr);
write8_relaxed = writeb_relaxed(val, addr);
write16_relaxed = writew_relaxed(val, addr);
write32_relaxed = writel_relaxed(val, addr);
write64_relaxed = writeq_relaxed(val, addr);
