/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A window on QEMU's edu that has its interrupt, of either kind, made anew for
 * each test.
 */
#ifndef _INTERRUPTS_EDU_H
#define _INTERRUPTS_EDU_H

#include "interrupts.h"

FIXTURE(irq)
{
	char node[64];
	bool up;
	int fd;
	/* Programs that must not outlive the test, wherever it ends; or 0. */
	pid_t program[4];
};

FIXTURE_VARIANT(irq)
{
	bool level;
};

FIXTURE_VARIANT_ADD(irq, level)
{
	.level = true,
};

FIXTURE_VARIANT_ADD(irq, edge)
{
	.level = false,
};

/* A number that tests/kmod/msi.c says, while it is loaded: of the line, or of the message. */
static inline int irq_of_msi(const char *what)
{
	char path[128], *text;
	int irq;

	snprintf(path, sizeof(path), "/sys/module/iomem_test_msi/parameters/%s", what);
	text = proc_text(path);
	irq = text ? atoi(text) : 0;
	free(text);
	return irq;
}

FIXTURE_SETUP(irq)
{
	const char *ko = getenv("IOMEM_KO"), *irq_ko = getenv("IOMEM_IRQ_KO");
	const char *msi_ko = getenv("IOMEM_MSI_KO"), *line = getenv("IOMEM_IRQ");
	uint64_t start, last;
	char params[128];
	int irq;

	self->up = false;
	self->fd = -1;
	memset(self->program, 0, sizeof(self->program));
	if (!ko || !irq_ko || !msi_ko || !line || !env_range(&start, &last))
		SKIP(return, "IOMEM_IRQ is not set: see tests/iomem_test.h");
	/* What a test has left that did not come to its end. */
	if (loaded("iomem_test_irq")) {
		unload("iomem_test_irq");
		unload("iomem_dev");
		unload("iomem_test_msi");
	}
	if (loaded("iomem_dev"))
		SKIP(return, "iomem_dev is loaded: unload it, these tests load it themselves");
	self->up = true;
	irq = atoi(line);
	if (!variant->level) {
		ASSERT_EQ(0, load(msi_ko, ""));
		irq = irq_of_msi("irq");
	}
	ASSERT_LT(0, irq);
	ASSERT_EQ(0, load(ko, ""));
	snprintf(params, sizeof(params), "start=%#" PRIx64 " irq=%d window=1", start, irq);
	ASSERT_EQ(0, load(irq_ko, params));
	ASSERT_TRUE(node_of(DEVICE, self->node, sizeof(self->node)));
	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, info_of(self->fd).count);
}

FIXTURE_TEARDOWN(irq)
{
	size_t i;
	int fd;

	if (!self->up)
		return;
	for (i = 0; i < ARRAY_SIZE(self->program); i++) {
		if (self->program[i] <= 0)
			continue;
		kill(self->program[i], SIGKILL);
		waitpid(self->program[i], NULL, 0);
	}
	close(self->fd);
	/* The line is released while it is handled, or the next test is told of it. */
	if (node_of(DEVICE, self->node, sizeof(self->node))) {
		fd = open(self->node, O_RDWR | O_CLOEXEC);
		if (fd >= 0) {
			acknowledge(fd);
			close(fd);
		}
	}
	EXPECT_EQ(0, unload("iomem_test_irq"));
	EXPECT_EQ(0, unload("iomem_dev"));
	if (!variant->level)
		EXPECT_EQ(0, unload("iomem_test_msi"));
}

#endif /* _INTERRUPTS_EDU_H */
