// SPDX-License-Identifier: GPL-2.0
/*
 * Taking mappings back: afterwards no program reaches the device, through
 * whatever it mapped it, and the claim is gone.
 */

#include "vma_test.h"

#define CLAIM	"iomem_test_vma"

static const enum vma_how all[] = {
	IOMAP, REMAP, IO_REMAP, EAGER, FAULT, FAULT_PROT, HUGE, AROUND,
};

#define REVOKE()	ioctl(self->control, VMA_REVOKE)

static bool claimed(void)
{
	char *text = proc_iomem();
	bool found = text && strstr(text, CLAIM "\n");

	free(text);
	return found;
}

TEST_F(vma, every_kind_of_mapping_is_gone)
{
	char *p[ARRAY_SIZE(all)], *large;
	size_t i;

	large = mmap(NULL, GIB, RW, MAP_SHARED, self->fd,
		     VMA_LARGE | VMA_OFFSET(HUGE, WRITECOMBINE, 0));
	ASSERT_NE(MAP_FAILED, large);
	EXPECT_EQ(0, look(large));
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		p[i] = MAP(2, all[i], NONCACHED, 0);
		ASSERT_NE(MAP_FAILED, p[i]);
		/* One of the two pages has been touched. */
		EXPECT_PAGE(p[i], 0);
	}
	EXPECT_TRUE(claimed());

	EXPECT_EQ(1, REVOKE());

	EXPECT_FALSE(claimed());
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		EXPECT_EQ(SIGBUS, look(p[i]));
		EXPECT_EQ(SIGBUS, look(p[i] + PAGE));
		EXPECT_EQ(SIGBUS, touch(p[i], &(uint64_t){ 0 }, true));
		EXPECT_FALSE(present(self->pagetable, p[i]));
	}
	EXPECT_EQ(SIGBUS, look(large));
	EXPECT_EQ(SIGBUS, look(large + 512 * MIB));

	/* A late munmap() does no harm, and the operations are told. */
	for (i = 0; i < ARRAY_SIZE(all); i++)
		EXPECT_EQ(0, munmap(p[i], 2 * PAGE));
	EXPECT_EQ(0, munmap(large, GIB));
	EXPECT_EQ(COUNT(OPEN), COUNT(CLOSE));
	EXPECT_EQ(COUNT(MADE), COUNT(DROPPED));
}

TEST_F(vma, nothing_can_be_mapped_afterwards)
{
	size_t i;

	EXPECT_EQ(1, REVOKE());
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		EXPECT_EQ(MAP_FAILED, MAP(1, all[i], NONCACHED, 0));
		EXPECT_EQ(ENODEV, errno);
	}
	EXPECT_EQ(0, COUNT(MADE));
	/* The second time there is nothing to be taken back. */
	EXPECT_EQ(0, REVOKE());
}

TEST_F(vma, debugger_is_refused)
{
	int mem = open("/proc/self/mem", O_RDWR);
	char *p = MAP(1, EAGER, NONCACHED, 0);
	uint64_t value;

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(8, pread(mem, &value, 8, (uintptr_t)p));
	EXPECT_EQ(1, REVOKE());
	EXPECT_EQ(-1, pread(mem, &value, 8, (uintptr_t)p));
	EXPECT_EQ(EIO, errno);
	munmap(p, PAGE);
	close(mem);
}

/* Through every descriptor, and after the descriptor. */
TEST_F(vma, every_descriptor_is_reached)
{
	int fd[] = { dup(self->fd), open(NODE, O_RDWR), open(NODE, O_RDONLY), open(NODE, O_RDWR) };
	char *p[ARRAY_SIZE(fd)][2];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(fd); i++)
		for (j = 0; j < 2; j++) {
			p[i][j] = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd[i],
				       VMA_OFFSET(j ? EAGER : FAULT, NONCACHED, 1));
			ASSERT_NE(MAP_FAILED, p[i][j]);
			EXPECT_PAGE(p[i][j], 1);
		}
	close(fd[3]);
	EXPECT_EQ(1, REVOKE());
	for (i = 0; i < ARRAY_SIZE(fd); i++)
		for (j = 0; j < 2; j++) {
			EXPECT_EQ(SIGBUS, look(p[i][j]));
			munmap(p[i][j], PAGE);
		}
	for (i = 0; i < 3; i++)
		close(fd[i]);
}

