// SPDX-License-Identifier: GPL-2.0
/*
 * Windows made by new_device and taken away by delete_device: they are what the
 * line says, who may make them, and what the machine does not have is refused.
 * What is wrong with a line as such is in run_time_words.c.
 */

#include <pthread.h>
#include <sys/wait.h>

#include "run_time_test.h"

/* QEMU's edu device, which the range is that of. */
#define EDU_ID		0x00
#define EDU_INVERT	0x04
#define EDU_IS		0x010000edu

/* A range that is busy for sure: the interrupt controller's, or the console's. */
#ifdef __x86_64__
#define BUSY 0xfec00000
#else
#define BUSY 0x9000000
#endif

/* One register of 32 bits; ~0 and errno where it cannot be read. */
static uint32_t get(int fd, uint64_t at)
{
	uint32_t value = 0;
	ssize_t n = pread(fd, &value, 4, at);

	return n == 4 ? value : ~0u;
}

TEST_F(run_time, window_comes_and_goes)
{
	char entry[64], line[512], *now, *before = proc_iomem();
	int fd;

	ASSERT_NE(NULL, before);
	ASSERT_EQ(0, make_window("fpga mem=%#" PRIx64 ",%#lx\n", self->start, PAGE));
	EXPECT_EQ(1, logged(self->log, "iomem_dev", line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, "is /dev/iomem"));
	EXPECT_EQ(self->windows + 1, count_windows());
	fd = open_window("fpga", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EDU_IS, get(fd, EDU_ID));
	now = proc_iomem();
	snprintf(entry, sizeof(entry), "%08" PRIx64 "-%08" PRIx64 " : iomem", self->start,
		 self->start + PAGE - 1);
	EXPECT_NE(NULL, strstr(now, entry));
	free(now);

	ASSERT_EQ(0, delete_window("fpga\n"));
	EXPECT_EQ(self->windows, count_windows());
	EXPECT_EQ(-1, pread(fd, line, 4, 0));
	EXPECT_EQ(ENODEV, errno);
	close(fd);
	now = proc_iomem();
	EXPECT_STREQ(before, now);
	free(now);
	free(before);

	EXPECT_EQ(-ENOENT, delete_window("fpga"));
	/* The name and the range are free again. */
	EXPECT_EQ(0, make_window("fpga mem=%" PRIu64 ",4096", self->start));
	EXPECT_EQ(0, delete_window("fpga"));
}

/* With neither a newline nor a tidy line; numbers decimal or hexadecimal. */
TEST_F(run_time, blanks_and_forms_of_numbers)
{
	int fd;

	ASSERT_EQ(0, make_window("\t a-Name.of_31-bytes.0123456789AB  width=0x4\tmem=%#" PRIX64
				 ",0X1000  ", self->start));
	fd = open_window("a-Name.of_31-bytes.0123456789AB", O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EDU_IS, get(fd, EDU_ID));
	close(fd);
	EXPECT_EQ(0, delete_window(" a-Name.of_31-bytes.0123456789AB\t\n"));
}

TEST_F(run_time, regions_have_order_and_names)
{
	static const char * const names[] = { "control", "", "buffer" };
	struct iomem_window_info window = { .size = sizeof(window) };
	uint32_t n;
	int fd;

	ASSERT_EQ(0, make_window("fpga mem=%#" PRIx64 ",0x1000,control mem=%#" PRIx64
				 ",0x1000 mem=%#" PRIx64 ",0x2000,buffer\n", self->start,
				 self->start + 0x2000, self->start + 0x4000));
	fd = open_window("fpga", O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, IOMEM_IOC_WINDOW_INFO, &window));
	ASSERT_EQ(3, window.regions);
	for (n = 0; n < 3; n++) {
		struct iomem_region_info info = { .size = sizeof(info), .region = n };

		ASSERT_EQ(0, ioctl(fd, IOMEM_IOC_REGION_INFO, &info));
		EXPECT_STREQ(names[n], (char *)info.name);
		EXPECT_EQ(n == 2 ? 0x2000 : 0x1000, info.length);
		EXPECT_EQ(0, info.width);
	}
	close(fd);
}

#ifdef __x86_64__
/* Memory is numbered before ports, whatever comes first. fw_cfg is at these ports. */
TEST_F(run_time, ports)
{
	struct iomem_region_info info = { .size = sizeof(info), .region = 1 };
	uint16_t select = 0;
	char letter = 0;
	int fd;

	ASSERT_EQ(0, make_window("fpga port=0x510,2,fw_cfg mem=%#" PRIx64 ",0x1000", self->start));
	fd = open_window("fpga", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EDU_IS, get(fd, EDU_ID));
	ASSERT_EQ(0, ioctl(fd, IOMEM_IOC_REGION_INFO, &info));
	EXPECT_STREQ("fw_cfg", (char *)info.name);
	EXPECT_EQ(2, info.length);
	EXPECT_EQ(IOMEM_REGION_PORTS, info.flags & IOMEM_REGION_PORTS);
	EXPECT_EQ(2, pwrite(fd, &select, 2, info.offset));
	EXPECT_EQ(1, pread(fd, &letter, 1, info.offset + 1));
	EXPECT_EQ('Q', letter);
	close(fd);
}
#endif

