// SPDX-License-Identifier: GPL-2.0
/*
 * What the calls about interrupts refuse: each field, wrong in each way.
 */

#include "interrupts_edu.h"

/* Every call, and a structure for it that is right. */
static const struct call {
	const char *name;
	unsigned long cmd;
	union argument {
		uint32_t words[16];
		struct iomem_irq_info info;
		struct iomem_irq_wait wait;
		struct iomem_irq_unmask unmask;
		struct iomem_irq_mask mask;
		struct iomem_irq_eventfd eventfd;
	} right;
	/* Which words must be 0 on the way in: a bit for each. */
	uint32_t zeroes;
} calls[] = {
	{
		.name = "info",
		.cmd = IOMEM_IOC_IRQ_INFO,
		.right.info.size = sizeof(struct iomem_irq_info),
		.zeroes = 0x3ffc,
	}, {
		.name = "wait",
		.cmd = IOMEM_IOC_IRQ_WAIT,
		/* It has not seen what it says, so it does not wait. */
		.right.wait = { .size = sizeof(struct iomem_irq_wait), .count = 99 },
		.zeroes = 1 << 3,
	}, {
		.name = "unmask",
		.cmd = IOMEM_IOC_IRQ_UNMASK,
		.right.unmask.size = sizeof(struct iomem_irq_unmask),
		.zeroes = 1 << 2 | 1 << 3,
	}, {
		.name = "mask",
		.cmd = IOMEM_IOC_IRQ_MASK,
		.right.mask.size = sizeof(struct iomem_irq_mask),
		.zeroes = 1 << 2 | 1 << 3,
	}, {
		.name = "eventfd",
		.cmd = IOMEM_IOC_IRQ_EVENTFD,
		.right.eventfd = { .size = sizeof(struct iomem_irq_eventfd), .fd = -1 },
		.zeroes = 1 << 2,
	},
};

/* Room for a structure of another time. */
struct room {
	union argument argument;
	uint32_t more[2048];
};

#define for_each_call(call)						\
	for (call = calls; call < calls + ARRAY_SIZE(calls); call++)

/* Makes a call with a structure; 0 or the error. */
static int make(int fd, const struct call *call, void *argument)
{
	return ioctl(fd, call->cmd, argument) ? errno : 0;
}

TEST_F(irq, right_calls_are_right)
{
	const struct call *call;

	for_each_call(call) {
		union argument argument = call->right;

		EXPECT_EQ(0, make(self->fd, call, &argument))
			TH_LOG("%s", call->name);
		EXPECT_EQ(call->right.words[0], argument.words[0]);
	}
}

TEST_F(irq, size)
{
	const struct call *call;

	for_each_call(call) {
		uint32_t size = call->right.words[0], i;
		static const uint32_t small[] = { 0, 1, 4, 15 };
		struct room room;

		memset(&room, 0, sizeof(room));
		for (i = 0; i < ARRAY_SIZE(small); i++) {
			room.argument = call->right;
			room.argument.words[0] = small[i];
			EXPECT_EQ(EINVAL, make(self->fd, call, &room))
				TH_LOG("%s", call->name);
		}
		room.argument.words[0] = size - 1;
		EXPECT_EQ(EINVAL, make(self->fd, call, &room));

		/* One of a later time: fine as long as it asks for nothing that is not known. */
		room.argument = call->right;
		room.argument.words[0] = size + 8;
		EXPECT_EQ(0, make(self->fd, call, &room));
		EXPECT_EQ(size, room.argument.words[0]);
		room.argument = call->right;
		room.argument.words[0] = size + 8;
		room.argument.words[size / 4 + 1] = 1;
		EXPECT_EQ(E2BIG, make(self->fd, call, &room));
		EXPECT_EQ(size + 8, room.argument.words[0]);
		memset(&room, 0, sizeof(room));
		room.argument = call->right;
		room.argument.words[0] = getpagesize() + 1;
		EXPECT_EQ(E2BIG, make(self->fd, call, &room));
		room.argument.words[0] = ~0u;
		EXPECT_EQ(E2BIG, make(self->fd, call, &room));
	}
}

TEST_F(irq, number)
{
	static const uint32_t numbers[] = { 1, 2, 0x80000000, 0xffffffff };
	const struct call *call;
	size_t i;

	for_each_call(call) {
		for (i = 0; i < ARRAY_SIZE(numbers); i++) {
			union argument argument = call->right;

			argument.words[1] = numbers[i];
			EXPECT_EQ(EINVAL, make(self->fd, call, &argument))
				TH_LOG("%s of %#x", call->name, numbers[i]);
		}
	}
}

/* Flags that are not defined, what is reserved, and what is to be filled in. */
TEST_F(irq, what_must_be_0)
{
	const struct call *call;
	uint32_t word, bit;

	for_each_call(call) {
		for (word = 0; word < 16; word++) {
			for (bit = 0; bit < 32 && call->zeroes & 1 << word; bit++) {
				union argument argument = call->right;

				argument.words[word] = 1u << bit;
				EXPECT_EQ(EINVAL, make(self->fd, call, &argument))
					TH_LOG("%s word %u bit %u", call->name, word, bit);
				EXPECT_EQ(1u << bit, argument.words[word]);
			}
		}
	}
}

