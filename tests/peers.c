// SPDX-License-Identifier: GPL-2.0
/*
 * What this documentation says of UIO and /dev/mem, asked of them: the same registers, handed to a
 * program by each. UIO is only in the kernels of scripts/debug-kernel. The device is QEMU's edu
 * (IOMEM_RANGE), of whose registers that at 0x80 keeps what is written; the module
 * iomem_test_holder (IOMEM_HOLDER_KO) is another driver that wants registers.
 */
#include "holder.h"
#include "touch.h"
#include "run_time_test.h"

#define UIO	"/sys/bus/platform/drivers/uio_pdrv_genirq/"
#define KEEPS	0x80
#define RW	(PROT_READ | PROT_WRITE)

/* The first entry of a folder that begins so, which is only valid until the next call. */
static const char *entry_of(const char *folder, const char *begin)
{
	static char name[256];
	struct dirent *entry;
	DIR *dir = opendir(folder);

	name[0] = 0;
	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, begin, strlen(begin)))
			snprintf(name, sizeof(name), "%s", entry->d_name);
	if (dir)
		closedir(dir);
	return name;
}

/* Gives the platform device that new_device made to another driver; 0 or the error. */
static int hand_over(const char *from, const char *driver, const char *to)
{
	char device[256], path[512];
	int err;

	snprintf(device, sizeof(device), "%s", entry_of(DEVICES, "iomem_dev"));
	snprintf(path, sizeof(path), DEVICES "/%s/driver_override", device);
	err = tell(path, driver);
	if (!err)
		err = tell(from, device);
	return err ?: tell(to, device);
}

static int to_uio(void)
{
	return hand_over(DRIVER "unbind", "uio_pdrv_genirq", UIO "bind");
}

static int back_from_uio(void)
{
	return hand_over(UIO "unbind", "iomem_dev", DRIVER "bind");
}

/* A page of what is open, which is closed again; MAP_FAILED, with errno, also where nothing is. */
static void *map_page(int fd, uint64_t offset)
{
	void *p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, offset);
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;

	return p;
}

/* UIO's first mapping of its only device. */
static volatile uint32_t *map_uio(void)
{
	char path[512];

	snprintf(path, sizeof(path), "/dev/%s", entry_of("/sys/class/uio", "uio"));
	return map_page(open(path, O_RDWR | O_CLOEXEC), 0);
}

static volatile uint32_t *map_iomem(const char *label)
{
	return map_page(open_window(label, O_RDWR), 0);
}

/* The page of an address. */
static volatile uint32_t *map_mem(uint64_t start)
{
	return map_page(open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC), start);
}

/* Skips, before anything is made, where there is no UIO to be compared with. */
#define NEED_UIO() do {								\
	if (access(UIO, F_OK))							\
		SKIP(return, "this kernel has no UIO: CONFIG_UIO_PDRV_GENIRQ is off");	\
	ASSERT_EQ(0, catch_faults());						\
} while (0)

/*
 * The device is taken from its driver and has another user, who writes to it. A program that had it
 * by UIO still reads it and writes to it, one that had it by a window does not.
 */
TEST_F(run_time, uio_takes_nothing_back)
{
	volatile uint32_t *by_uio, *by_window, *next;
	uint32_t value = 0;

	NEED_UIO();
	ASSERT_EQ(0, make_window("peer mem=%#" PRIx64 ",0x1000", self->start));
	by_window = map_iomem("peer");
	ASSERT_NE(MAP_FAILED, by_window);
	by_window[KEEPS / 4] = 0x11111111;

	ASSERT_EQ(0, to_uio());
	EXPECT_EQ(SIGBUS, look32(&by_window[KEEPS / 4], &value));
	by_uio = map_uio();
	ASSERT_NE(MAP_FAILED, by_uio);
	EXPECT_EQ(0, look32(&by_uio[KEEPS / 4], &value));
	EXPECT_EQ(0x11111111, value);

	ASSERT_EQ(0, back_from_uio());
	next = map_iomem("peer");
	ASSERT_NE(MAP_FAILED, next);
	next[KEEPS / 4] = 0x22222222;
	EXPECT_EQ(0, look32(&by_uio[KEEPS / 4], &value));
	EXPECT_EQ(0x22222222, value);
	by_uio[KEEPS / 4] = 0x33333333;
	EXPECT_EQ(0x33333333, next[KEEPS / 4]);
	EXPECT_EQ(SIGBUS, look32(&by_window[KEEPS / 4], &value));

	munmap((void *)by_uio, PAGE);
	munmap((void *)by_window, PAGE);
	munmap((void *)next, PAGE);
	EXPECT_EQ(0, delete_window("peer"));
}

