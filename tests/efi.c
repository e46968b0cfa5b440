// SPDX-License-Identifier: GPL-2.0
/*
 * What EFI keeps: in a machine of its own, which tests/topology boots by EFI. Its memory ends
 * (IOMEM_END) in the middle of a page of 16 KiB. The kernel is told not to use that (mem=), and
 * only EFI's map says that there is memory in it. IOMEM_RUNTIME is the address of the code of EFI's
 * runtime services, as the kernel's log has it.
 */

#include "run_time_test.h"

static struct iomem_region_info region(const char *name)
{
	struct iomem_region_info info = { .size = sizeof(info) };
	int fd = open_window(name, O_RDWR);

	if (fd < 0 || ioctl(fd, IOMEM_IOC_REGION_INFO, &info))
		info.size = 0;
	close(fd);
	return info;
}

/* It is no RAM of the kernel's, and no claim is on it. */
TEST_F(run_time, memory_of_runtime_services)
{
	uint64_t start = strtoull(NEED("IOMEM_RUNTIME"), NULL, 0);

	REFUSED(EPERM, 2, "is reserved by firmware", "efi mem=%#" PRIx64 ",0x1000", start);
	REFUSED(EPERM, 2, "is reserved by firmware", "efi mem=%#" PRIx64 ",0x100 map-whole-pages",
		start + 0x100);
	ASSERT_EQ(0, make_window("efi mem=%#" PRIx64 ",%#lx firmware-reserved", start, PAGE));
	EXPECT_EQ(PAGE, region("efi").mmap_length);
	EXPECT_EQ(0, delete_window("efi"));
}

TEST_F(run_time, memory_in_the_rest_of_a_page)
{
	uint64_t end = strtoull(NEED("IOMEM_END"), NULL, 0);
	bool shared = end % PAGE;
	char text[4096];

	/* Nothing of it is memory. */
	ASSERT_EQ(0, make_window("beyond mem=%#" PRIx64 ",0x100 map-whole-pages",
				 (end | (PAGE - 1)) + 1));
	EXPECT_EQ(PAGE, region("beyond").mmap_length);
	EXPECT_EQ(0, delete_window("beyond"));

	logged(self->log, "iomem_dev", text, sizeof(text));
	ASSERT_EQ(0, make_window("beside mem=%#" PRIx64 ",0x100 map-whole-pages", end));
	EXPECT_EQ(shared ? 2 : 1, logged(self->log, "iomem_dev", text, sizeof(text)));
	EXPECT_EQ(shared, !!strstr(text, "share a page with what firmware has reserved")) {
		TH_LOG("the log has: %s", text);
	}
	EXPECT_EQ(shared ? 0 : PAGE, region("beside").mmap_length);
	EXPECT_EQ(0, delete_window("beside"));

	ASSERT_EQ(0, make_window("beside mem=%#" PRIx64 ",0x100 map-whole-pages firmware-reserved",
				 end));
	EXPECT_EQ(PAGE, region("beside").mmap_length);
	EXPECT_EQ(0, delete_window("beside"));
}

TEST_HARNESS_MAIN