TEST_F(irq, flags_of_wait)
{
	uint32_t bit;

	for (bit = 0; bit < 32; bit++) {
		union argument argument = calls[1].right;

		argument.wait.flags = 1u << bit;
		EXPECT_EQ(1u << bit == IOMEM_IRQ_WAIT_UNMASK ? 0 : EINVAL,
			  make(self->fd, &calls[1], &argument));
	}
}

TEST_F(irq, addresses)
{
	size_t page = getpagesize();
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct call *call;

	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, munmap(pages + page, page));
	for_each_call(call) {
		/* Up to the end of what there is, and one byte beyond. */
		size_t size = call->right.words[0];
		char *end = pages + page;

		memcpy(end - size, &call->right, size);
		EXPECT_EQ(0, make(self->fd, call, end - size));
		memcpy(end - size + 1, &call->right, size - 1);
		EXPECT_EQ(EFAULT, make(self->fd, call, end - size + 1))
			TH_LOG("%s", call->name);
		EXPECT_EQ(EFAULT, make(self->fd, call, NULL));
		EXPECT_EQ(EFAULT, make(self->fd, call, (void *)-4096l));

		/* Read, but not to be answered. */
		memcpy(pages, &call->right, size);
		ASSERT_EQ(0, mprotect(pages, page, PROT_READ));
		EXPECT_EQ(EFAULT, make(self->fd, call, pages));
		ASSERT_EQ(0, mprotect(pages, page, PROT_READ | PROT_WRITE));
	}
	munmap(pages, page);
}

/* Whatever cannot be answered is not done: the line stays masked. */
TEST_F(irq, unmasking_that_is_not_answered)
{
	size_t page = getpagesize();
	union argument *argument = mmap(NULL, page, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	union argument mask = calls[3].right;
	int i;

	ASSERT_NE(MAP_FAILED, argument);
	ASSERT_EQ(0, make(self->fd, &calls[3], &mask));
	ASSERT_TRUE(info_of(self->fd).flags & IOMEM_IRQ_MASKED);
	for (i = 1; i <= 2; i++) {
		*argument = calls[i].right;
		if (i == 1)
			argument->wait.flags = IOMEM_IRQ_WAIT_UNMASK;
		ASSERT_EQ(0, mprotect(argument, page, PROT_READ));
		EXPECT_EQ(EFAULT, make(self->fd, &calls[i], argument));
		EXPECT_TRUE(info_of(self->fd).flags & IOMEM_IRQ_MASKED)
			TH_LOG("%s", calls[i].name);
		/* And where it can be, it is. */
		ASSERT_EQ(0, mprotect(argument, page, PROT_READ | PROT_WRITE));
		EXPECT_EQ(0, make(self->fd, &calls[i], argument));
		EXPECT_FALSE(info_of(self->fd).flags & IOMEM_IRQ_MASKED);
		mask = calls[3].right;
		ASSERT_EQ(0, make(self->fd, &calls[3], &mask));
	}
	munmap(argument, page);
}

TEST_F(irq, eventfds)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), event = eventfd(0, EFD_NONBLOCK);

	ASSERT_LE(0, null);
	ASSERT_LE(0, event);
	ASSERT_EQ(0, give_eventfd(self->fd, event));
	EXPECT_EQ(EBADF, give_eventfd(self->fd, -2));
	EXPECT_EQ(EBADF, give_eventfd(self->fd, INT32_MIN));
	EXPECT_EQ(EBADF, give_eventfd(self->fd, INT32_MAX));
	EXPECT_EQ(EBADF, give_eventfd(self->fd, 999));
	EXPECT_EQ(EINVAL, give_eventfd(self->fd, null));
	EXPECT_EQ(EINVAL, give_eventfd(self->fd, self->fd));

	/* What was refused has not taken the place of what was there. */
	raise_irq(self->fd);
	ASSERT_TRUE(stays(self->fd, 1));
	EXPECT_EQ(1, counted(event));
	close(event);
	close(null);
}

/* A window without interrupts has none to ask about. */
TEST(none_to_ask_about)
{
	struct iomem_window_info window = { .size = sizeof(window) };
	const struct call *call;
	uint64_t start, last;
	const char *ko, *why;
	char params[64], node[64];
	int fd;

	why = why_not_load(&ko, &start, &last);
	if (why)
		SKIP(return, "%s", why);
	snprintf(params, sizeof(params), "start=%#" PRIx64 " length=0x1000", start);
	ASSERT_EQ(0, load(ko, params));
	ASSERT_TRUE(find_node(node, sizeof(node)));
	fd = open(node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ioctl(fd, IOMEM_IOC_WINDOW_INFO, &window));
	EXPECT_EQ(0, window.irqs);
	for_each_call(call) {
		union argument argument = call->right;

		EXPECT_EQ(EINVAL, make(fd, call, &argument));
	}
	EXPECT_EQ(POLLIN | POLLOUT, ready(fd, POLLIN | POLLOUT, 0));
	close(fd);
	EXPECT_EQ(0, unload("iomem_dev"));
}

TEST_HARNESS_MAIN
