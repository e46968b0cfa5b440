// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel that is locked down while the driver is being loaded: start= is refused. No unsigned
 * module is loaded after that, so it has to be meanwhile.
 *
 * The kernel looks at a module's signature before it copies its parameters. These are in a page
 * that does not come (userfaultfd) until the kernel is locked down. Locking down cannot be undone:
 * this is for a machine of its own.
 *
 *	IOMEM_RANGE	START-LAST of a device that has no driver
 */

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/mount.h>

#include "iomem_test.h"

#define LOCKDOWN	"/sys/kernel/security/lockdown"

/* A load of a module whose parameters come late. */
struct loading {
	const char *ko;
	char *page;
	int uffd, err;
	pthread_t thread;
};

static void *load_it(void *arg)
{
	struct loading *l = arg;

	l->err = load(l->ko, l->page);
	return NULL;
}

/* Begins to load; returns when the kernel waits for the parameters. */
static bool begin(struct loading *l, const char *ko)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffd_msg message;

	l->ko = ko;
	l->uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	l->page = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	range.range.start = (uintptr_t)l->page;
	range.range.len = getpagesize();
	return l->uffd >= 0 && l->page != MAP_FAILED && !ioctl(l->uffd, UFFDIO_API, &api) &&
	       !ioctl(l->uffd, UFFDIO_REGISTER, &range) &&
	       !pthread_create(&l->thread, NULL, load_it, l) &&
	       read(l->uffd, &message, sizeof(message)) == sizeof(message) &&
	       message.event == UFFD_EVENT_PAGEFAULT;
}

/* Goes on with these parameters; 0, or the error. */
static int go_on(struct loading *l, const char *params)
{
	char *from = aligned_alloc(getpagesize(), getpagesize());
	struct uffdio_copy copy = {
		.dst = (uintptr_t)l->page, .src = (uintptr_t)from, .len = getpagesize(),
	};

	memset(from, 0, getpagesize());
	memcpy(from, params, strlen(params));
	if (ioctl(l->uffd, UFFDIO_COPY, &copy))
		return -errno;
	pthread_join(l->thread, NULL);
	free(from);
	close(l->uffd);
	return l->err;
}

FIXTURE(lockdown_late)
{
};

FIXTURE_SETUP(lockdown_late)
{
}

FIXTURE_TEARDOWN(lockdown_late)
{
}

TEST_F(lockdown_late, start_is_refused)
{
	char params[128], text[4096], *before, *after;
	struct loading l;
	uint64_t start, last;
	const char *ko;
	const char *why_not = why_not_load(&ko, &start, &last);
	int log;

	if (why_not)
		SKIP(return, "%s", why_not);
	if (access(LOCKDOWN, F_OK) && mount("none", "/sys/kernel/security", "securityfs", 0, NULL))
		SKIP(return, "the kernel has no securityfs");
	if (access(LOCKDOWN, F_OK))
		SKIP(return, "the kernel cannot be locked down: CONFIG_SECURITY_LOCKDOWN_LSM");
	log = open_log();
	ASSERT_LE(0, log);
	before = proc_iomem();

	ASSERT_TRUE(begin(&l, ko));
	ASSERT_EQ(0, tell(LOCKDOWN, "integrity"));
	logged(log, "iomem_dev", text, sizeof(text));
	snprintf(params, sizeof(params), "start=%#" PRIx64 " length=0x1000", start);
	EXPECT_EQ(-EPERM, go_on(&l, params));
	EXPECT_EQ(1, logged(log, "iomem_dev", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "start=: the kernel is locked down")) {
		TH_LOG("said: %s", text);
	}
	EXPECT_FALSE(loaded("iomem_dev"));
	after = proc_iomem();
	EXPECT_STREQ(before, after);
	/* It was late: another cannot even begin. */
	EXPECT_EQ(-EPERM, load(ko, ""));
	free(before);
	free(after);
	close(log);
}

TEST_HARNESS_MAIN
