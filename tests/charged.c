// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's memory that an open file costs: to whom it is charged, and who waits where a control
 * group has none left.
 *
 *	IOMEM_RANGE	START-LAST of a device that has no driver
 *	IOMEM_IRQ	the number of an interrupt line that no driver handles
 */
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <time.h>

#include "fuse_file.h"
#include "run_time_test.h"

#define GROUPS	"/tmp/iomem-charged"
#define GROUP	GROUPS "/group"
#define FILES	4000

/* Programs that are slow to end, and what opens files beside them. */
#define VICTIMS	4
#define OPENERS	6

/* In seconds. A victim keeps its group waiting for two. */
#define BOUND	1.9

/* A node of the kernel's misc devices that has nothing to do with ours. */
#define OTHER	"/dev/fuse"

/* A control group of this test's own; or why it cannot be made. */
static const char *make_group(void)
{
	mkdir(GROUPS, 0755);
	if (mount("none", GROUPS, "cgroup2", 0, NULL)) {
		rmdir(GROUPS);
		return "this kernel has no control groups: CONFIG_CGROUPS is off";
	}
	if (tell(GROUPS "/cgroup.subtree_control", "+memory") || mkdir(GROUP, 0755)) {
		umount(GROUPS);
		rmdir(GROUPS);
		return "this kernel does not account for memory: CONFIG_MEMCG is off";
	}
	return NULL;
}

static bool remove_group(void)
{
	int i;

	/* Once all that was in it has gone, which takes a moment. */
	for (i = 0; i < 3000 && rmdir(GROUP); i++)
		usleep(10000);
	return !umount(GROUPS) && !rmdir(GROUPS);
}

static int enter(const char *group, pid_t pid)
{
	char path[128], number[16];

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	snprintf(number, sizeof(number), "%d", pid);
	return tell(path, number);
}

/* The node of a window. */
static void node_of(const char *label, char *node, size_t room)
{
	int fd = open_window(label, O_RDWR);
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, node, room - 1);
	node[n > 0 ? n : 0] = 0;
	close(fd);
}

static long number_in(const char *path, const char *word)
{
	char *text = proc_text(path);
	long n = number_behind(text, word);

	free(text);
	return n;
}

/* The memory of a cache of the kernel's, in bytes; 0 if it has none of that name. */
static long cache(const char *name)
{
	char *text = proc_text("/proc/slabinfo"), word[64], *at;
	long objects, each, pages, slabs, bytes = 0;

	snprintf(word, sizeof(word), "\n%s ", name);
	at = text ? strstr(text, word) : NULL;
	if (at && sscanf(at + strlen(word), "%*d %*d %ld %ld %ld : tunables %*d %*d %*d : slabdata %*d %ld",
			 &objects, &each, &pages, &slabs) == 4)
		bytes = slabs * pages * sysconf(_SC_PAGESIZE);
	free(text);
	return bytes;
}

/*
 * What a kernel that watches itself has in addition: kmemleak's record of each allocation, and the
 * names of files, which KASAN keeps for a while after they were freed. The driver has neither.
 */
static long of_watching(void)
{
	return cache("kmemleak_object") + cache("names_cache");
}

/* In bytes: what is charged to the group, and what the whole kernel has in small allocations. */
struct costs {
	long charged, all;
};

/*
 * The kernel adds up what each processor counted when it is asked and the group has counted enough
 * since; every two seconds besides, but not on a processor that is idle. Memory that is touched and
 * given back is counted.
 */
static void have_counted(void)
{
	size_t length = 1024 * sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || (madvise(p, length, MADV_NOHUGEPAGE) && errno != EINVAL))
		abort();
	memset(p, 1, length);
	munmap(p, length);
}

static struct costs costs(void)
{
	struct costs now;

	/* What was closed is freed by now. */
	sleep(3);
	have_counted();
	now.charged = number_in(GROUP "/memory.stat", "\nkernel ");
	now.all = number_in("/proc/meminfo", "\nSlab:") * 1024 - of_watching();
	return now;
}

/* The costs of so many open files of a node, and of one more call of each. */
static void costs_of(const char *node, int (*call)(int), struct costs *open_files,
		     struct costs *called)
{
	int i, *fds = calloc(FILES, sizeof(*fds));
	struct costs before = costs(), now;

	for (i = 0; i < FILES; i++)
		fds[i] = open(node, O_RDWR | O_CLOEXEC);
	now = costs();
	open_files->charged = now.charged - before.charged;
	open_files->all = now.all - before.all;
	if (call) {
		for (i = 0; i < FILES; i++)
			if (call(fds[i]))
				abort();
		before = now;
		now = costs();
		called->charged = now.charged - before.charged;
		called->all = now.all - before.all;
	}
	for (i = 0; i < FILES; i++)
		close(fds[i]);
	free(fds);
}

/* What has the driver remember how many interrupts the file has seen. */
static int wait_for_nothing(int fd)
{
	struct iomem_irq_wait wait = { .size = sizeof(wait), .timeout_ns = 0 };

	return ioctl(fd, IOMEM_IOC_IRQ_WAIT, &wait) != -1 || errno != ETIMEDOUT;
}

