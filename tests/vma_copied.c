// SPDX-License-Identifier: GPL-2.0
/*
 * fork() and mremap(): what is copied or moved of what is mapped, and whether all of it is
 * reached when that is taken back meanwhile. See rust/iomem/vma/copied.rs.
 *
 *	IOMEM_PREEMPTED_KO	the module of tests/kmod/preempted.c
 *	IOMEM_ROUNDS		how many rounds, instead of as many as suit the suite
 */

#include <sys/prctl.h>

#include "vma_test.h"

#define LARGE(length)	\
	mmap(NULL, length, RW, MAP_SHARED, self->fd, VMA_LARGE | VMA_OFFSET(HUGE, WRITECOMBINE, 0))
#define PARAMETERS	"/sys/module/iomem_test_preempted/parameters/"
#define FORKER		"iomem-forker"

/* What was filled at once is copied, as are small pages; parent and child get huge ones anew. */
TEST_F(vma, huge_pages_are_not_copied)
{
	char *huge, *small, *eager;
	int status;
	pid_t child;

	NEED_HUGE_PAGES();
	huge = LARGE(2 * HUGE_PAGE);
	small = MAP(2, FAULT, NONCACHED, 0);
	eager = MAP(2, EAGER, NONCACHED, 0);
	ASSERT_NE(MAP_FAILED, huge);
	ASSERT_NE(MAP_FAILED, small);
	ASSERT_NE(MAP_FAILED, eager);
	EXPECT_EQ(0, look(huge));
	EXPECT_EQ(HUGE_PAGE, size_of(self->pagetable, huge));
	EXPECT_PAGE(small, 0);

	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		status = present(self->pagetable, huge);
		status |= !present(self->pagetable, small) << 1;
		status |= !present(self->pagetable, eager) << 2;
		status |= !!look(huge) << 3;
		status |= (size_of(self->pagetable, huge) != HUGE_PAGE) << 4;
		_exit(status);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_FALSE(present(self->pagetable, huge));
	EXPECT_TRUE(present(self->pagetable, small));
	EXPECT_TRUE(present(self->pagetable, eager));
	EXPECT_EQ(0, look(huge));
	EXPECT_EQ(HUGE_PAGE, size_of(self->pagetable, huge));

	munmap(huge, 2 * HUGE_PAGE);
	munmap(small, 2 * PAGE);
	munmap(eager, 2 * PAGE);
	EXPECT_EQ(COUNT(OPEN), COUNT(CLOSE));
}

static void unload_preempted(void)
{
	unload("iomem_test_preempted");
}

static int load_preempted(uint32_t patience)
{
	char params[64];

	atexit(unload_preempted);
	snprintf(params, sizeof(params), "comm=" FORKER " patience=%u", patience);
	return load(getenv("IOMEM_PREEMPTED_KO"), params);
}

static long parameter(const char *name)
{
	char path[128], *text;
	long value;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	text = proc_text(path);
	value = text ? atol(text) : -1;
	free(text);
	return value;
}

/* A process that forks when it may. Its child looks when it may: 1 if that is not SIGBUS. */
static pid_t forker(char *p, int may_fork, int made, int may_look)
{
	pid_t process = fork();
	int status = 1;
	char byte;

	if (process)
		return process;
	prctl(PR_SET_NAME, FORKER);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (look(p) || read(may_fork, &byte, 1) != 1)
		_exit(2);
	process = fork();
	if (process < 0 || (process && write(made, "", 1) != 1))
		_exit(3);
	if (!process)
		_exit(read(may_look, &byte, 1) != 1 ? 4 : look(p) != SIGBUS);
	waitpid(process, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 5);
}

/* How many anonymous huge pages the control asks for: one is enough. */
#define ANONYMOUS	(MOST_PAGE / PAGE)

