/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests/topology.c changes, and the programs that use windows meanwhile.
 */
#ifndef _IOMEM_TOPOLOGY_H
#define _IOMEM_TOPOLOGY_H

#include "race.h"

#define DRIVER		"/sys/bus/platform/drivers/iomem_dev/"
#define PCI		"/sys/bus/pci/"
#define CPUS		"/sys/devices/system/cpu/"
#define LABEL		"topology"
#define LENGTH		0x1000
#define USERS		3

/* edu: its identity, what inverts, what raises its interrupt and what lets go of it. */
#define EDU_ID		0x010000edu
#define EDU_INVERT	0x04
#define EDU_RAISE	0x60
#define EDU_ACKNOWLEDGE	0x64

enum what { MAP, READ, PREAD, WAIT };

static const char *const act_names[MOST_ACTS] = {
	[MAP] = "mmap", [READ] = "read", [PREAD] = "pread", [WAIT] = "wait",
};

/* A device of PCI that there is a window on. */
struct edu {
	char folder[128], name[64];
	uint64_t start;
	int irq;
};

/* Writes to a file in a folder of sysfs. */
static inline int tell_in(const char *folder, const char *file, const char *text)
{
	char path[640];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return tell(path, text);
}

static inline uint64_t number_in(const char *folder, const char *file)
{
	char path[640], *text;
	uint64_t number;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	text = proc_text(path);
	number = text ? strtoull(text, NULL, 0) : 0;
	free(text);
	return number;
}

/* Looks an edu up that has come: where it is now, and which interrupt it has. */
static inline bool look_up(struct edu *edu)
{
	int i;

	/* After a scan the kernel goes on with what it has found. */
	for (i = 0; i < 2000 && tell_in(edu->folder, "enable", "1"); i++)
		usleep(10000);
	snprintf(edu->name, sizeof(edu->name), "%s", strrchr(edu->folder, '/') + 1);
	edu->start = number_in(edu->folder, "resource");
	/* Some architectures assign it when a driver is tried, which need not want the device. */
	if (tell_in(edu->folder, "driver_override", "pcieport") ||
	    tell(PCI "drivers_probe", edu->name) == -ENOENT ||
	    tell_in(edu->folder, "driver_override", "\n"))
		return false;
	edu->irq = number_in(edu->folder, "irq");
	return edu->start && edu->irq > 0;
}

static inline int make_window(const struct edu *edu)
{
	char line[128];

	snprintf(line, sizeof(line), LABEL " mem=%#" PRIx64 ",%#x width=4 irq=%d", edu->start,
		 LENGTH, edu->irq);
	return tell(DRIVER "new_device", line);
}

/* --- Registers and interrupts ----------------------------------------------------------- */

static inline uint32_t get(int fd, off_t offset)
{
	uint32_t value = 0;

	return pread(fd, &value, 4, offset) == 4 ? value : 0;
}

static inline bool put(int fd, off_t offset, uint32_t value)
{
	return pwrite(fd, &value, 4, offset) == 4;
}

static inline struct iomem_irq_info irq_of(int fd)
{
	struct iomem_irq_info info = { .size = sizeof(info) };

	if (ioctl(fd, IOMEM_IOC_IRQ_INFO, &info))
		info.count = ~0ULL;
	return info;
}

static inline int unmask(int fd)
{
	struct iomem_irq_unmask unmask = { .size = sizeof(unmask) };

	return ioctl(fd, IOMEM_IOC_IRQ_UNMASK, &unmask) ? errno : 0;
}

static inline bool comes_to(int fd, uint64_t count)
{
	int i;

	for (i = 0; i < 2000 && irq_of(fd).count != count; i++)
		usleep(1000);
	return irq_of(fd).count == count;
}

