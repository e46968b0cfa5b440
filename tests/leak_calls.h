/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls that tests/leak.c makes ten thousand times: the name of each, the errno
 * that it has to fail with, and the call, for the fixture `t`.
 */
#ifndef _IOMEM_LEAK_CALLS_H
#define _IOMEM_LEAK_CALLS_H

#define MAP(length, prot, flags, fd, offset)	\
	((long)mmap(NULL, length, prot, flags, fd, offset))
#define INFO(...)	\
	ioctl(t->fd, IOMEM_IOC_REGION_INFO, &(struct iomem_region_info){ __VA_ARGS__ })

#define IRQ(call, kind, ...)	\
	ioctl(t->fd, IOMEM_IOC_IRQ_##call, &(struct iomem_##kind){	\
		.size = sizeof(struct iomem_##kind), __VA_ARGS__ })
#define WINDOW(...)	\
	ioctl(t->fd, IOMEM_IOC_WINDOW_INFO, &(struct iomem_window_info){ __VA_ARGS__ })
#define BATCH(...)	\
	ioctl(t->fd, IOMEM_IOC_BATCH, &(struct iomem_batch){ __VA_ARGS__ })
/* All but the size; what is not said of an operation is 0. */
#define BATCH_OF(ops_, count_, op_size_, flags_)	\
	BATCH(.size = sizeof(struct iomem_batch), .ops = (uintptr_t)(ops_), .count = count_,	\
	      .op_size = op_size_, .flags = flags_)
#define OP_SIZE	sizeof(struct iomem_op)
#define OP(...)	\
	batch(t->fd, (struct iomem_op){ __VA_ARGS__ })

/* What is refused. */
#define REFUSED(X)									\
	X(map_behind, ENXIO, MAP(PAGE, RW, MAP_SHARED, t->fd, t->length))		\
	X(map_of_no_region, ENXIO, MAP(PAGE, RW, MAP_SHARED, t->fd, 1LL << 33))		\
	X(map_combining_behind, ENXIO, MAP(PAGE, RW, MAP_SHARED, t->fd, t->combining + t->length))	\
	X(map_combining_too_long, EINVAL, MAP(t->length + 1, RW, MAP_SHARED, t->fd, t->combining))	\
	X(map_far_behind, ENXIO, MAP(PAGE, RW, MAP_SHARED, t->fd, 1LL << 40))		\
	X(map_at_the_last, ENXIO, MAP(PAGE, RW, MAP_SHARED, t->fd, INT64_MAX & -PAGE))	\
	X(map_too_long, EINVAL, MAP(t->length + 1, RW, MAP_SHARED, t->fd, 0))		\
	X(map_across_the_end, EINVAL, MAP(2 * PAGE, RW, MAP_SHARED, t->fd, t->length - PAGE))	\
	X(map_wrapping, EOVERFLOW, MAP(2 * PAGE, RW, MAP_SHARED, t->fd, -PAGE))		\
	X(map_misaligned, EINVAL, MAP(PAGE, RW, MAP_SHARED, t->fd, 1))			\
	X(map_nothing, EINVAL, MAP(0, RW, MAP_SHARED, t->fd, 0))			\
	X(map_private, EOPNOTSUPP, MAP(PAGE, PROT_READ, MAP_PRIVATE, t->fd, 0))		\
	X(map_private_writable, EOPNOTSUPP, MAP(PAGE, RW, MAP_PRIVATE, t->fd, 0))	\
	X(map_executable, EPERM, MAP(PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, t->fd, 0))	\
	X(map_sync, EOPNOTSUPP, MAP(PAGE, RW, MAP_SHARED_VALIDATE | MAP_SYNC, t->fd, 0))	\
	X(map_writable_readonly, EACCES, MAP(PAGE, RW, MAP_SHARED, t->readonly, 0))	\
	X(read_3, EINVAL, pread(t->fd, t->words, 3, 0))					\
	X(read_13, EINVAL, pread(t->fd, t->words, 13, 0))				\
	X(read_misaligned, EINVAL, pread(t->fd, t->words, 4, 2))			\
	X(read_series_misaligned, EINVAL, pread(t->fd, t->words, 12, 2))		\
	X(read_across_the_end, EINVAL, pread(t->fd, t->words, 8, t->length - 4))	\
	X(read_before, EINVAL, pread(t->fd, t->words, 4, -4))				\
	X(read_to_nowhere, EFAULT, pread(t->fd, t->nowhere, 4, 0))			\
	X(read_to_constant, EFAULT, pread(t->fd, t->constant, 16, 0))			\
	X(write_3, EINVAL, pwrite(t->fd, t->words, 3, 0))				\
	X(write_misaligned, EINVAL, pwrite(t->fd, t->words, 4, 2))			\
	X(write_behind, ENOSPC, pwrite(t->fd, t->words, 4, t->length))			\
	X(write_across_the_end, EINVAL, pwrite(t->fd, t->words, 8, t->length - 4))	\
	X(write_from_nowhere, EFAULT, pwrite(t->fd, t->nowhere, 4, 0))			\
	X(write_series_from_nowhere, EFAULT, pwrite(t->fd, t->nowhere, 1024, 0))	\
	X(write_readonly, EBADF, pwrite(t->readonly, t->words, 4, 0))			\
	X(seek_behind, EINVAL, lseek(t->fd, t->length + 1, SEEK_SET))			\
	X(seek_before, EINVAL, lseek(t->fd, -1, SEEK_SET))				\
	X(seek_from_elsewhere, EINVAL, lseek(t->fd, 0, 77))				\
	X(ioctl_unknown, ENOTTY, ioctl(t->fd, _IO(IOMEM_IOC_TYPE, 0xff), t->words))	\
	X(ioctl_of_others, ENOTTY, ioctl(t->fd, _IO('T', 0), t->words))			\
	X(batch_at_nowhere, EFAULT, ioctl(t->fd, IOMEM_IOC_BATCH, t->nowhere))		\
	X(batch_of_size_0, EINVAL, BATCH(.size = 0))					\
	X(batch_of_nothing, EINVAL, BATCH_OF(t->words, 0, OP_SIZE, 0))				\
	X(batch_too_many, E2BIG, BATCH_OF(t->words, 1 << 20, OP_SIZE, 0))				\
	X(batch_with_flags, EINVAL, BATCH_OF(t->words, 1, OP_SIZE, 1))				\
	X(batch_of_op_size_1, EINVAL, BATCH_OF(t->words, 1, 1, 0))				\
	X(batch_ops_at_nowhere, EFAULT, BATCH_OF(t->nowhere, 100, OP_SIZE, 0))	\
	X(batch_ops_constant, EFAULT, BATCH_OF(t->constant, 1, OP_SIZE, 0))	\
	X(batch_of_no_op, EINVAL, OP(.op = 99, .width = 4))				\
	X(batch_of_no_region, EINVAL, OP(.region = 99, .width = 4))			\
	X(batch_of_no_width, EINVAL, OP(.width = 3))					\
	X(batch_op_flags, EINVAL, OP(.width = 4, .flags = 1))				\
	X(batch_misaligned, EINVAL, OP(.width = 4, .offset = 2))			\
	X(batch_behind, EINVAL, OP(.width = 4, .offset = t->length))			\
	X(batch_far_behind, EINVAL, OP(.width = 4, .offset = ~3ULL))			\
	X(batch_without_mask, EINVAL, OP(.op = IOMEM_OP_UPDATE, .width = 4))		\
	X(batch_value_too_wide, EINVAL, OP(.op = IOMEM_OP_WRITE, .width = 4, .value = 1ULL << 32))	\
	X(batch_waits_in_vain, ETIMEDOUT, OP(.op = IOMEM_OP_WAIT, .width = 4, .offset = 0x80000,	\
					     .mask = ~0U, .value = 0xdead))		\
	X(batch_writes_readonly, EBADF, batch(t->readonly,	\
					      (struct iomem_op){ .op = IOMEM_OP_WRITE, .width = 4 }))	\
	X(irq_info_of_none, EINVAL, IRQ(INFO, irq_info, .irq = 0))			\
	X(irq_info_at_nowhere, EFAULT, ioctl(t->fd, IOMEM_IOC_IRQ_INFO, t->nowhere))	\
	X(irq_wait_of_none, EINVAL, IRQ(WAIT, irq_wait, .irq = 0))			\
	X(irq_wait_flags, EINVAL, IRQ(WAIT, irq_wait, .flags = 8))			\
	X(irq_unmask_of_none, EINVAL, IRQ(UNMASK, irq_unmask, .irq = 0))		\
	X(irq_eventfd_of_none, EINVAL, IRQ(EVENTFD, irq_eventfd, .fd = t->fd))		\
	X(window_at_nowhere, EFAULT, ioctl(t->fd, IOMEM_IOC_WINDOW_INFO, t->nowhere))	\
	X(window_of_size_0, EINVAL, WINDOW(.size = 0))					\
	X(window_with_reserved, EINVAL, WINDOW(.size = sizeof(struct iomem_window_info), .reserved = 1))	\
	X(info_larger, E2BIG, ioctl(t->fd, IOMEM_IOC_REGION_INFO,			\
				    &(struct iomem_region_info[2]){ { .size = 2 * sizeof(struct iomem_region_info) }, { .size = 1 } }))	\
	X(info_at_nowhere, EFAULT, ioctl(t->fd, IOMEM_IOC_REGION_INFO, t->nowhere))	\
	X(info_of_size_0, EINVAL, INFO(.size = 0))					\
	X(info_too_small, EINVAL, INFO(.size = sizeof(struct iomem_region_info) - 1))	\
	X(info_of_no_region, EINVAL, INFO(.size = sizeof(struct iomem_region_info), .region = 99))	\
	X(info_with_flags, EINVAL, INFO(.size = sizeof(struct iomem_region_info), .flags = 1))

/* What is left of a device that has gone. */
#define DEAD(X)										\
	X(dead_map, ENODEV, MAP(PAGE, RW, MAP_SHARED, t->fd, 0))			\
	X(dead_map_behind, ENODEV, MAP(PAGE, RW, MAP_SHARED, t->fd, t->length))		\
	X(dead_read, ENODEV, pread(t->fd, t->words, 4, 0))				\
	X(dead_write, ENODEV, pwrite(t->fd, t->words, 4, 0))				\
	X(dead_seek, ENODEV, lseek(t->fd, 0, SEEK_SET))					\
	X(dead_info, ENODEV, INFO(.size = sizeof(struct iomem_region_info)))		\
	X(dead_ioctl, ENODEV, ioctl(t->fd, _IO(IOMEM_IOC_TYPE, 0xff), t->words))	\
	X(dead_window, ENODEV, WINDOW(.size = sizeof(struct iomem_window_info)))		\
	X(dead_batch, ENODEV, OP(.width = 4))						\
	X(dead_node, ENOENT, open(t->node, O_RDWR))

/* What is granted. */
#define GRANTED(X)								\
	X(read_one, 0, pread(t->fd, t->words, 8, 0))				\
	X(read_many, 0, pread(t->fd, t->words, 1024, 0))			\
	X(read_at_the_end, 0, pread(t->fd, t->words, 8, t->length))		\
	X(write_one, 0, pwrite(t->fd, "\0\0\0\0\0\0\0", 8, t->length - PAGE - 8))	\
	X(batch_of_17, 0, OP(.width = 4))					\
	X(window, 0, WINDOW(.size = sizeof(struct iomem_window_info)))		\
	X(seek, 0, lseek(t->fd, 0, SEEK_END) < 0 ? -1 : 0)			\
	X(info, 0, INFO(.size = sizeof(struct iomem_region_info)))

#endif /* _IOMEM_LEAK_CALLS_H */