TEST_F(run_time, width)
{
	uint16_t half;
	int fd;

	ASSERT_EQ(0, make_window("fpga mem=%#" PRIx64 ",0x1000 width=4", self->start));
	fd = open_window("fpga", O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EDU_IS, get(fd, EDU_ID));
	EXPECT_EQ(-1, pread(fd, &half, 2, 0));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
}

TEST_F(run_time, big_endian)
{
	uint32_t value = 0x11223344;
	int fd, other;

	ASSERT_EQ(0, make_window("fpga mem=%#" PRIx64 ",0x1000 big-endian", self->start));
	fd = open_window("fpga", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(__builtin_bswap32(EDU_IS), get(fd, EDU_ID));
	EXPECT_EQ(4, pwrite(fd, &value, 4, EDU_INVERT));
	EXPECT_EQ(~value, get(fd, EDU_INVERT));
	close(fd);

	/* The register has it the other way round, for who does not know that. */
	ASSERT_EQ(0, delete_window("fpga"));
	ASSERT_EQ(0, make_window("other mem=%#" PRIx64 ",0x1000", self->start));
	other = open_window("other", O_RDWR);
	ASSERT_LE(0, other);
	EXPECT_EQ(~__builtin_bswap32(value), get(other, EDU_INVERT));
	close(other);
}

TEST_F(run_time, read_only)
{
	uint32_t value = 1;
	int fd;

	ASSERT_EQ(0, make_window("fpga read-only mem=%#" PRIx64 ",%#lx", self->start, PAGE));
	fd = open_window("fpga", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EDU_IS, get(fd, EDU_ID));
	EXPECT_EQ(-1, pwrite(fd, &value, 4, EDU_INVERT));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	EXPECT_EQ(EACCES, errno);
	close(fd);
}

/* It has to be asked for; and then it is there. */
TEST_F(run_time, write_combining)
{
	static const char * const words[] = { "", " write-combining" };
	int fd, i;

	for (i = 0; i < 2; i++) {
		struct iomem_region_info info = { .size = sizeof(info) };
		uint64_t offset;
		void *p;

		ASSERT_EQ(0, make_window("fpga mem=%#" PRIx64 ",0x10000%s", self->start, words[i]));
		fd = open_window("fpga", O_RDWR);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, ioctl(fd, IOMEM_IOC_REGION_INFO, &info));
		EXPECT_EQ(i ? IOMEM_REGION_MMAP_WC : 0, info.flags & IOMEM_REGION_MMAP_WC);
		EXPECT_EQ(i, info.wc_offset != 0);
		/* Where it would be, as a program may guess. */
		offset = info.wc_offset ?: 1ULL << 32;
		p = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
		if (i) {
			EXPECT_NE(MAP_FAILED, p);
			EXPECT_EQ(offset, 1ULL << 32);
			munmap(p, 0x10000);
		} else {
			EXPECT_EQ(MAP_FAILED, p);
			EXPECT_EQ(EOPNOTSUPP, errno);
		}
		close(fd);
		ASSERT_EQ(0, delete_window("fpga"));
	}
}

TEST_F(run_time, names_are_unique)
{
	self->windows++;
	ASSERT_EQ(0, make_window("fpga mem=%#" PRIx64 ",0x1000", self->start));
	EXPECT_EQ(-EEXIST, make_window("fpga mem=%#" PRIx64 ",0x1000", self->start + 0x1000));
	EXPECT_EQ(self->windows, count_windows());
	EXPECT_EQ(0, make_window("Fpga mem=%#" PRIx64 ",0x1000", self->start + PAGE));
	EXPECT_EQ(-EEXIST, make_window("Fpga mem=%#" PRIx64 ",0x1000", self->start + 2 * PAGE));
	EXPECT_EQ(0, delete_window("fpga"));
	EXPECT_EQ(0, delete_window("Fpga"));
	self->windows--;
	EXPECT_EQ(self->windows, count_windows());
}

