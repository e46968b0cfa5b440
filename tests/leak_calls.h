/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls that tests/leak.c makes ten thousand times: what each is, its name, the
 * errno that it has to fail with or 0, and the call, for the fixture `t`. It is
 * read twice, for functions and for a table of them, so that nothing keeps it from
 * being read again.
 */

/* What is refused. */
CALLING(REFUSED, map_behind, ENXIO, MAP(PAGE, RW, MAP_SHARED, t->fd, t->length))
CALLING(REFUSED, map_of_no_region, ENXIO, MAP(PAGE, RW, MAP_SHARED, t->fd, 1LL << 33))
CALLING(REFUSED, map_combining_behind, ENXIO,
	MAP(PAGE, RW, MAP_SHARED, t->fd, t->combining + t->length))
CALLING(REFUSED, map_combining_too_long, EINVAL,
	MAP(t->length + 1, RW, MAP_SHARED, t->fd, t->combining))
CALLING(REFUSED, map_far_behind, ENXIO, MAP(PAGE, RW, MAP_SHARED, t->fd, 1LL << 40))
CALLING(REFUSED, map_at_the_last, ENXIO, MAP(PAGE, RW, MAP_SHARED, t->fd, INT64_MAX & -PAGE))
CALLING(REFUSED, map_too_long, EINVAL, MAP(t->length + 1, RW, MAP_SHARED, t->fd, 0))
CALLING(REFUSED, map_across_the_end, EINVAL,
	MAP(2 * PAGE, RW, MAP_SHARED, t->fd, t->length - PAGE))