/* A node made by mknod() is another inode, with an address space of its own. */
TEST_F(vma, second_node_is_reached)
{
	const char *other = "/tmp/iomem-vma-other";
	struct stat st;
	char *p, *q;
	int fd;

	ASSERT_EQ(0, stat(NODE, &st));
	unlink(other);
	ASSERT_EQ(0, mknod(other, S_IFCHR | 0600, st.st_rdev));
	fd = open(other, O_RDWR);
	ASSERT_LE(0, fd);
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, VMA_OFFSET(EAGER, NONCACHED, 2));
	q = mmap(NULL, PAGE, RW, MAP_SHARED, fd, VMA_OFFSET(FAULT, NONCACHED, 2));
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_PAGE(p, 2);
	EXPECT_PAGE(q, 2);
	EXPECT_EQ(1, REVOKE());
	EXPECT_EQ(SIGBUS, look(p));
	EXPECT_EQ(SIGBUS, look(q));
	munmap(p, PAGE);
	munmap(q, PAGE);
	close(fd);
	unlink(other);
}

TEST_F(vma, split_and_moved_parts_are_reached)
{
	static const enum vma_how how[] = { EAGER, FAULT, IOMAP };
	char *p[ARRAY_SIZE(how)], *q[ARRAY_SIZE(how)];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		p[i] = MAP(6, how[i], NONCACHED, 0);
		ASSERT_NE(MAP_FAILED, p[i]);
		for (j = 0; j < 6; j++)
			EXPECT_PAGE(p[i] + j * PAGE, j);
		munmap(p[i] + PAGE, PAGE);
		mprotect(p[i] + 2 * PAGE, PAGE, PROT_READ);
		q[i] = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		q[i] = mremap(p[i] + 4 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q[i]);
		ASSERT_NE(MAP_FAILED, q[i]);
		EXPECT_PAGE(q[i], 4);
	}
	EXPECT_EQ(1, REVOKE());
	for (i = 0; i < ARRAY_SIZE(how); i++) {
		EXPECT_EQ(SIGBUS, look(p[i]));
		EXPECT_EQ(SIGBUS, look(p[i] + 2 * PAGE));
		EXPECT_EQ(SIGBUS, look(p[i] + 3 * PAGE));
		EXPECT_EQ(SIGBUS, look(p[i] + 5 * PAGE));
		EXPECT_EQ(SIGBUS, look(q[i]));
		/* What is moved only now is just as dead. */
		q[i] = mremap(q[i], PAGE, PAGE, MREMAP_MAYMOVE);
		EXPECT_EQ(SIGBUS, look(q[i]));
	}
	/* Not before: what was moved may be in the hole of another. */
	for (i = 0; i < ARRAY_SIZE(how); i++) {
		munmap(q[i], PAGE);
		munmap(p[i], 6 * PAGE);
	}
	EXPECT_EQ(COUNT(OPEN), COUNT(CLOSE));
}