/* What the driver refuses has its words and its errno. */
TEST_F(run_time, what_the_machine_does_not_have)
{
	const char *ram = strstr(self->iomem, " : System RAM");
	uint64_t start, last;

	ASSERT_NE(NULL, ram);
	while (ram > self->iomem && ram[-1] != '\n')
		ram--;
	ASSERT_EQ(2, sscanf(ram, "%" SCNx64 "-%" SCNx64, &start, &last));
	REFUSED(EPERM, 2, "has RAM in it", "fpga mem=%#" PRIx64 ",0x1000",
		(start + 0xfff) & ~UINT64_C(0xfff));
	/* One region is fine, and the other is not; the first is free again. */
	REFUSED(EPERM, 2, "has RAM in it", "fpga mem=%#" PRIx64 ",0x1000 mem=%#" PRIx64 ",0x10",
		self->start, (start + 0xfff) & ~UINT64_C(0xfff));
	REFUSED(EBUSY, 2, "is in use: /proc/iomem says by whom", "fpga mem=%#x,0x1000", BUSY);
	REFUSED(EBUSY, 2, "is in use", "fpga mem=%#" PRIx64 ",0x1000 mem=%#x,4", self->start, BUSY);
	REFUSED(ERANGE, 1, "'fpga': one of its ranges is beyond the last address",
		"fpga mem=0xffffffffffff0000,0x1000");
	REFUSED(ERANGE, 1, "'fpga': one of its ranges is beyond the last address or port",
		"fpga port=0x100000000,1");
	REFUSED(EBUSY, 1, "'fpga': two of its ranges overlap",
		"fpga mem=%#" PRIx64 ",0x1000 mem=%#" PRIx64 ",1", self->start,
		self->start + 0xfff);
	REFUSED(EBUSY, 1, "or two of its interrupts are one",
		"fpga irq=5 irq=6 mem=%#" PRIx64 ",0x1000 irq=5", self->start);
}

/* A region of another window is taken, too. */
TEST_F(run_time, windows_exclude_each_other)
{
	char line[1024];

	ASSERT_EQ(0, make_window("one mem=%#" PRIx64 ",0x2000", self->start));
	logged(self->log, "iomem_dev", line, sizeof(line));
	EXPECT_EQ(-EBUSY, make_window("two mem=%#" PRIx64 ",0x1000", self->start + 0x1000));
	logged(self->log, "iomem_dev", line, sizeof(line));
	EXPECT_NE(NULL, strstr(line, "is in use"));
	EXPECT_EQ(0, delete_window("one"));
	EXPECT_EQ(0, make_window("two mem=%#" PRIx64 ",0x1000", self->start + 0x1000));
}

TEST_F(run_time, nobody_probes)
{
	ASSERT_EQ(0, tell("/sys/bus/platform/drivers_autoprobe", "0"));
	REFUSED(ENODEV, 1, "'fpga' was not bound, for an unknown reason: is drivers_autoprobe 0?",
		"fpga mem=%#" PRIx64 ",0x1000", self->start);
	ASSERT_EQ(0, tell("/sys/bus/platform/drivers_autoprobe", "1"));
	EXPECT_EQ(0, make_window("fpga mem=%#" PRIx64 ",0x1000", self->start));
}

static int bind_device(const char *device)
{
	return tell(DRIVER "bind", device);
}

/* It stays made when it is unbound: who may choose addresses can bind it again, or delete it. */
TEST_F(run_time, unbound_and_bound)
{
	ASSERT_EQ(0, make_window("fpga mem=%#" PRIx64 ",0x1000", self->start));
	ASSERT_EQ(0, tell(DRIVER "unbind", "iomem_dev.0"));
	EXPECT_EQ(self->windows, count_windows());
	EXPECT_EQ(-EEXIST, make_window("fpga mem=%#" PRIx64 ",0x1000", self->start));
	EXPECT_EQ(EPERM, without_rawio(bind_device, "iomem_dev.0"));
	EXPECT_EQ(self->windows, count_windows());
	ASSERT_EQ(0, tell(DRIVER "bind", "iomem_dev.0"));
	EXPECT_EQ(self->windows + 1, count_windows());
	ASSERT_EQ(0, tell(DRIVER "unbind", "iomem_dev.0"));
	ASSERT_EQ(0, delete_window("fpga"));
	EXPECT_NE(0, access(DEVICES "/iomem_dev.0", F_OK));
}

TEST_F(run_time, deleted_under_a_mapping)
{
	volatile uint32_t *regs;
	int fd, status;
	pid_t child;

	ASSERT_EQ(0, make_window("fpga mem=%#" PRIx64 ",%#lx", self->start, PAGE));
	fd = open_window("fpga", O_RDWR);
	ASSERT_LE(0, fd);
	regs = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, regs);
	EXPECT_EQ(EDU_IS, regs[EDU_ID / 4]);
	ASSERT_EQ(0, delete_window("fpga"));
	child = fork();
	if (!child)
		_exit(regs[EDU_ID / 4] == EDU_IS);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	munmap((void *)regs, PAGE);
	close(fd);
}

