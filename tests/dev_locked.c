// SPDX-License-Identifier: GPL-2.0
/*
 * A program that reads the directory /dev into memory whose pages it supplies itself keeps the
 * lock of that directory. No node is made or removed meanwhile, but what can be taken back, is. The
 * lock of a directory of sysfs is that of all of sysfs, and the kernel takes it before it tells the
 * driver; delete_device takes the window back before that, and so can meet the driver. The device
 * is QEMU's edu (IOMEM_RANGE).
 */

#include <glob.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "late.h"
#include "pci_gone.h"

#define LENGTH 0x10000
#define WINDOWS 3

static struct {
	int fd;
	char *page;
	pthread_t reader;
} lock = { .fd = -1 };

static void *read_folder(void *arg)
{
	int dir = open(arg, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char first[48];

	/* "." and "..", which sysfs gives without its lock. */
	if (strcmp(arg, "/dev"))
		syscall(SYS_getdents64, dir, first, sizeof(first));
	syscall(SYS_getdents64, dir, lock.page, PAGE);
	close(dir);
	return NULL;
}

/* Returns whether the lock is held: whether the page is waited for. */
static bool lock_folder(char *folder)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffd_msg message;

	lock.fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	lock.page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)lock.page;
	range.range.len = PAGE;
	return lock.fd >= 0 && lock.page != MAP_FAILED && !ioctl(lock.fd, UFFDIO_API, &api) &&
	       !ioctl(lock.fd, UFFDIO_REGISTER, &range) &&
	       !pthread_create(&lock.reader, NULL, read_folder, folder) &&
	       read(lock.fd, &message, sizeof(message)) == sizeof(message) &&
	       message.event == UFFD_EVENT_PAGEFAULT;
}

static bool unlock_folder(void)
{
	struct uffdio_zeropage zero = { .range = { (uintptr_t)lock.page, PAGE } };
	bool done = !ioctl(lock.fd, UFFDIO_ZEROPAGE, &zero) && !pthread_join(lock.reader, NULL);

	munmap(lock.page, PAGE);
	close(lock.fd);
	return done;
}

/* A process for what may have to wait. */
#define IN_PROCESS(call) ({						\
	pid_t process_ = fork();					\
									\
	if (!process_)							\
		_exit(-(call));						\
	process_;							\
})

static volatile uint32_t *map_window(const char *name, uint64_t start)
{
	volatile uint32_t *p;
	uint32_t value;
	int fd;

	if (make_window("%s mem=%#" PRIx64 ",%#x width=4", name, start, LENGTH))
		return NULL;
	fd = open_window(name, O_RDWR);
	p = mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED || look32(p, &value) ? NULL : p;
}

/* Within some seconds. */
static bool is_taken_back(volatile uint32_t *p)
{
	uint32_t value;
	int i;

	for (i = 0; i < 10000 && look32(p, &value) != SIGBUS; i++)
		usleep(1000);
	return i < 10000;
}