/* What UIO hands to a program it does not claim, so that another driver comes in. */
TEST_F(run_time, uio_claims_nothing)
{
	NEED_UIO();
	ASSERT_EQ(0, make_window("peer mem=%#" PRIx64 ",0x1000", self->start));
	EXPECT_EQ(-EBUSY, load_holder(self->start + KEEPS, 8));
	ASSERT_EQ(0, to_uio());
	EXPECT_EQ(0, load_holder(self->start + KEEPS, 8));
	EXPECT_EQ(0, unload("iomem_test_holder"));
	ASSERT_EQ(0, back_from_uio());
	EXPECT_EQ(-EBUSY, load_holder(self->start + KEEPS, 8));
	EXPECT_EQ(0, delete_window("peer"));
}

/* Nor does it keep /dev/mem out, which CONFIG_IO_STRICT_DEVMEM does of what is claimed. */
TEST_F(run_time, uio_leaves_the_device_to_dev_mem)
{
	volatile uint32_t *by_uio, *by_mem;
	uint32_t value;

	NEED_UIO();
	if (access("/dev/mem", F_OK))
		SKIP(return, "this kernel has no /dev/mem: CONFIG_DEVMEM is off");
	ASSERT_EQ(0, make_window("peer mem=%#" PRIx64 ",0x1000", self->start));
	EXPECT_EQ(MAP_FAILED, map_mem(self->start));
	EXPECT_EQ(EPERM, errno);

	ASSERT_EQ(0, to_uio());
	by_uio = map_uio();
	ASSERT_NE(MAP_FAILED, by_uio);
	by_mem = map_mem(self->start);
	ASSERT_NE(MAP_FAILED, by_mem);
	by_mem[KEEPS / 4] = 0x44444444;
	EXPECT_EQ(0x44444444, by_uio[KEEPS / 4]);

	/* Once it is claimed, what /dev/mem had mapped is taken back: the kernel sees to that. */
	ASSERT_EQ(0, back_from_uio());
	EXPECT_EQ(SIGBUS, look32(&by_mem[KEEPS / 4], &value));
	EXPECT_EQ(0, look32(&by_uio[KEEPS / 4], &value));

	munmap((void *)by_uio, PAGE);
	munmap((void *)by_mem, PAGE);
	EXPECT_EQ(0, delete_window("peer"));
}

/* A few registers share their page with another driver's: UIO shows those as well. */
TEST_F(run_time, uio_shows_a_neighbour)
{
	volatile uint32_t *by_uio;

	NEED_UIO();
	ASSERT_EQ(0, load_holder(self->start + KEEPS, 8));
	ASSERT_EQ(0, make_window("peer mem=%#" PRIx64 ",0x10 map-whole-pages", self->start));
	EXPECT_EQ(MAP_FAILED, map_iomem("peer"));
	EXPECT_EQ(EBUSY, errno);

	ASSERT_EQ(0, to_uio());
	by_uio = map_uio();
	ASSERT_NE(MAP_FAILED, by_uio);
	by_uio[KEEPS / 4] = 0x55555555;
	EXPECT_EQ(0x55555555, by_uio[KEEPS / 4]);
	munmap((void *)by_uio, PAGE);

	ASSERT_EQ(0, back_from_uio());
	EXPECT_EQ(0, delete_window("peer"));
	EXPECT_EQ(0, unload("iomem_test_holder"));
}

TEST_HARNESS_MAIN
