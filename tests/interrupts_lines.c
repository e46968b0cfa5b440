// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupt lines of every kind: those that no machine of QEMU has are raised by
 * software, by tests/kmod/lines.c, which counts what the processor was interrupted
 * for.
 */

#include "interrupts.h"

#define LINES	"/sys/module/iomem_test_lines/parameters/"

/* As in tests/kmod/lines.c. */
enum kind {
	UNKNOWN, EDGE_BY_FLOW, EDGE_BY_TYPE, LEVEL_BY_TYPE, LEVEL_DESCRIBED, PER_CPU_DEVID, PER_CPU,
	SLOW_BUS, NESTED, NO_THREAD, KINDS
};

static int number_of_line(const char *name, int index)
{
	char path[128], *text, *end;
	int number = -1;

	snprintf(path, sizeof(path), LINES "%s", name);
	text = proc_text(path);
	for (end = text; end && index >= 0; index--) {
		number = strtol(end, &end, 10);
		end += *end == ',';
	}
	free(text);
	return number;
}

static void act(const char *what, enum kind kind)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), LINES "%s", what);
	snprintf(text, sizeof(text), "%d", kind);
	if (tell(path, text))
		abort();
}

static int delivered(enum kind kind)
{
	return number_of_line("delivered", kind);
}

/* Loads the modules, with a window whose interrupt is of a kind; false: the text says why not. */
static const char *load_all(enum kind kind)
{
	const char *ko = getenv("IOMEM_KO"), *irq_ko = getenv("IOMEM_IRQ_KO");
	const char *lines_ko = getenv("IOMEM_LINES_KO");
	uint64_t start, last;
	char params[128];

	if (!ko || !irq_ko || !lines_ko || !env_range(&start, &last))
		return "IOMEM_LINES_KO is not set: see tests/iomem_test.h";
	/* What a test has left that did not come to its end. */
	if (loaded("iomem_test_lines")) {
		unload("iomem_test_irq");
		unload("iomem_dev");
		unload("iomem_test_lines");
	}
	if (loaded("iomem_dev"))
		return "iomem_dev is loaded: unload it, these tests load it themselves";
	if (load(lines_ko, "") || load(ko, ""))
		abort();
	snprintf(params, sizeof(params), "start=%#" PRIx64 " irq=%d window=1", start,
		 number_of_line("first", 0) + kind);
	if (load(irq_ko, params))
		abort();
	return NULL;
}

/* Whether all of them could be unloaded. */
static bool unload_all(void)
{
	return !unload("iomem_test_irq") && !unload("iomem_dev") && !unload("iomem_test_lines");
}

FIXTURE(lines)
{
	char node[64];
	bool up;
	int fd;
};

FIXTURE_VARIANT(lines)
{
	enum kind kind;
	/* What IOMEM_IOC_IRQ_INFO says. */
	uint32_t level;
};

FIXTURE_VARIANT_ADD(lines, unknown)
{
	.kind = UNKNOWN, .level = IOMEM_IRQ_LEVEL,
};

FIXTURE_VARIANT_ADD(lines, edge_by_flow)
{
	.kind = EDGE_BY_FLOW,
};

FIXTURE_VARIANT_ADD(lines, edge_by_type)
{
	.kind = EDGE_BY_TYPE,
};

FIXTURE_VARIANT_ADD(lines, level_by_type)
{
	.kind = LEVEL_BY_TYPE, .level = IOMEM_IRQ_LEVEL,
};

FIXTURE_VARIANT_ADD(lines, level_described)
{
	.kind = LEVEL_DESCRIBED, .level = IOMEM_IRQ_LEVEL,
};

