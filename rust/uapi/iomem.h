/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface of /dev/iomem<N>, for programs.
 *
 * A node stands for one window: a device's registers, in one or more regions of
 * memory or of ports, and its interrupts. Region 0 is at file offset 0,
 * uncached, so that the simplest program is
 *
 *	fd = open("/dev/iomem0", O_RDWR);
 *	regs = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
 *
 * Where the others are, how long each is and what it can do,
 * IOMEM_IOC_REGION_INFO tells. Its offsets are for mmap(), pread() and
 * pwrite() alike, and are to be taken as they are: the driver is free to put a
 * region elsewhere.
 *
 * pread() and pwrite() at the offset of a register, of as many bytes as
 * reg-io-width says, are one access, and of a multiple of that a series of
 * such accesses. Where the device has no width, 1, 2, 4 or 8 bytes are one
 * access of exactly that width, and more are a series of accesses of 4 bytes.
 * What is no register or not aligned is EINVAL. Values are in the
 * processor's byte order, whatever that of the registers. A signal ends a
 * longer one after a multiple of 256 bytes, with how many there were.
 *
 * A register is read only if its value can be delivered as a whole, and
 * written only if it is there as a whole: where the buffer's memory ends, the
 * series does, and EFAULT is for not even one. Only if another thread changes
 * the program's memory during the call, values that were read can be lost.
 *
 * A debugger's access to a mapping is one by pread() or pwrite(), in the byte
 * order of the mapping; what is an error there is EIO here, and so is what the
 * program itself has no right to. Whether the debugger's own memory can be
 * written, the driver does not know.
 *
 * Where the register width is unspecified, accesses by call, a batch
 * among them, are EPERM unless CAP_SYS_RAWIO was there when the file was opened:
 * what a device makes of a width that is not its own would be the kernel's
 * trouble. Mapping needs nothing but the node.
 *
 * poll() says POLLIN when an interrupt came that IOMEM_IOC_IRQ_WAIT has not
 * told this file about.
 *
 * Once the device is gone, every call is ENODEV, poll() says POLLHUP and
 * POLLERR, and touching a mapping is SIGBUS.
 *
 * Each structure begins with its size, as the program was built with it, and
 * can grow at its end. A driver that is older than the program refuses, with
 * E2BIG, what it does not know unless it is 0; one that is newer takes what the
 * program does not know as 0 and fills no more than the program's size. Fields
 * that are "out" must be 0 on the way in, except where it is said otherwise, so
 * that they can become "in" one day. Flags that are not defined are EINVAL.
 * All layouts are the same for 32-bit and 64-bit programs.
 *
 * This file is the one definition: C programs include it, and the driver reads
 * it through bindgen.
 */
#ifndef _UAPI_IOMEM_H
#define _UAPI_IOMEM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * The type byte and the numbers of the ioctls. The numbers of the calls do not
 * hold the structures' sizes, so that those can grow.
 *
 * Errors of all of them: EINVAL where the size is smaller than the first
 * release's, where there is no such region or interrupt, or where a field is
 * not 0 that must be; E2BIG where the structure is larger than the driver's and
 * not 0 behind what it knows, or larger than a page; EFAULT where it cannot be
 * read or written; ENODEV once the device is gone.
 */
#define IOMEM_IOC_TYPE			0xBB
#define IOMEM_IOC_NR_REGION_INFO	0x00
#define IOMEM_IOC_NR_WINDOW_INFO	0x01
#define IOMEM_IOC_NR_BATCH		0x02
#define IOMEM_IOC_NR_IRQ_INFO		0x03
#define IOMEM_IOC_NR_IRQ_WAIT		0x04
#define IOMEM_IOC_NR_IRQ_UNMASK		0x05
#define IOMEM_IOC_NR_IRQ_EVENTFD	0x06
#define IOMEM_IOC_NR_IRQ_MASK		0x07