TEST_F_TIMEOUT(run_time, window_is_deleted_while_another_waits_to_be_made, 120)
{
	volatile uint32_t *p;
	pid_t made, deleted;
	int status, i;

	ASSERT_TRUE(begin(self->start));
	p = map_window("old", self->start);
	ASSERT_NE(NULL, p);
	ASSERT_TRUE(lock_folder("/dev"));
	made = IN_PROCESS(make_window("new mem=%#" PRIx64 ",%#x", self->start + LENGTH, LENGTH));
	/* Its device is there, and its node is waited for. */
	for (i = 0; i < 10000 && count_entries(DEVICES, "iomem_dev") < 2; i++)
		usleep(1000);
	EXPECT_EQ(2, count_entries(DEVICES, "iomem_dev"));
	usleep(200000);
	EXPECT_EQ(0, waitpid(made, &status, WNOHANG));
	deleted = IN_PROCESS(delete_window("old"));
	EXPECT_TRUE(is_taken_back(p));
	EXPECT_EQ(0, waitpid(deleted, &status, WNOHANG));

	ASSERT_TRUE(unlock_folder());
	ASSERT_EQ(deleted, waitpid(deleted, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(made, waitpid(made, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(-ENOENT, delete_window("old"));
	EXPECT_EQ(0, delete_window("new"));
	munmap((void *)p, LENGTH);
	EXPECT_EQ(0, count_entries(DEVICES, "iomem_dev"));
}

TEST_F_TIMEOUT(run_time, window_is_deleted_while_sysfs_is_locked, 120)
{
	volatile uint32_t *p;
	pid_t deleted;
	int status;

	ASSERT_TRUE(begin(self->start));
	p = map_window("old", self->start);
	ASSERT_NE(NULL, p);
	ASSERT_TRUE(lock_folder("/sys/kernel"));
	deleted = IN_PROCESS(delete_window("old"));
	EXPECT_TRUE(is_taken_back(p));
	/* Its device waits for the lock. */
	EXPECT_EQ(0, waitpid(deleted, &status, WNOHANG));

	ASSERT_TRUE(unlock_folder());
	ASSERT_EQ(deleted, waitpid(deleted, &status, 0));
	EXPECT_EQ(0, status);
	munmap((void *)p, LENGTH);
	EXPECT_EQ(0, count_entries(DEVICES, "iomem_dev"));
}

/* The name of the only device that there is of the driver. */
static bool find_device(char *name, size_t room)
{
	glob_t found;
	bool one = !glob(DEVICES "/iomem_dev.*", 0, NULL, &found) && found.gl_pathc == 1;

	if (one)
		snprintf(name, room, "%s", found.gl_pathv[0] + strlen(DEVICES "/"));
	globfree(&found);
	return one;
}

/*
 * Once a program waits to change sysfs, as one that unbinds does, no path in sysfs can be walked,
 * and so delete_device cannot be opened. By a descriptor of before the window is taken back.
 */
TEST_F_TIMEOUT(run_time, window_is_deleted_while_sysfs_is_waited_for, 120)
{
	int delete_fd = open(DRIVER "delete_device", O_WRONLY | O_CLOEXEC), status;
	volatile uint32_t *p;
	pid_t unbound, deleted;
	char device[64];

	ASSERT_LE(0, delete_fd);
	ASSERT_TRUE(begin(self->start));
	p = map_window("old", self->start);
	ASSERT_NE(NULL, p);
	ASSERT_TRUE(find_device(device, sizeof(device)));
	ASSERT_TRUE(lock_folder("/sys/kernel"));
	unbound = IN_PROCESS(tell(DRIVER "unbind", device));
	usleep(500000);
	EXPECT_EQ(0, waitpid(unbound, &status, WNOHANG));
	deleted = IN_PROCESS(write(delete_fd, "old", 3) == 3 ? 0 : -errno);
	EXPECT_TRUE(is_taken_back(p));
	EXPECT_EQ(0, waitpid(deleted, &status, WNOHANG));

	ASSERT_TRUE(unlock_folder());
	ASSERT_EQ(unbound, waitpid(unbound, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(deleted, waitpid(deleted, &status, 0));
	EXPECT_EQ(0, status);
	close(delete_fd);
	munmap((void *)p, LENGTH);
	EXPECT_EQ(0, count_entries(DEVICES, "iomem_dev"));
}

/*
 * The first is late in releasing the claim: the second returns when that is done, not before. Where
 * the second is so late itself that there is no device any more, it is tried again.
 */
TEST_F_TIMEOUT(run_time, window_is_taken_back_by_two, 120)
{
	int err = -ENODEV, left = 1, status, i;
	char device[64];
	pid_t deleted;

	ASSERT_TRUE(begin(self->start));
	for (i = 0; i < 10 && err == -ENODEV; i++) {
		ASSERT_EQ(0, make_window("two mem=%#" PRIx64 ",%#x", self->start, LENGTH));
		ASSERT_TRUE(find_device(device, sizeof(device)));
		EXPECT_EQ(1, entries(self->start, "iomem"));
		ASSERT_EQ(0, load_late(self->start, "leaving=1"));
		deleted = IN_PROCESS(delete_window("two"));
		until_it_is_late();
		err = tell(DRIVER "unbind", device);
		left = entries(self->start, "iomem");
		ASSERT_EQ(deleted, waitpid(deleted, &status, 0));
		EXPECT_EQ(0, status);
		ASSERT_EQ(0, unload("iomem_test_late"));
		EXPECT_EQ(0, count_entries(DEVICES, "iomem_dev"));
	}
	EXPECT_EQ(0, err);
	EXPECT_EQ(0, left);
}

static volatile uint32_t *windows[WINDOWS];

static bool map_windows(uint64_t start)
{
	char name[] = "window0";

	for (int i = 0; i < WINDOWS; i++, name[strlen("window")]++) {
		windows[i] = map_window(name, start + i * LENGTH);
		if (!windows[i])
			return false;
	}
	return true;
}

static bool delete_windows(void)
{
	char name[] = "window0";
	bool done = true;

	for (int i = 0; i < WINDOWS; i++, name[strlen("window")]++) {
		done = !delete_window(name) && done;
		munmap((void *)windows[i], LENGTH);
	}
	return done;
}

TEST_F_TIMEOUT(run_time, all_windows_of_a_removed_device_are_taken_back, 120)
{
	pid_t removed;
	int status, i;

	ASSERT_TRUE(begin(self->start));
	ASSERT_TRUE(map_windows(self->start));
	ASSERT_TRUE(lock_folder("/dev"));
	removed = IN_PROCESS(remove_edu());
	for (i = 0; i < WINDOWS; i++)
		EXPECT_TRUE(is_taken_back(windows[i]));
	EXPECT_EQ(0, waitpid(removed, &status, WNOHANG));

	ASSERT_TRUE(unlock_folder());
	ASSERT_EQ(removed, waitpid(removed, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(delete_windows());
	END();
}

/* The process that removes the device has been killed before it comes to the windows. */
TEST_F_TIMEOUT(run_time, all_windows_are_taken_back_for_a_killed_process, 120)
{
	pid_t removed;
	int status, i;

	ASSERT_TRUE(begin(self->start));
	ASSERT_TRUE(map_windows(self->start));
	ASSERT_EQ(0, load_late(self->start, "removing=1 hold=1"));
	ASSERT_TRUE(lock_folder("/dev"));
	removed = IN_PROCESS(remove_edu());
	until_it_is_late();
	ASSERT_EQ(0, kill(removed, SIGKILL));
	ASSERT_EQ(0, let_it_go());
	for (i = 0; i < WINDOWS; i++)
		EXPECT_TRUE(is_taken_back(windows[i]));
	EXPECT_EQ(0, waitpid(removed, &status, WNOHANG));

	ASSERT_TRUE(unlock_folder());
	ASSERT_EQ(removed, waitpid(removed, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ASSERT_EQ(0, unload("iomem_test_late"));
	EXPECT_TRUE(delete_windows());
	END();
}

TEST_HARNESS_MAIN