/* Whether tests/kmod/preempted.c knows the place: an anonymous huge page is copied there. */
static bool is_preempted(void)
{
	size_t length = ANONYMOUS * HUGE_PAGE;
	char *room = mmap(NULL, length + HUGE_PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *p = (char *)(((uintptr_t)room + HUGE_PAGE - 1) & -HUGE_PAGE);
	pid_t process, child;
	bool came;

	/* Memory in one piece is rare after hours of tests. */
	tell("/proc/sys/vm/drop_caches", "3");
	tell("/proc/sys/vm/compact_memory", "1");

	if (load_preempted(0))
		return false;
	process = fork();
	if (!process) {
		prctl(PR_SET_NAME, FORKER);
		madvise(p, length, MADV_HUGEPAGE);
		memset(p, 1, length);
		madvise(p, length, MADV_COLLAPSE);
		child = fork();
		if (!child)
			_exit(0);
		_exit(child != waitpid(child, NULL, 0));
	}
	waitpid(process, NULL, 0);
	munmap(room, length + HUGE_PAGE);
	came = parameter("came") > 0;
	unload_preempted();
	return came;
}

/*
 * The kernel copies the entry of a huge page as it was before it waited for the lock that taking
 * it away needs as well.
 */
TEST_F(vma, child_that_is_being_made_is_reached)
{
	int may_fork[2], made[2], may_look[2], status, flags, i;
	char *p, byte;
	pid_t process;

	NEED_HUGE_PAGES();
	ASSERT_NE(NULL, getenv("IOMEM_PREEMPTED_KO"));
	ASSERT_TRUE(is_preempted());
	p = LARGE(HUGE_PAGE);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, pipe(may_fork));
	ASSERT_EQ(0, pipe(made));
	ASSERT_EQ(0, pipe(may_look));
	process = forker(p, may_fork[0], made[1], may_look[0]);
	ASSERT_LE(0, process);
	/* Nothing huge of this program's own is copied there first. */
	ASSERT_EQ(0, load_preempted(5000));
	ASSERT_EQ(1, write(may_fork[1], "", 1));

	/* Until the forker is stuck in the midst of it, or has made its child. */
	flags = fcntl(made[0], F_GETFL);
	ASSERT_EQ(0, fcntl(made[0], F_SETFL, flags | O_NONBLOCK));
	for (i = 0; i < 30000 && read(made[0], &byte, 1) != 1 && parameter("came") < 1; i++)
		usleep(1000);
	EXPECT_EQ(1, ioctl(self->control, VMA_REVOKE));
	ASSERT_EQ(1, write(may_look[1], "", 1));
	ASSERT_EQ(process, waitpid(process, &status, 0));
	EXPECT_EQ(0, status) {
		TH_LOG("preempted %ld times, unmapped meanwhile %ld times", parameter("came"),
		       parameter("unmapped"));
	}
	EXPECT_EQ(0, unload("iomem_test_preempted"));
	munmap(p, HUGE_PAGE);
	EXPECT_EQ(COUNT(OPEN), COUNT(CLOSE));
}