#define IOMEM_IOC_REGION_INFO	_IO(IOMEM_IOC_TYPE, IOMEM_IOC_NR_REGION_INFO)
#define IOMEM_IOC_WINDOW_INFO	_IO(IOMEM_IOC_TYPE, IOMEM_IOC_NR_WINDOW_INFO)
#define IOMEM_IOC_BATCH		_IO(IOMEM_IOC_TYPE, IOMEM_IOC_NR_BATCH)
#define IOMEM_IOC_IRQ_INFO	_IO(IOMEM_IOC_TYPE, IOMEM_IOC_NR_IRQ_INFO)
#define IOMEM_IOC_IRQ_WAIT	_IO(IOMEM_IOC_TYPE, IOMEM_IOC_NR_IRQ_WAIT)
#define IOMEM_IOC_IRQ_UNMASK	_IO(IOMEM_IOC_TYPE, IOMEM_IOC_NR_IRQ_UNMASK)
#define IOMEM_IOC_IRQ_EVENTFD	_IO(IOMEM_IOC_TYPE, IOMEM_IOC_NR_IRQ_EVENTFD)
#define IOMEM_IOC_IRQ_MASK	_IO(IOMEM_IOC_TYPE, IOMEM_IOC_NR_IRQ_MASK)

/* The room for a name, with the zero at its end. */
#define IOMEM_NAME_BYTES	32

/**
 * struct iomem_window_info - what there is behind a node
 * @size:	in: sizeof(struct iomem_window_info); out: the driver's.
 * @flags:	out: none is defined yet.
 * @regions:	out: how many regions there are; they are numbered from 0.
 * @irqs:	out: how many interrupts there are; they are numbered from 0.
 * @batch_max:	out: how many operations one IOMEM_IOC_BATCH may have.
 * @reserved:	must be 0.
 * @name:	out: the device's name, zero-terminated.
 */
struct iomem_window_info {
	__u32 size;
	__u32 flags;
	__u32 regions;
	__u32 irqs;
	__u32 batch_max;
	__u32 reserved;
	__u8 name[IOMEM_NAME_BYTES];
};

/**
 * struct iomem_region_info - what a program needs to know of a region
 * @size:	in: sizeof(struct iomem_region_info); out: the driver's.
 * @region:	in: which region, from 0.
 * @flags:	out: IOMEM_REGION_*.
 * @width:	out: how wide all registers are, in bytes, or 0:
 *		unspecified.
 * @length:	out: the length of the registers, in bytes.
 * @offset:	out: the offset in the file: of the first register for pread()
 *		and pwrite(), of the page that has it for mmap().
 * @wc_offset:	out: the offset for a write-combining mmap() of the same pages;
 *		0 if IOMEM_REGION_MMAP_WC is not set.
 * @mmap_length: out: how long the pages are that the region lies in, in bytes: from
 *		that with its first register to that with its last one; 0 if it
 *		cannot be mapped.
 * @first:	out: where the first register is within the first page, in bytes.
 * @reserved:	must be 0.
 * @name:	out: the region's name, zero-terminated; empty if it has none.
 */
struct iomem_region_info {
	__u32 size;
	__u32 region;
	__u32 flags;
	__u32 width;
	__aligned_u64 length;
	__aligned_u64 offset;
	__aligned_u64 wc_offset;
	__aligned_u64 mmap_length;
	__u32 first;
	__u32 reserved;
	__u8 name[IOMEM_NAME_BYTES];
};

/* The region can be mapped with mmap(). */
#define IOMEM_REGION_MMAP		0x00000001
/*
 * It can be mapped write-combining as well, by a file that is open for writing: the
 * window was made with the property write-combining.
 */
#define IOMEM_REGION_MMAP_WC		0x00000002
/* It is one of I/O ports: accesses are of 1, 2 or 4 bytes. */
#define IOMEM_REGION_PORTS		0x00000004
/* It can only be read: writing is EPERM, PROT_WRITE EACCES. */
#define IOMEM_REGION_READ_ONLY		0x00000008
/* Its registers are big-endian: calls convert, mappings do not. */
#define IOMEM_REGION_BIG_ENDIAN		0x00000010