FIXTURE_SETUP(lines)
{
	const char *why = load_all(variant->kind);

	self->up = false;
	self->fd = -1;
	if (why)
		SKIP(return, "%s", why);
	self->up = true;
	ASSERT_TRUE(node_of(DEVICE, self->node, sizeof(self->node)));
	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(lines)
{
	if (!self->up)
		return;
	close(self->fd);
	act("lower", variant->kind);
	EXPECT_TRUE(unload_all());
}

/* What is not known to be an edge is masked, and the processor is left in peace. */
TEST_F(lines, a_line_that_stays_raised_makes_no_storm)
{
	uint32_t level = variant->level;

	EXPECT_EQ(level, info_of(self->fd).flags);
	act("raise", variant->kind);
	EXPECT_TRUE(stays(self->fd, 1));
	EXPECT_EQ(1, delivered(variant->kind));
	EXPECT_EQ(level ? level | IOMEM_IRQ_MASKED : 0, info_of(self->fd).flags);

	/* Unmasked as it is: one more. */
	EXPECT_EQ(0, unmask(self->fd));
	EXPECT_TRUE(stays(self->fd, level ? 2 : 1));
	EXPECT_EQ(level ? 2 : 1, delivered(variant->kind));
	act("lower", variant->kind);
	EXPECT_EQ(0, unmask(self->fd));
	EXPECT_TRUE(stays(self->fd, level ? 2 : 1));
	EXPECT_EQ(level, info_of(self->fd).flags);

	act("raise", variant->kind);
	EXPECT_TRUE(stays(self->fd, level ? 3 : 2));
}

/* How many there are when no more come for a while. */
static uint64_t settled(int fd)
{
	uint64_t count, before;

	do {
		before = info_of(fd).count;
		usleep(100000);
		count = info_of(fd).count;
	} while (count != before);
	return count;
}

/* Whatever its kind: none is counted while it is masked, and none is lost. */
TEST_F(lines, any_line_can_be_masked)
{
	int event = eventfd(0, EFD_NONBLOCK), i;
	uint32_t level = variant->level;
	uint64_t last;

	ASSERT_LE(0, event);
	ASSERT_EQ(0, give_eventfd(self->fd, event));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, mask(self->fd));
	EXPECT_EQ(level | IOMEM_IRQ_MASKED, info_of(self->fd).flags);
	for (i = 0; i < 5; i++)
		act("raise", variant->kind);
	EXPECT_TRUE(stays(self->fd, 0));
	EXPECT_EQ(0, counted(event));
	EXPECT_GE(1, delivered(variant->kind));

	EXPECT_EQ(0, unmask(self->fd));
	EXPECT_TRUE(stays(self->fd, 1));
	EXPECT_EQ(1, counted(event));
	EXPECT_EQ(level ? level | IOMEM_IRQ_MASKED : 0, info_of(self->fd).flags);
	act("lower", variant->kind);
	EXPECT_EQ(0, unmask(self->fd));
	/*
	 * One that came while it was masked may have been an edge, where that is not known; so may
	 * one that came before the thread had masked it in which the handler runs on PREEMPT_RT.
	 */
	last = variant->kind == UNKNOWN ? settled(self->fd) : 1;
	EXPECT_GE(2, last);
	EXPECT_EQ(0, unmask(self->fd));
	if (is_rt() && variant->kind == UNKNOWN) {
		last = settled(self->fd);
		EXPECT_GE(3, last);
		EXPECT_EQ(0, unmask(self->fd));
	}
	EXPECT_TRUE(stays(self->fd, last));
	EXPECT_EQ(level, info_of(self->fd).flags);
	act("raise", variant->kind);
	EXPECT_TRUE(stays(self->fd, last + 1));
	close(event);
}

/* Bound again, masked or not, it is a line that is not masked. */
TEST_F(lines, a_mask_ends_with_the_binding)
{
	ASSERT_EQ(0, mask(self->fd));
	ASSERT_EQ(0, take_away(DEVICE));
	EXPECT_EQ(ENODEV, mask(self->fd));
	close(self->fd);
	ASSERT_EQ(0, bind_again(DEVICE));
	ASSERT_TRUE(node_of(DEVICE, self->node, sizeof(self->node)));
	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, info_of(self->fd).flags & IOMEM_IRQ_MASKED);
	act("raise", variant->kind);
	EXPECT_TRUE(stays(self->fd, 1));
}

/* Masking keeps others from their interrupts, as writing a register does. */
TEST_F(lines, masking_takes_a_file_that_may_write)
{
	int fd;

	fd = open(self->node, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EBADF, mask(fd));
	EXPECT_EQ(0, info_of(self->fd).flags & IOMEM_IRQ_MASKED);
	EXPECT_EQ(0, unmask(fd));
	close(fd);
	/* With both bits of O_ACCMODE it is for neither reading nor writing. */
	fd = open(self->node, O_ACCMODE | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EBADF, mask(fd));
	close(fd);
	fd = open(self->node, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, mask(fd));
	EXPECT_EQ(IOMEM_IRQ_MASKED, info_of(self->fd).flags & IOMEM_IRQ_MASKED);
	close(fd);
}

FIXTURE(refused)
{
	bool up;
};

FIXTURE_VARIANT(refused)
{
	enum kind kind;
};

FIXTURE_VARIANT_ADD(refused, per_cpu_devid)
{
	.kind = PER_CPU_DEVID,
};

FIXTURE_VARIANT_ADD(refused, per_cpu)
{
	.kind = PER_CPU,
};

FIXTURE_VARIANT_ADD(refused, slow_bus)
{
	.kind = SLOW_BUS,
};

FIXTURE_VARIANT_ADD(refused, nested)
{
	.kind = NESTED,
};

FIXTURE_VARIANT_ADD(refused, no_thread)
{
	.kind = NO_THREAD,
};

FIXTURE_SETUP(refused)
{
	const char *why = load_all(variant->kind);

	self->up = !why;
	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN(refused)
{
	if (self->up)
		EXPECT_TRUE(unload_all());
}

/* A line that the library cannot handle is refused before it is requested: there is no warning. */
TEST_F(refused, before_it_is_requested)
{
	char node[64], text[512], *before, *after;
	int log = open_log();

	ASSERT_LE(0, log);
	EXPECT_FALSE(node_of(DEVICE, node, sizeof(node)));
	before = proc_iomem();
	EXPECT_EQ(-EOPNOTSUPP, bind_again(DEVICE));
	after = proc_iomem();
	ASSERT_NE(NULL, before);
	EXPECT_STREQ(before, after);
	EXPECT_FALSE(node_of(DEVICE, node, sizeof(node)));
	EXPECT_LT(0, logged(log, "iomem_dev", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "is not supported"))
		TH_LOG("%s", text);
	free(before);
	free(after);
	close(log);
}

TEST_HARNESS_MAIN
