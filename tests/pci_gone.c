// SPDX-License-Identifier: GPL-2.0
/*
 * PCI devices that are removed while a window, or another claim, is on one of their BARs. The
 * device is QEMU's edu (IOMEM_RANGE), which is removed and found again by sysfs; the other claims
 * are those of the modules iomem_attack_outlived (IOMEM_OUTLIVED_KO) and iomem_test_holder
 * (IOMEM_HOLDER_KO). tests/pci_within.c has what lies between the BAR and a claim.
 */

#include "pci_gone.h"

/* The window goes before the BAR does, as it goes with a device that is unbound. */
TEST_F(run_time, window_goes_with_the_device)
{
	volatile uint32_t *p;
	char text[4096];
	uint32_t id;
	int fd;

	ASSERT_TRUE(begin(self->start));
	ASSERT_EQ(0, make_window("first mem=%#" PRIx64 ",0x10000 width=4", self->start));
	fd = open_window("first", O_RDWR);
	ASSERT_LE(0, fd);
	p = mmap(NULL, 0x10000, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, look32(p, &id));
	EXPECT_EQ(EDU_ID, id);
	logged(self->log, "iomem", text, sizeof(text));

	ASSERT_EQ(0, remove_edu());
	EXPECT_EQ(SIGBUS, look32(p, &id));
	EXPECT_EQ(-1, pread(fd, &id, 4, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, open_window("first", O_RDONLY));
	EXPECT_EQ(0, entries(self->start, "iomem"));
	/* One line says which window went, and why. */
	EXPECT_EQ(1, logged(self->log, "iomem_dev iomem_dev.", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "is being removed"));

	/* What is left of it is a name. */
	EXPECT_EQ(0, delete_window("first"));
	munmap((void *)p, 0x10000);
	close(fd);
	END();
}

/* The device is found again, and its range granted to another window, once. */
TEST_F(run_time, range_is_granted_once)
{
	uint32_t id = 0;
	int fd;

	ASSERT_TRUE(begin(self->start));
	ASSERT_EQ(0, make_window("first mem=%#" PRIx64 ",0x10000 width=4", self->start));
	ASSERT_EQ(0, remove_edu());
	ASSERT_TRUE(found_again(self->start));

	ASSERT_EQ(0, make_window("second mem=%#" PRIx64 ",0x10000 width=4", self->start));
	EXPECT_EQ(1, entries(self->start, "iomem"));
	EXPECT_EQ(self->windows + 1, count_windows());
	EXPECT_EQ(0, delete_window("first"));
	EXPECT_EQ(1, entries(self->start, "iomem"));
	fd = open_window("second", O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(4, pread(fd, &id, 4, 0));
	EXPECT_EQ(EDU_ID, id);
	close(fd);
	EXPECT_EQ(0, delete_window("second"));
	EXPECT_EQ(0, entries(self->start, "iomem"));
	END();
}

/* A window elsewhere is none of its business. */
TEST_F(run_time, other_windows_stay)
{
	int fd;

	ASSERT_TRUE(begin(self->start));
#ifdef __x86_64__
	ASSERT_EQ(0, make_window("stays port=0x2f0,4 width=1"));
#else
	ASSERT_EQ(0, make_window("stays mem=0xa000000,0x200 width=4"));
#endif
	ASSERT_EQ(0, remove_edu());
	fd = open_window("stays", O_RDONLY);
	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_EQ(0, delete_window("stays"));
	END();
}

/* A claim of another module, which is tied to no device, holds nothing from then on. */
TEST_F(run_time, claim_outlives_the_device)
{
	const char *outlived = NEED("IOMEM_OUTLIVED_KO");
	char params[64];

	ASSERT_TRUE(begin(self->start));
	snprintf(params, sizeof(params), "start=%#" PRIx64, self->start);
	ASSERT_EQ(0, load(outlived, params));
	EXPECT_EQ(1, entries(self->start, "outlived"));
	ASSERT_EQ(0, remove_edu());
	EXPECT_EQ(0, entries(self->start, "outlived"));
	ASSERT_TRUE(found_again(self->start));

	/* Dropping it does not release what another module has meanwhile. */
	ASSERT_EQ(0, load_holder(self->start, 0x1000));
	EXPECT_EQ(1, entries(self->start, "iomem_test_holder"));
	EXPECT_EQ(0, unload("iomem_attack_outlived"));
	EXPECT_EQ(1, entries(self->start, "iomem_test_holder"));
	EXPECT_EQ(0, unload("iomem_test_holder"));
	EXPECT_EQ(0, entries(self->start, "iomem"));
	END();
}

TEST_HARNESS_MAIN