/* What an operation of a batch does. */
#define IOMEM_OP_READ			0	/* value = register */
#define IOMEM_OP_WRITE			1	/* register = value */
#define IOMEM_OP_UPDATE			2	/* register = register & ~mask | value */
#define IOMEM_OP_WAIT			3	/* until register & mask == value */

/**
 * struct iomem_op - one operation of a batch
 * @op:		in: IOMEM_OP_*.
 * @region:	in: which region, from 0.
 * @width:	in: how wide the access is: 1, 2, 4 or 8 bytes.
 * @flags:	must be 0.
 * @offset:	in: the register's offset within the region, in bytes, a
 *		multiple of the width.
 * @value:	in: what to write or wait for, and nothing outside @mask where
 *		there is one; for IOMEM_OP_READ it is not looked at.
 *		out: what IOMEM_OP_READ has read, what the register was before
 *		IOMEM_OP_UPDATE, what IOMEM_OP_WAIT has read last, if it is done or
 *		failed with ETIMEDOUT.
 * @mask:	in: which bits to update or to compare, at least one; 0 for other
 *		operations.
 * @timeout_ns:	in: how long to wait at most, in nanoseconds; 0 looks once. Must
 *		be 0 for other operations.
 *
 * A write and an update by call exclude each other, in a region, also those of
 * other programs: no write gets lost between an update's read and its write. What is
 * written through a mapping is not seen.
 */
struct iomem_op {
	__u32 op;
	__u32 region;
	__u32 width;
	__u32 flags;
	__aligned_u64 offset;
	__aligned_u64 value;
	__aligned_u64 mask;
	__aligned_u64 timeout_ns;
};

/**
 * struct iomem_batch - operations in one call, made in their order
 * @size:	in: sizeof(struct iomem_batch); out: the driver's.
 * @flags:	must be 0.
 * @ops:	in: the address of an array of struct iomem_op.
 * @count:	in: how many there are, 1 to struct iomem_window_info's batch_max.
 * @op_size:	in: sizeof(struct iomem_op).
 * @done:	out: how many were done.
 * @failed:	out: which one, from 0, the error is about; @count if none.
 *
 * @done and @failed need not be 0 on the way in.
 */
struct iomem_batch {
	__u32 size;
	__u32 flags;
	__aligned_u64 ops;
	__u32 count;
	__u32 op_size;
	__u32 done;
	__u32 failed;
};

/*
 * IOMEM_IOC_BATCH: all operations are checked before the first is made, so an
 * operation that could never be made leaves the device as it was. One that
 * fails later ends the batch.
 *
 * Errors beside those of all calls, with @failed saying which operation:
 * EINVAL where an operation, a width, a mask, a value or an offset is none;
 * EBADF where the file is not open for it (writing needs O_RDWR or O_WRONLY,
 * an update O_RDWR, all else O_RDONLY or O_RDWR); EPERM where the region can only be read, or has
 * no width and the file was opened without CAP_SYS_RAWIO; EBUSY where it is
 * mapped write-combining and cannot be accessed otherwise meanwhile; ETIMEDOUT
 * where what was waited for did not come; EINTR where a signal came while
 * waiting, the program was stopped, or the kernel had it leave the call for a
 * moment (io_uring, livepatch). About the batch: E2BIG where @count is
 * above the maximum; EFAULT where the array or the structure cannot be read or
 * written, which is tried before the first operation. If it is so only
 * afterwards, @done says how many were made, if that can be written.
 */

/**
 * struct iomem_irq_info - an interrupt
 * @size:	in: sizeof(struct iomem_irq_info); out: the driver's.
 * @irq:	in: which interrupt of the window, from 0.
 * @flags:	out: IOMEM_IRQ_*.
 * @reserved:	must be 0.
 * @count:	out: how many came since the device was bound.
 * @name:	out: its name, zero-terminated; empty if it has none.
 */