/* One interrupt, from a line that is not masked to one that is not masked. */
static inline bool one_interrupt(int fd)
{
	uint64_t count = irq_of(fd).count;

	return put(fd, EDU_RAISE, 1) && comes_to(fd, count + 1) &&
	       (irq_of(fd).flags & IOMEM_IRQ_MASKED) && put(fd, EDU_ACKNOWLEDGE, ~0u) &&
	       get(fd, 0) == EDU_ID && !unmask(fd) && !(irq_of(fd).flags & IOMEM_IRQ_MASKED);
}

/* --- The programs that use the window meanwhile ----------------------------------------- */

/* Whether the window that a program has is one that should work, before and after it was used. */
static inline void use(struct shared *s, uint32_t round, int fd, volatile uint32_t *at,
		       uint64_t *random)
{
	struct iomem_irq_wait wait = {
		.size = sizeof(wait), .flags = IOMEM_IRQ_WAIT_UNMASK, .timeout_ns = 2000000,
		.count = irq_of(fd).count,
	};
	bool dead = is_dead(s, round), well;
	uint32_t value = 0;
	void *more;

	switch (next_random(random) % 4) {
	case MAP:
		more = mmap(NULL, LENGTH, RW, MAP_SHARED, fd, 0);
		judge_call(s, MAP, round, dead, more != MAP_FAILED);
		if (more != MAP_FAILED)
			munmap(more, LENGTH);
		break;
	case READ:
		well = !look32(at, &value);
		judge(s, READ, round, dead, well, value);
		if (well && value != EDU_ID && atomic_load(&s->leaving) < round)
			found(s, "was another register", READ, round, value);
		break;
	case PREAD:
		well = pread(fd, &value, 4, 0) == 4;
		judge_call(s, PREAD, round, dead, well);
		if (well && value != EDU_ID && atomic_load(&s->leaving) < round)
			found(s, "was another register", PREAD, round, value);
		break;
	default:
		well = !ioctl(fd, IOMEM_IOC_IRQ_WAIT, &wait) || errno == ETIMEDOUT;
		judge_call(s, WAIT, round, dead, well);
		/* The first one lets go of the line. */
		if (well)
			put(fd, EDU_ACKNOWLEDGE, ~0u);
	}
	usleep(next_random(random) % 2000);
}

/* The life of a program: round by round, each with the window that is there. */
static inline void user(struct shared *s, uint32_t number)
{
	uint64_t random = s->seed ^ (uint64_t)number << 48;
	uint32_t round = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((round = next_round(s, round))) {
		int fd = open_window(LABEL, O_RDWR);
		volatile uint32_t *at = mmap(NULL, LENGTH, RW, MAP_SHARED, fd, 0);

		/* It may be gone by now; then so is the round. */
		if (at == MAP_FAILED) {
			if (atomic_load(&s->leaving) < round)
				found(s, "was not possible", MAP, round, errno);
		} else {
			while (!is_dead(s, round) && !atomic_load(&s->stop))
				use(s, round, fd, at, &random);
			if (is_dead(s, round))
				use(s, round, fd, at, &random);
			munmap((void *)at, LENGTH);
		}
		close(fd);
		finish(s);
	}
	_exit(0);
}

/* --- What changes ----------------------------------------------------------------------- */

/* A tool of the machine's; 0, or how it ended. */
static inline int tool(const char *command)
{
	fflush(NULL);
	return system(command);
}

static inline int sleep_until(const char *state, const char *level)
{
	char command[64];

	snprintf(command, sizeof(command), "suspend %s %s", state, level);
	return tool(command);
}

static inline bool has_word(const char *path, const char *word)
{
	char *text = proc_text(path);
	bool has = text && strstr(text, word);

	free(text);
	return has;
}

/* Has an interrupt served by processor 1, if it can be, and takes that away. */
static inline int without_processor(int irq)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/irq/%d/smp_affinity", irq);
	tell(path, "2");
	return tell(CPUS "cpu1/online", "0");
}

static inline int with_processor(void)
{
	return tell(CPUS "cpu1/online", "1");
}

#endif /* _IOMEM_TOPOLOGY_H */