CALLING(REFUSED, map_wrapping, EOVERFLOW, MAP(2 * PAGE, RW, MAP_SHARED, t->fd, -PAGE))
CALLING(REFUSED, map_misaligned, EINVAL, MAP(PAGE, RW, MAP_SHARED, t->fd, 1))
CALLING(REFUSED, map_nothing, EINVAL, MAP(0, RW, MAP_SHARED, t->fd, 0))
CALLING(REFUSED, map_private, EOPNOTSUPP, MAP(PAGE, PROT_READ, MAP_PRIVATE, t->fd, 0))
CALLING(REFUSED, map_private_writable, EOPNOTSUPP, MAP(PAGE, RW, MAP_PRIVATE, t->fd, 0))
CALLING(REFUSED, map_executable, EPERM, MAP(PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, t->fd, 0))
CALLING(REFUSED, map_sync, EOPNOTSUPP, MAP(PAGE, RW, MAP_SHARED_VALIDATE | MAP_SYNC, t->fd, 0))
CALLING(REFUSED, map_writable_readonly, EACCES, MAP(PAGE, RW, MAP_SHARED, t->readonly, 0))
CALLING(REFUSED, read_3, EINVAL, pread(t->fd, t->words, 3, 0))
CALLING(REFUSED, read_13, EINVAL, pread(t->fd, t->words, 13, 0))
CALLING(REFUSED, read_misaligned, EINVAL, pread(t->fd, t->words, 4, 2))
CALLING(REFUSED, read_series_misaligned, EINVAL, pread(t->fd, t->words, 12, 2))
CALLING(REFUSED, read_across_the_end, EINVAL, pread(t->fd, t->words, 8, t->length - 4))
CALLING(REFUSED, read_before, EINVAL, pread(t->fd, t->words, 4, -4))
CALLING(REFUSED, read_to_nowhere, EFAULT, pread(t->fd, t->nowhere, 4, 0))
CALLING(REFUSED, read_to_constant, EFAULT, pread(t->fd, t->constant, 16, 0))
CALLING(REFUSED, write_3, EINVAL, pwrite(t->fd, t->words, 3, 0))
CALLING(REFUSED, write_misaligned, EINVAL, pwrite(t->fd, t->words, 4, 2))
CALLING(REFUSED, write_behind, ENOSPC, pwrite(t->fd, t->words, 4, t->length))
CALLING(REFUSED, write_across_the_end, EINVAL, pwrite(t->fd, t->words, 8, t->length - 4))
CALLING(REFUSED, write_from_nowhere, EFAULT, pwrite(t->fd, t->nowhere, 4, 0))
CALLING(REFUSED, write_series_from_nowhere, EFAULT, pwrite(t->fd, t->nowhere, 1024, 0))
CALLING(REFUSED, write_readonly, EBADF, pwrite(t->readonly, t->words, 4, 0))
CALLING(REFUSED, seek_behind, EINVAL, lseek(t->fd, t->length + 1, SEEK_SET))
CALLING(REFUSED, seek_before, EINVAL, lseek(t->fd, -1, SEEK_SET))
CALLING(REFUSED, seek_from_elsewhere, EINVAL, lseek(t->fd, 0, 77))
CALLING(REFUSED, ioctl_unknown, ENOTTY, ioctl(t->fd, _IO(IOMEM_IOC_TYPE, 0xff), t->words))
CALLING(REFUSED, ioctl_of_others, ENOTTY, ioctl(t->fd, _IO('T', 0), t->words))
CALLING(REFUSED, batch_at_nowhere, EFAULT, ioctl(t->fd, IOMEM_IOC_BATCH, t->nowhere))
CALLING(REFUSED, batch_of_size_0, EINVAL, BATCH(.size = 0))
CALLING(REFUSED, batch_of_nothing, EINVAL, BATCH_OF(t->words, 0, OP_SIZE, 0))
CALLING(REFUSED, batch_too_many, E2BIG, BATCH_OF(t->words, 1 << 20, OP_SIZE, 0))
CALLING(REFUSED, batch_with_flags, EINVAL, BATCH_OF(t->words, 1, OP_SIZE, 1))
CALLING(REFUSED, batch_of_op_size_1, EINVAL, BATCH_OF(t->words, 1, 1, 0))
CALLING(REFUSED, batch_ops_at_nowhere, EFAULT, BATCH_OF(t->nowhere, 100, OP_SIZE, 0))
CALLING(REFUSED, batch_ops_constant, EFAULT, BATCH_OF(t->constant, 1, OP_SIZE, 0))
CALLING(REFUSED, batch_of_no_op, EINVAL, OP(.op = 99, .width = 4))
CALLING(REFUSED, batch_of_no_region, EINVAL, OP(.region = 99, .width = 4))
CALLING(REFUSED, batch_of_no_width, EINVAL, OP(.width = 3))
CALLING(REFUSED, batch_op_flags, EINVAL, OP(.width = 4, .flags = 1))
CALLING(REFUSED, batch_misaligned, EINVAL, OP(.width = 4, .offset = 2))
CALLING(REFUSED, batch_behind, EINVAL, OP(.width = 4, .offset = t->length))
CALLING(REFUSED, batch_far_behind, EINVAL, OP(.width = 4, .offset = ~3ULL))
CALLING(REFUSED, batch_without_mask, EINVAL, OP(.op = IOMEM_OP_UPDATE, .width = 4))
CALLING(REFUSED, batch_value_too_wide, EINVAL,
	OP(.op = IOMEM_OP_WRITE, .width = 4, .value = 1ULL << 32))
CALLING(REFUSED, batch_waits_in_vain, ETIMEDOUT,
	OP(.op = IOMEM_OP_WAIT, .width = 4, .offset = 0x80000, .mask = ~0U, .value = 0xdead))
CALLING(REFUSED, batch_writes_readonly, EBADF,
	batch(t->readonly, (struct iomem_op){ .op = IOMEM_OP_WRITE, .width = 4 }))
