/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface of /dev/iomem<N>, for programs.
 *
 * A node stands for one window: a device's registers, in one or more regions.
 * Region 0 is at file offset 0, uncached:
 *
 *	fd = open("/dev/iomem0", O_RDWR);
 *	regs = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
 *
 * Where a region is, and how long it is, IOMEM_IOC_REGION_INFO tells.
 *
 * pread() and pwrite() at the offset of a register, of 1, 2, 4 or 8 bytes, are
 * one access of exactly that width (of no other than reg-io-width, where the
 * device tree gives one). Longer ones are a series of accesses of reg-io-width,
 * or of 4 bytes. What is no register or not aligned is EINVAL.
 *
 * Once the device is gone, every call is ENODEV, and touching a mapping SIGBUS.
 *
 * This file is the one definition: C programs include it, and the driver reads
 * it through bindgen.
 */
#ifndef _UAPI_IOMEM_H
#define _UAPI_IOMEM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* The type byte and the numbers of the ioctls. */
#define IOMEM_IOC_TYPE			0xBB
#define IOMEM_IOC_NR_REGION_INFO	0x00

/**
 * struct iomem_region_info - what a program needs to know to map a region
 * @size:	in: sizeof(struct iomem_region_info) as the caller was built with;
 *		out: as the driver was built with. A driver fills no more than
 *		the caller's size, so that either side may be the newer one.
 * @region:	in: which region, from 0.
 * @flags:	out: IOMEM_REGION_*. Must be 0 on the way in.
 * @regions:	out: how many regions the window has. Must be 0 on the way in.
 * @offset:	out: what to pass to mmap() as offset, in bytes.
 * @length:	out: the length of the region, in bytes.
 */
struct iomem_region_info {
	__u32 size;
	__u32 region;
	__u32 flags;
	__u32 regions;
	__aligned_u64 offset;
	__aligned_u64 length;
};

/* The region can be mapped with mmap(). */
#define IOMEM_REGION_MMAP		0x00000001

/*
 * Fills a struct iomem_region_info. The number does not hold the structure's
 * size, so that the structure can grow: its first member does.
 *
 * Errors: EINVAL where @size is smaller than the first release's, where @region
 * is not one of the window's or where a field that must be 0 is not; EFAULT
 * where the structure is not readable or not writable; ENODEV once the device
 * is gone.
 */
#define IOMEM_IOC_REGION_INFO	_IO(IOMEM_IOC_TYPE, IOMEM_IOC_NR_REGION_INFO)

#endif /* _UAPI_IOMEM_H */