TEST_F(vma, children_are_reached)
{
	char *p = MAP(2, EAGER, NONCACHED, 0), *q = MAP(2, FAULT, NONCACHED, 0);
	int go[2], ready[2], status;
	pid_t child, late;
	char byte;

	ASSERT_NE(MAP_FAILED, p);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_PAGE(p, 0);
	EXPECT_PAGE(q, 0);
	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(ready));
	child = fork();
	if (!child) {
		status = look(p) || look(q) || look(q + PAGE);
		if (write(ready[1], "", 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(1);
		_exit(status || look(p) != SIGBUS || look(p + PAGE) != SIGBUS ||
		      look(q) != SIGBUS || look(q + PAGE) != SIGBUS);
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	EXPECT_EQ(1, REVOKE());
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);

	/* One that is made of what has been taken back. */
	late = fork();
	if (!late)
		_exit(look(p) != SIGBUS || look(q) != SIGBUS);
	ASSERT_EQ(late, waitpid(late, &status, 0));
	EXPECT_EQ(0, status);
	munmap(p, 2 * PAGE);
	munmap(q, 2 * PAGE);
	EXPECT_EQ(COUNT(OPEN), COUNT(CLOSE));
}

/* The device made anew is another one: what was mapped stays dead, and what is mapped lives. */
TEST_F(vma, made_anew_is_another_device)
{
	char *p = MAP(1, FAULT, NONCACHED, 0), *q;
	int fd;

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_PAGE(p, 0);
	EXPECT_EQ(1, REVOKE());
	ASSERT_EQ(0, ioctl(self->control, VMA_RENEW));
	fd = open(NODE, O_RDWR);
	ASSERT_LE(0, fd);
	q = mmap(NULL, PAGE, RW, MAP_SHARED, fd, VMA_OFFSET(EAGER, NONCACHED, 0));
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_PAGE(q, 0);
	EXPECT_EQ(SIGBUS, look(p));
	EXPECT_EQ(MAP_FAILED, MAP(1, FAULT, NONCACHED, 0));
	munmap(p, PAGE);
	EXPECT_PAGE(q, 0);
	munmap(q, PAGE);
	close(fd);
}

/*
 * The race: mmap() fills page tables before its VMA can be found. Several threads
 * map and touch while the device is taken back; whatever they got then is dead.
 */
struct racer {
	pthread_t thread;
	pthread_barrier_t *start;
	int fd;
	uint64_t offset;
	size_t length;
	char *p;
	int err;
	bool stale;
};

static void *race(void *arg)
{
	struct racer *racer = arg;

	pthread_barrier_wait(racer->start);
	racer->p = mmap(NULL, racer->length, RW, MAP_SHARED, racer->fd, racer->offset);
	racer->err = racer->p == MAP_FAILED ? errno : 0;
	if (!racer->err)
		look(racer->p);
	return NULL;
}

TEST_F(vma, racing_mmap_is_never_missed)
{
	struct racer racer[] = {
		{ .offset = VMA_LARGE | VMA_OFFSET(EAGER, WRITECOMBINE, 0), .length = MIB },
		{ .offset = VMA_OFFSET(IOMAP, NONCACHED, 0), .length = MIB },
		{ .offset = VMA_OFFSET(FAULT, NONCACHED, 0), .length = MIB },
	};
	const int rounds = 400;
	int round, mapped = 0, refused = 0, stale = 0;
	pthread_barrier_t start;
	volatile int spin;
	size_t i, j;
	int fd;

	/* The one that is open keeps its claims otherwise. */
	ASSERT_EQ(1, REVOKE());
	for (round = 0; round < rounds; round++) {
		ASSERT_EQ(0, ioctl(self->control, VMA_RENEW)) {
			TH_LOG("round %d: %s", round, strerror(errno));
		}
		fd = open(NODE, O_RDWR);
		ASSERT_LE(0, fd);
		pthread_barrier_init(&start, NULL, ARRAY_SIZE(racer) + 1);
		for (i = 0; i < ARRAY_SIZE(racer); i++) {
			racer[i].start = &start;
			racer[i].fd = fd;
			ASSERT_EQ(0, pthread_create(&racer[i].thread, NULL, race, &racer[i]));
		}
		pthread_barrier_wait(&start);
		/* From at once to milliseconds later, whatever this machine's speed is. */
		for (spin = (round * 7919) % (64 << round % 14); spin > 0; spin--)
			;
		ASSERT_EQ(1, REVOKE());
		for (i = 0; i < ARRAY_SIZE(racer); i++)
			ASSERT_EQ(0, pthread_join(racer[i].thread, NULL));
		for (i = 0; i < ARRAY_SIZE(racer); i++) {
			if (racer[i].err) {
				EXPECT_EQ(ENODEV, racer[i].err);
				refused++;
				continue;
			}
			mapped++;
			for (j = 0; j < racer[i].length; j += 16 * PAGE)
				stale += look(racer[i].p + j) != SIGBUS;
			munmap(racer[i].p, racer[i].length);
		}
		pthread_barrier_destroy(&start);
		close(fd);
	}
	EXPECT_EQ(0, stale);
	/* It was a race: sometimes one came first, sometimes the other. */
	EXPECT_LT(0, mapped);
	EXPECT_LT(0, refused);
	TH_LOG("%d mapped, %d refused", mapped, refused);
}

TEST_HARNESS_MAIN