struct iomem_irq_info {
	__u32 size;
	__u32 irq;
	__u32 flags;
	__u32 reserved;
	__aligned_u64 count;
	__u8 name[IOMEM_NAME_BYTES];
};

/*
 * The line is level-triggered, or the kernel does not know that it is not: the
 * driver masks it when an interrupt comes.
 */
#define IOMEM_IRQ_LEVEL			0x00000001
/* The line is masked, until IOMEM_IOC_IRQ_UNMASK. */
#define IOMEM_IRQ_MASKED		0x00000002

/**
 * struct iomem_irq_wait - wait for an interrupt
 * @size:	in: sizeof(struct iomem_irq_wait); out: the driver's.
 * @irq:	in: which interrupt of the window, from 0.
 * @flags:	in: IOMEM_IRQ_WAIT_UNMASK or 0.
 * @reserved:	must be 0.
 * @count:	in: how many the program has seen; out: how many came since the
 *		device was bound. It returns at once where these differ.
 * @timeout_ns:	in: how long to wait at most, in nanoseconds;
 *		IOMEM_WAIT_FOREVER: no limit.
 *
 * Errors beside those of all calls: ETIMEDOUT where none came in time, and
 * EAGAIN where one would have to wait and the file is O_NONBLOCK, both with
 * @count filled in; EINTR where a signal came, or where the kernel had the
 * program leave the call for a moment (io_uring, livepatch), unless the call
 * has no limit and unmasks nothing: then it begins again, as the signal says.
 */
struct iomem_irq_wait {
	__u32 size;
	__u32 irq;
	__u32 flags;
	__u32 reserved;
	__aligned_u64 count;
	__aligned_u64 timeout_ns;
};

/* Unmask the line first. */
#define IOMEM_IRQ_WAIT_UNMASK		0x00000001

#define IOMEM_WAIT_FOREVER		(~0ULL)

/**
 * struct iomem_irq_unmask - let an interrupt come again
 * @size:	in: sizeof(struct iomem_irq_unmask); out: the driver's.
 * @irq:	in: which interrupt of the window, from 0.
 * @flags:	must be 0.
 * @reserved:	must be 0.
 *
 * For a level-triggered line, to be called when the device has been made to
 * release it. A line that is not masked stays as it is.
 */
struct iomem_irq_unmask {
	__u32 size;
	__u32 irq;
	__u32 flags;
	__u32 reserved;
};

/**
 * struct iomem_irq_mask - keep an interrupt from coming
 * @size:	in: sizeof(struct iomem_irq_mask); out: the driver's.
 * @irq:	in: which interrupt of the window, from 0.
 * @flags:	must be 0.
 * @reserved:	must be 0.
 *
 * For a line of either kind. When the call returns, no interrupt is counted
 * until IOMEM_IOC_IRQ_UNMASK; of the edges that come meanwhile, one is counted
 * then. A line that is masked stays as it is.
 *
 * Errors beside those of all calls: EBADF where the file is not open for
 * writing, since masking keeps every file from its interrupts.
 */
struct iomem_irq_mask {
	__u32 size;
	__u32 irq;
	__u32 flags;
	__u32 reserved;
};

/**
 * struct iomem_irq_eventfd - have an eventfd count an interrupt
 * @size:	in: sizeof(struct iomem_irq_eventfd); out: the driver's.
 * @irq:	in: which interrupt of the window, from 0.
 * @flags:	must be 0.
 * @fd:		in: the eventfd, which takes the place of the one that this file
 *		had for the interrupt; -1: none any more.
 *
 * It is signalled for each interrupt, and once more when the device goes. It
 * belongs to the file that it was given by, and is let go of with that.
 *
 * Errors beside those of all calls: EBADF where @fd is not open; EINVAL where
 * it is no eventfd; ENOSPC where 64 files have an eventfd for the interrupt.
 */
struct iomem_irq_eventfd {
	__u32 size;
	__u32 irq;
	__u32 flags;
	__s32 fd;
};

#endif /* _UAPI_IOMEM_H */