TEST_F(run_time, open_files_are_charged_to_who_opens_them)
{
	struct rlimit files = { FILES + 100, FILES + 100 };
	struct costs of_null, of_window, of_calls;
	const char *irq = NEED("IOMEM_IRQ");
	const char *why_not;
	char node[64];

	ASSERT_EQ(0, make_window("charged mem=%#" PRIx64 ",0x1000 irq=%s", self->start, irq));
	node_of("charged", node, sizeof(node));
	why_not = make_group();
	if (why_not)
		SKIP(return, "%s", why_not);
	ASSERT_EQ(0, enter(GROUP, getpid()));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));

	/* What a file costs that has nothing of its own; once before, for what is kept. */
	costs_of("/dev/null", NULL, &of_null, NULL);
	costs_of("/dev/null", NULL, &of_null, NULL);
	costs_of(node, wait_for_nothing, &of_window, &of_calls);
	TH_LOG("%d files: of /dev/null %ld bytes, charged %ld; of the window %ld, charged %ld; by a call %ld, charged %ld",
	       FILES, of_null.all, of_null.charged, of_window.all, of_window.charged,
	       of_calls.all, of_calls.charged);
	EXPECT_LT(0, of_null.charged);
	EXPECT_LE(of_null.charged, of_window.charged + of_window.charged / 16);
	/* What is not charged is less than the file itself, which is: none has much of it. */
	EXPECT_GE(of_window.charged, of_window.all - of_window.charged);
	/* What is allocated later is charged. */
	EXPECT_LE(FILES * 16, of_calls.charged);

	EXPECT_EQ(0, enter(GROUPS, getpid()));
	EXPECT_TRUE(remove_group());
	EXPECT_EQ(0, delete_window("charged"));
}

/* --- A group that has no memory left ------------------------------------------------------ */

struct shared {
	volatile int reads[VICTIMS];
	volatile bool ready[VICTIMS];
	pid_t server[VICTIMS];
	volatile long opened[OPENERS];
	volatile bool go;
};

/* The first that is to be killed; but it cannot end: it waits for a page that does not come. */
static void wait_for_page(struct shared *s, int n)
{
	char path[64], byte, *page;
	int file, mem;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "/tmp/iomem-charged-%d", n);
	close(open(path, O_CREAT | O_RDWR, 0666));
	file = open_fuse_file(path, &s->reads[n], &s->server[n]);
	if (file < 0)
		_exit(1);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
	mem = open("/proc/self/mem", O_RDONLY);
	if (page == MAP_FAILED || mem < 0 || tell("/proc/self/oom_score_adj", "1000"))
		_exit(2);
	s->ready[n] = true;
	while (!s->go)
		usleep(1000);
	/* Memory that is charged to the group. */
	memset(calloc(1, 64 << 10), 1, 64 << 10);
	_exit(pread(mem, &byte, 1, (uintptr_t)page) == 1);
}

static void open_files(struct shared *s, const char *node, int n)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!s->go)
		usleep(1000);
	for (;;) {
		if (open(node, O_RDWR) >= 0)
			s->opened[n]++;
		else
			usleep(1000);
	}
}

/* How long it takes to open an unrelated device, at worst, until so many programs were killed. */
static double worst_open(long kills)
{
	double end = now() + 120, worst = 0;

	while (now() < end && number_in(GROUP "/memory.events", "oom_kill ") < kills) {
		double begun = now(), took;
		int fd = open(OTHER, O_RDWR | O_CLOEXEC);

		took = now() - begun;
		if (took > worst)
			worst = took;
		if (fd >= 0)
			close(fd);
		usleep(2000);
	}
	return worst;
}

TEST_F(run_time, a_full_group_keeps_none_from_other_devices)
{
	struct rlimit files = { 1 << 19, 1 << 19 };
	pid_t victim[VICTIMS], opener[OPENERS];
	char node[64], limit[32];
	const char *why_not;
	struct shared *s;
	double worst;
	int i, n;

	if (access(OTHER, F_OK))
		SKIP(return, "this kernel has no FUSE: CONFIG_FUSE_FS is off");
	ASSERT_EQ(0, make_window("charged mem=%#" PRIx64 ",0x1000", self->start));
	node_of("charged", node, sizeof(node));
	why_not = make_group();
	if (why_not)
		SKIP(return, "%s", why_not);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, s);

	for (i = 0; i < VICTIMS; i++) {
		victim[i] = fork();
		if (!victim[i])
			wait_for_page(s, i);
	}
	for (i = 0; i < OPENERS; i++) {
		opener[i] = fork();
		if (!opener[i])
			open_files(s, node, i);
	}
	for (n = 0, i = 0; i < 6000 && n < VICTIMS; i++) {
		usleep(10000);
		for (n = 0; n < VICTIMS && s->ready[n]; n++)
			;
	}
	ASSERT_EQ(VICTIMS, n);
	for (i = 0; i < VICTIMS; i++)
		ASSERT_EQ(0, enter(GROUP, victim[i]));
	for (i = 0; i < OPENERS; i++)
		ASSERT_EQ(0, enter(GROUP, opener[i]));
	snprintf(limit, sizeof(limit), "%ld",
		 number_in(GROUP "/memory.stat", "\nkernel ") + (2L << 20));
	ASSERT_EQ(0, tell(GROUP "/memory.max", limit));
	s->go = true;

	worst = worst_open(VICTIMS);
	EXPECT_LE(VICTIMS, number_in(GROUP "/memory.events", "oom_kill "));
	EXPECT_GT(BOUND, worst);
	TH_LOG("opening " OTHER " took %.3f seconds at worst", worst);

	for (i = 0; i < OPENERS; i++) {
		EXPECT_LT(0, s->opened[i]);
		kill(opener[i], SIGKILL);
	}
	for (i = 0; i < VICTIMS; i++) {
		kill(s->server[i], SIGKILL);
		kill(victim[i], SIGKILL);
	}
	for (i = 0; i < OPENERS; i++)
		EXPECT_EQ(opener[i], waitpid(opener[i], NULL, 0));
	for (i = 0; i < VICTIMS; i++)
		EXPECT_EQ(victim[i], waitpid(victim[i], NULL, 0));
	EXPECT_TRUE(remove_group());
	EXPECT_EQ(0, delete_window("charged"));
}

TEST_HARNESS_MAIN