CALLING(REFUSED, irq_info_of_none, EINVAL, IRQ(INFO, irq_info, .irq = 0))
CALLING(REFUSED, irq_info_at_nowhere, EFAULT, ioctl(t->fd, IOMEM_IOC_IRQ_INFO, t->nowhere))
CALLING(REFUSED, irq_wait_of_none, EINVAL, IRQ(WAIT, irq_wait, .irq = 0))
CALLING(REFUSED, irq_wait_flags, EINVAL, IRQ(WAIT, irq_wait, .flags = 8))
CALLING(REFUSED, irq_unmask_of_none, EINVAL, IRQ(UNMASK, irq_unmask, .irq = 0))
CALLING(REFUSED, irq_mask_of_none, EINVAL, IRQ(MASK, irq_mask, .irq = 0))
CALLING(REFUSED, irq_eventfd_of_none, EINVAL, IRQ(EVENTFD, irq_eventfd, .fd = t->fd))
CALLING(REFUSED, window_at_nowhere, EFAULT, ioctl(t->fd, IOMEM_IOC_WINDOW_INFO, t->nowhere))
CALLING(REFUSED, window_of_size_0, EINVAL, WINDOW(.size = 0))
CALLING(REFUSED, window_with_reserved, EINVAL,
	WINDOW(.size = sizeof(struct iomem_window_info), .reserved = 1))
CALLING(REFUSED, info_larger, E2BIG, larger_info(t->fd))
CALLING(REFUSED, info_at_nowhere, EFAULT, ioctl(t->fd, IOMEM_IOC_REGION_INFO, t->nowhere))
CALLING(REFUSED, info_of_size_0, EINVAL, INFO(.size = 0))
CALLING(REFUSED, info_too_small, EINVAL, INFO(.size = sizeof(struct iomem_region_info) - 1))
CALLING(REFUSED, info_of_no_region, EINVAL,
	INFO(.size = sizeof(struct iomem_region_info), .region = 99))
CALLING(REFUSED, info_with_flags, EINVAL,
	INFO(.size = sizeof(struct iomem_region_info), .flags = 1))

/* What is left of a device that has gone. */
CALLING(DEAD, dead_map, ENODEV, MAP(PAGE, RW, MAP_SHARED, t->fd, 0))
CALLING(DEAD, dead_map_behind, ENODEV, MAP(PAGE, RW, MAP_SHARED, t->fd, t->length))
CALLING(DEAD, dead_read, ENODEV, pread(t->fd, t->words, 4, 0))
CALLING(DEAD, dead_write, ENODEV, pwrite(t->fd, t->words, 4, 0))
CALLING(DEAD, dead_seek, ENODEV, lseek(t->fd, 0, SEEK_SET))
CALLING(DEAD, dead_info, ENODEV, INFO(.size = sizeof(struct iomem_region_info)))
CALLING(DEAD, dead_ioctl, ENODEV, ioctl(t->fd, _IO(IOMEM_IOC_TYPE, 0xff), t->words))
CALLING(DEAD, dead_window, ENODEV, WINDOW(.size = sizeof(struct iomem_window_info)))
CALLING(DEAD, dead_batch, ENODEV, OP(.width = 4))
CALLING(DEAD, dead_node, ENOENT, open(t->node, O_RDWR))

/* What is granted. */
CALLING(GRANTED, read_one, 0, pread(t->fd, t->words, 8, 0))
CALLING(GRANTED, read_many, 0, pread(t->fd, t->words, 1024, 0))
CALLING(GRANTED, read_at_the_end, 0, pread(t->fd, t->words, 8, t->length))
CALLING(GRANTED, write_one, 0, pwrite(t->fd, "\0\0\0\0\0\0\0", 8, t->length - PAGE - 8))
CALLING(GRANTED, batch_of_17, 0, OP(.width = 4))
CALLING(GRANTED, window, 0, WINDOW(.size = sizeof(struct iomem_window_info)))
CALLING(GRANTED, seek, 0, lseek(t->fd, 0, SEEK_END) < 0 ? -1 : 0)
CALLING(GRANTED, info, 0, INFO(.size = sizeof(struct iomem_region_info)))
