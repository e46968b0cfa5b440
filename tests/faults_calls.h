/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is done while the kernel is made to fail, second part: whatever a program
 * does with a window that it has open.
 */
#ifndef _IOMEM_FAULTS_CALLS_H
#define _IOMEM_FAULTS_CALLS_H

#include "faults_acts.h"

#include <poll.h>
#include <sys/eventfd.h>

#define RW	(PROT_READ | PROT_WRITE)
/* The page that is written to, with what is in it. */
#define SPARE	0x54000

static volatile uint32_t *mapping = MAP_FAILED;
static size_t mapped;

static long map_at(size_t length, uint64_t offset)
{
	mapping = mmap(NULL, length, RW, MAP_SHARED, window, offset);
	mapped = length;
	return mapping == MAP_FAILED ? -errno : 0;
}

/* Filled at once. */
static long map_page(void)
{
	return map_at(4096, 0);
}

static long unmap(void)
{
	return result(munmap((void *)mapping, mapped));
}

static long touch(void)
{
	size_t i;

	for (i = 0; i < mapped / 4; i += 1024)
		(void)mapping[i];
	return 0;
}

static long ask(uint32_t region, struct iomem_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->region = region;
	return result(ioctl(window, IOMEM_IOC_REGION_INFO, info));
}

/* Filled when it is touched, where the processor must not have two modes of a page. */
static long map_combining(void)
{
	struct iomem_region_info info;
	long err = ask(0, &info);

	if (err)
		return err;
	if (!(info.flags & IOMEM_REGION_MMAP_WC))
		return -EOPNOTSUPP;
	return map_at(65536, info.wc_offset);
}

static long map_combining_and_touch(void)
{
	long err = map_combining();

	return err ?: touch();
}

/* Filled in large pages when it is touched. */
static long map_large(void)
{
	struct iomem_region_info info;
	long err = ask(2, &info);

	return err ?: map_at(4 << 20, info.offset);
}

static long map_large_and_touch(void)
{
	long err = map_large();

	return err ?: touch();
}

/* Apart into two, of which the driver hears. */
static long split(void)
{
	return result(mprotect((void *)mapping, 4096, PROT_READ));
}

static long map_two_pages(void)
{
	return map_at(8192, 0);
}

static long map_anew(void)
{
	long err = unmap();

	return err ?: map_two_pages();
}

/* To another place, from which it can go back. */
static long move(void)
{
	void *place = mmap(NULL, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *moved;
	long err = place == MAP_FAILED ? -errno : 0;

	if (err)
		return err;
	moved = mremap((void *)mapping, mapped, mapped, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	if (moved == MAP_FAILED) {
		err = -errno;
		munmap(place, mapped);
		return err;
	}
	mapping = moved;
	return 0;
}

/* The other process has it too, as long as it is there. */
static long copy_mapping(void)
{
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (!child)
		_exit(0);
	return result(waitpid(child, NULL, 0));
}

/* As a debugger reads it. */
static long read_by_debugger(void)
{
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	uint32_t word;
	long err;

	if (mem < 0)
		return -errno;
	err = pread(mem, &word, 4, (uintptr_t)mapping) == 4 ? 0 : -errno;
	close(mem);
	return err;
}

static long open_and_map(void)
{
	long err = load_and_open();

	return err ?: map_page();
}

static long open_and_map_two(void)
{
	long err = load_and_open();

	return err ?: map_two_pages();
}

static long unmap_and_unload(void)
{
	unmap();
	return close_and_unload();
}

/* Nothing, or something else, is as bad as not saying why; a part is an answer. */
static long all_of(long done, size_t length, bool right)
{
	if (done == (long)length && !right)
		return -EILSEQ;
	return done == 0 ? -EILSEQ : done;
}

static long read_registers(void)
{
	uint32_t words[64];
	long done;

	memset(words, 0xa5, sizeof(words));
	done = result(pread(window, words, sizeof(words), 0));
	return all_of(done, sizeof(words), words[0] == mapping[0] && words[63] == mapping[63]);
}

static long write_registers(void)
{
	uint32_t words[2] = { 0, 0 };

	return all_of(result(pwrite(window, words, sizeof(words), SPARE)), sizeof(words), true);
}

static long make_batch(void)
{
	struct iomem_op ops[100];
	struct iomem_batch batch = {
		.size = sizeof(batch), .ops = (uintptr_t)ops, .count = ARRAY_SIZE(ops),
		.op_size = sizeof(*ops),
	};
	size_t i;
	long err;

	memset(ops, 0, sizeof(ops));
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		ops[i].op = IOMEM_OP_READ;
		ops[i].width = 4;
		ops[i].offset = 4 * i;
	}
	err = result(ioctl(window, IOMEM_IOC_BATCH, &batch));
	return err ?: ops[99].value == mapping[99] && batch.done == 100 ? 0 : -EILSEQ;
}

static long ask_window(void)
{
	struct iomem_window_info info = { .size = sizeof(info) };

	long err = result(ioctl(window, IOMEM_IOC_WINDOW_INFO, &info));

	return err ?: info.regions == 3 && !strcmp((char *)info.name, "faults") ? 0 : -EILSEQ;
}

static long ask_region(void)
{
	struct iomem_region_info info;
	long err = ask(1, &info);

	return err ?: info.length && !strcmp((char *)info.name, "two") ? 0 : -EILSEQ;
}

static long ask_irq(void)
{
	struct iomem_irq_info info = { .size = sizeof(info) };

	long err = result(ioctl(window, IOMEM_IOC_IRQ_INFO, &info));

	return err ?: !strcmp((char *)info.name, "done") ? 0 : -EILSEQ;
}

/* It says at once that fewer came than that. */
static long wait_for_irq(void)
{
	struct iomem_irq_wait wait = { .size = sizeof(wait), .count = UINT64_MAX };
	long err = result(ioctl(window, IOMEM_IOC_IRQ_WAIT, &wait));

	return err ?: wait.count != UINT64_MAX ? 0 : -EILSEQ;
}

static long unmask_irq(void)
{
	struct iomem_irq_unmask unmask = { .size = sizeof(unmask) };

	return result(ioctl(window, IOMEM_IOC_IRQ_UNMASK, &unmask));
}

static long mask_irq(void)
{
	struct iomem_irq_mask mask = { .size = sizeof(mask) };

	return result(ioctl(window, IOMEM_IOC_IRQ_MASK, &mask));
}

static long tell_irq(int fd)
{
	struct iomem_irq_eventfd listen = { .size = sizeof(listen), .fd = fd };

	return result(ioctl(window, IOMEM_IOC_IRQ_EVENTFD, &listen));
}

static long listen_to_irq(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	long err;

	if (fd < 0)
		return -errno;
	err = tell_irq(fd);
	close(fd);
	return err;
}

static long listen_no_more(void)
{
	return tell_irq(-1);
}

static long poll_once(void)
{
	struct pollfd one = { .fd = window, .events = POLLIN };

	return result(poll(&one, 1, 0));
}

static long read_all(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = result(read(fd, text, sizeof(text)));
	close(fd);
	return n < 0 ? n : 0;
}

static long read_fdinfo(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", window);
	return read_all(path);
}

static long read_attribute(void)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/class/misc/%s/region0/address", node + strlen("/dev/"));
	return read_all(path);
}

static long read_dump(void)
{
	char path[96];

	snprintf(path, sizeof(path), DEBUGFS "iomem/%s/region0", node + strlen("/dev/"));
	return read_all(path);
}

#endif /* _IOMEM_FAULTS_CALLS_H */