/* RAM that is not the kernel's may be the firmware's. The administrator can know better. */
TEST_F(run_time, reserved_by_firmware)
{
	unsigned long start = strtoul(NEED("IOMEM_RESERVED"), NULL, 0);
	const char *ko = getenv("IOMEM_KO");
	char params[64], text[1024];

	REFUSED(EPERM, 2, "is reserved by firmware", "kept mem=%#lx,0x1000", start);
	REFUSED(EPERM, 2, "say firmware-reserved", "kept mem=%#" PRIx64 ",0x1000 mem=%#lx,0x10",
		self->start, start);
	EXPECT_EQ(0, make_window("kept mem=%#lx,0x1000 firmware-reserved", start));
	EXPECT_EQ(0, delete_window("kept"));

	ASSERT_EQ(0, unload("iomem_dev"));
	logged(self->log, "iomem_dev", text, sizeof(text));
	snprintf(params, sizeof(params), "start=%#lx length=0x1000", start);
	EXPECT_EQ(-EPERM, load(ko, params));
	EXPECT_EQ(1, logged(self->log, "iomem_dev", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "is reserved by firmware"));
}

/* Those that were not deleted go with the module: the teardown looks. */
TEST_F(run_time, unloading_takes_them_away)
{
	ASSERT_EQ(0, make_window("one mem=%#" PRIx64 ",0x1000,regs width=4", self->start));
	ASSERT_EQ(0, make_window("two mem=%#" PRIx64 ",0x10 mem=%#" PRIx64 ",0x10",
				 self->start + PAGE, self->start + 2 * PAGE));
	EXPECT_EQ(self->windows + 2, count_windows());
}

TEST_F(run_time, files_are_for_root)
{
	static const char * const files[] = { DRIVER "new_device", DRIVER "delete_device" };
	struct stat st;
	int i, status;

	for (i = 0; i < 2; i++) {
		pid_t child;

		ASSERT_EQ(0, stat(files[i], &st));
		EXPECT_EQ(S_IFREG | 0200, st.st_mode);
		child = fork();
		if (!child) {
			if (setgid(1000) || setuid(1000))
				_exit(1);
			_exit(open(files[i], O_WRONLY) < 0 && errno == EACCES ? 0 : 2);
		}
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(0, status);
	}
}

static int make_line(const char *line)
{
	return make_window("%s", line);
}

TEST_F(run_time, needs_rawio)
{
	char line[128], text[1024];

	snprintf(line, sizeof(line), "fpga mem=%#" PRIx64 ",0x1000", self->start);
	EXPECT_EQ(EPERM, without_rawio(make_line, line));
	EXPECT_EQ(1, logged(self->log, "iomem_dev", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "new_device: requires CAP_SYS_RAWIO"));
	EXPECT_EQ(self->windows, count_windows());
	/* Nor does the driver say what would be wrong with it. */
	EXPECT_EQ(EPERM, without_rawio(make_line, "nonsense"));
	logged(self->log, "iomem_dev", text, sizeof(text));

	ASSERT_EQ(0, make_line(line));
	logged(self->log, "iomem_dev", text, sizeof(text));
	EXPECT_EQ(EPERM, without_rawio(delete_window, "fpga"));
	EXPECT_EQ(1, logged(self->log, "iomem_dev", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "delete_device: requires CAP_SYS_RAWIO"));
	EXPECT_EQ(self->windows + 1, count_windows());
	EXPECT_EQ(0, delete_window("fpga"));
}

#define MAKES	25

struct maker {
	uint64_t start;
	int made, deleted;
	bool odd;
};

static void *make_and_delete(void *arg)
{
	struct maker *maker = arg;
	char line[128];
	int i, err;

	snprintf(line, sizeof(line), "same mem=%#" PRIx64 ",0x1000", maker->start);
	/* While another deletes it, it can neither be made nor deleted. */
	for (i = 0; i < 20000 && maker->made < MAKES; i++) {
		err = tell(DRIVER "new_device", line);
		maker->made += !err;
		maker->odd |= err && err != -EEXIST;
		if (err)
			usleep(500);
		err = tell(DRIVER "delete_device", "same");
		maker->deleted += !err;
		maker->odd |= err && err != -ENOENT;
	}
	return NULL;
}

/* Four that want the same: each is told so, and what is made is deleted once. */
TEST_F(run_time, many_make_and_delete_one_name)
{
	struct maker makers[4] = {};
	pthread_t threads[4];
	int i, made = 0, deleted = 0;

	for (i = 0; i < 4; i++) {
		makers[i].start = self->start;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, make_and_delete, &makers[i]));
	}
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_FALSE(makers[i].odd);
		EXPECT_EQ(MAKES, makers[i].made);
		made += makers[i].made;
		deleted += makers[i].deleted;
	}
	EXPECT_EQ(made, deleted);
	EXPECT_EQ(self->windows, count_windows());
}

TEST_HARNESS_MAIN