/* Room for as many huge pages, aligned as such, and one of them after that. */
static char *room_for(size_t pages)
{
	char *room = mmap(NULL, (pages + 1) * HUGE_PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		return NULL;
	return (char *)(((uintptr_t)room + HUGE_PAGE - 1) & -HUGE_PAGE);
}

#define MOVE(from, to)	\
	(mremap(from, HUGE_PAGE, HUGE_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == (to))

TEST_F(vma, huge_pages_are_not_moved)
{
	char *p, *to;

	NEED_HUGE_PAGES();
	p = LARGE(2 * HUGE_PAGE);
	to = room_for(1);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_NE(NULL, to);
	EXPECT_EQ(0, look(p));
	EXPECT_EQ(0, look(p + HUGE_PAGE));
	ASSERT_TRUE(MOVE(p + HUGE_PAGE, to));
	EXPECT_FALSE(present(self->pagetable, to));
	EXPECT_EQ(0, look(to));
	EXPECT_EQ(HUGE_PAGE, size_of(self->pagetable, to));
	EXPECT_EQ(0, look(p));
	EXPECT_EQ(SIGSEGV, look(p + HUGE_PAGE));
	munmap(p, HUGE_PAGE);
	munmap(to, HUGE_PAGE);
	EXPECT_EQ(COUNT(OPEN), COUNT(CLOSE));
}

/*
 * A huge page at the same offset each time, with the same operations: by faults or, for a file
 * that is open for reading only, at once.
 */
#define SAME(fd, prot)	\
	mmap(NULL, HUGE_PAGE, prot, MAP_SHARED, fd, VMA_LARGE | VMA_OFFSET(SHARED, WRITECOMBINE, 0))

/* How many bytes are there in small pages, each in its place, of those that SAME maps. */
static size_t in_place(int pagetable, char *p, uint64_t physical)
{
	struct iomem_test_pagetable out;
	size_t i, n = 0;

	for (i = 0; i < HUGE_PAGE; i += PAGE)
		if (!entry(pagetable, p + i, &out) && out.size == PAGE &&
		    out.physical == physical + i)
			n += PAGE;
	return n;
}

/* Of several mappings of the same offset, only the one that is moved loses its pages. */
TEST_F(vma, what_is_not_moved_keeps_its_pages)
{
	int reader = open(NODE, O_RDONLY | O_CLOEXEC);
	char *eager, *moved, *other, *to;

	NEED_HUGE_PAGES();
	ASSERT_LE(0, reader);
	eager = SAME(reader, PROT_READ);
	moved = SAME(self->fd, RW);
	other = SAME(self->fd, RW);
	to = room_for(1);
	ASSERT_NE(MAP_FAILED, eager);
	ASSERT_NE(MAP_FAILED, moved);
	ASSERT_NE(MAP_FAILED, other);
	ASSERT_NE(NULL, to);
	EXPECT_EQ(0, look(moved));
	EXPECT_EQ(0, look(other));
	ASSERT_EQ(HUGE_PAGE, size_of(self->pagetable, moved));
	ASSERT_EQ(HUGE_PAGE, size_of(self->pagetable, other));
	ASSERT_EQ(HUGE_PAGE, in_place(self->pagetable, eager, self->large));

	ASSERT_TRUE(MOVE(moved, to));
	EXPECT_FALSE(present(self->pagetable, to));
	EXPECT_EQ(HUGE_PAGE, in_place(self->pagetable, eager, self->large));
	EXPECT_EQ(HUGE_PAGE, size_of(self->pagetable, other));
	EXPECT_EQ(0, look(to));
	EXPECT_EQ(HUGE_PAGE, size_of(self->pagetable, to));

	munmap(eager, HUGE_PAGE);
	munmap(other, HUGE_PAGE);
	munmap(to, HUGE_PAGE);
	close(reader);
	EXPECT_EQ(COUNT(OPEN), COUNT(CLOSE));
}

/* What was filled at once takes its pages along, which may never come by a fault. */
TEST_F(vma, what_was_filled_at_once_is_moved_as_it_is)
{
	int reader = open(NODE, O_RDONLY | O_CLOEXEC);
	char *eager, *other, *to;

	NEED_HUGE_PAGES();
	ASSERT_LE(0, reader);
	eager = SAME(reader, PROT_READ);
	other = SAME(self->fd, RW);
	to = room_for(1);
	ASSERT_NE(MAP_FAILED, eager);
	ASSERT_NE(MAP_FAILED, other);
	ASSERT_NE(NULL, to);
	EXPECT_EQ(0, look(other));

	ASSERT_TRUE(MOVE(eager, to));
	EXPECT_EQ(HUGE_PAGE, in_place(self->pagetable, to, self->large));
	EXPECT_EQ(HUGE_PAGE, size_of(self->pagetable, other));
	EXPECT_EQ(0, COUNT(FAULT));

	munmap(other, HUGE_PAGE);
	munmap(to, HUGE_PAGE);
	close(reader);
	EXPECT_EQ(COUNT(OPEN), COUNT(CLOSE));
}

#define MOVERS	6

struct movers {
	_Atomic bool stop;
	_Atomic int ready;
	_Atomic long moves;
};

/* Moves one huge page to and fro. 0 if it cannot be read any more at the end, 1 if it can. */
static int mover(int fd, struct movers *movers)
{
	char *place[2] = { room_for(2), room_for(2) };
	bool at = false;

	if (!place[0] || !place[1] ||
	    mmap(place[0], HUGE_PAGE, RW, MAP_SHARED | MAP_FIXED, fd,
		 VMA_LARGE | VMA_OFFSET(HUGE, WRITECOMBINE, 0)) != place[0] || look(place[0]))
		return 2;
	movers->ready++;
	while (!movers->stop) {
		if (!MOVE(place[at], place[!at]))
			return 3;
		at = !at;
		movers->moves++;
		/* It has to be there now and then, and to be moved at once most of the time. */
		if (movers->moves % 64 == 0)
			look(place[at]);
	}
	return look(place[at]) != SIGBUS;
}

/* The kernel empties one entry of a huge page before it fills the other. */
TEST_F_TIMEOUT(vma, page_that_is_being_moved_is_reached, 600)
{
	long rounds = atol(env_or("IOMEM_ROUNDS", "100")), moves = 0, i;
	struct movers *movers = mmap(NULL, sizeof(*movers), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t process[MOVERS];
	int fd, j, n, status, left = 0;

	NEED_HUGE_PAGES();
	ASSERT_NE(MAP_FAILED, movers);
	for (i = 0; i < rounds && !left; i++) {
		*movers = (struct movers) {};
		ASSERT_LE(0, ioctl(self->control, VMA_REVOKE));
		ASSERT_EQ(0, ioctl(self->control, VMA_RENEW));
		fd = open(NODE, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd);
		for (j = 0; j < MOVERS; j++) {
			process[j] = fork();
			ASSERT_LE(0, process[j]);
			if (!process[j]) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				_exit(mover(fd, movers));
			}
		}
		for (n = 0; n < 5000 && movers->ready < MOVERS; n++)
			usleep(1000);
		usleep(500 + i * 7919 % 2000);
		ASSERT_EQ(1, ioctl(self->control, VMA_REVOKE));
		movers->stop = true;
		for (j = 0; j < MOVERS; j++) {
			ASSERT_EQ(process[j], waitpid(process[j], &status, 0));
			ASSERT_TRUE(WIFEXITED(status));
			ASSERT_GE(1, WEXITSTATUS(status));
			left += WEXITSTATUS(status);
		}
		moves += movers->moves;
		close(fd);
	}
	EXPECT_EQ(0, left);
	EXPECT_LT(rounds, moves);
	TH_LOG("%ld rounds, %ld moves", i, moves);
	munmap(movers, sizeof(*movers));
}

TEST_HARNESS_MAIN
