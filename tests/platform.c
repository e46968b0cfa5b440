// SPDX-License-Identifier: GPL-2.0
/*
 * Platform devices as users see them: those of tests/kmod/platform.rs, which
 * is loaded anew for each test.
 */

#include "iomem_test.h"

#define MODULE "iomem_test_platform"
#define BUS "/sys/bus/platform"

FIXTURE(platform)
{
	char *iomem, *ioports;
	uint64_t start;
	int nodes;
};

/* How many devices of ours there are. */
static int count_devices(void)
{
	return count_entries(BUS "/devices", "iomem_test");
}

/* How many software nodes there are, which have the properties of devices. */
static int count_nodes(void)
{
	return count_entries("/sys/kernel/software_nodes", "");
}

FIXTURE_SETUP(platform)
{
	const char *ko = getenv("IOMEM_PLATFORM_KO");
	char params[64];
	uint64_t last;

	self->iomem = NULL;
	self->ioports = NULL;
	if (!ko)
		SKIP(return, "IOMEM_PLATFORM_KO is not set: see tests/iomem_test.h");
	if (!env_range(&self->start, &last))
		SKIP(return, "IOMEM_RANGE is not set: see tests/iomem_test.h");
	if (loaded(MODULE))
		SKIP(return, MODULE " is loaded: unload it, these tests load it themselves");
	self->iomem = proc_iomem();
	self->ioports = proc_text("/proc/ioports");
	ASSERT_NE(NULL, self->iomem);
	ASSERT_NE(NULL, self->ioports);
	ASSERT_EQ(0, count_devices());
	self->nodes = count_nodes();
	ASSERT_LE(2, self->nodes);
	snprintf(params, sizeof(params), "start=%#" PRIx64, self->start);
	ASSERT_EQ(0, load(ko, params));
}

/* Whatever was made and bound, nothing stays, and nothing is taken along. */
FIXTURE_TEARDOWN(platform)
{
	char *iomem, *ioports;

	if (!self->ioports)
		return;
	EXPECT_EQ(0, unload(MODULE));
	iomem = proc_iomem();
	ioports = proc_text("/proc/ioports");
	ASSERT_NE(NULL, iomem);
	ASSERT_NE(NULL, ioports);
	EXPECT_STREQ(self->iomem, iomem);
	EXPECT_STREQ(self->ioports, ioports);
	EXPECT_EQ(0, count_devices());
	EXPECT_EQ(self->nodes, count_nodes());
}

/* Whether a range is claimed by the module's driver, according to a file of /proc. */
static bool claimed(const char *path, uint64_t start, uint64_t length)
{
	char *text = proc_text(path), *line = text, name[64];
	uint64_t first, last;
	bool found = false;

	for (; line && *line; line = strchr(line, '\n') + 1) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " : %63[^\n]", &first, &last, name) == 3)
			found |= first == start && last == start + length - 1 &&
				 !strcmp(name, MODULE);
	}
	free(text);
	return found;
}

static bool bound(const char *device)
{
	char path[128];

	snprintf(path, sizeof(path), BUS "/devices/%s/driver", device);
	return access(path, F_OK) == 0;
}

TEST_F(platform, driver_has_what_the_list_says)
{
	EXPECT_TRUE(bound("iomem_test_platform.7"));
	EXPECT_TRUE(claimed("/proc/iomem", self->start + 0x1000, 0x1000));
	EXPECT_TRUE(claimed("/proc/ioports", 0x2f0, 4));
}

/* The device is no claim: what its driver did not claim is not there. */
TEST_F(platform, devices_claim_nothing)
{
	char *text = proc_iomem(), line[64];

	ASSERT_NE(NULL, text);
	snprintf(line, sizeof(line), "%08" PRIx64 "-", self->start + 0x4000);
	EXPECT_EQ(NULL, strstr(text, line));
	EXPECT_EQ(NULL, strstr(text, "iomem_test_child"));
	free(text);
}

TEST_F(platform, names_are_as_asked_for)
{
	EXPECT_EQ(2, count_devices());
	EXPECT_EQ(0, access(BUS "/devices/iomem_test_platform.7", F_OK));
	/* The child is below its parent. */
	EXPECT_EQ(0, access("/sys/devices/platform/iomem_test_platform.7/iomem_test_child", F_OK));
}

TEST_F(platform, properties_are_a_software_node)
{
	EXPECT_EQ(self->nodes + 1, count_nodes());
	EXPECT_EQ(0, access(BUS "/devices/iomem_test_platform.7/software_node", F_OK));
	EXPECT_NE(0, access(BUS "/devices/iomem_test_child/software_node", F_OK));
}

TEST_F(platform, driver_override_binds)
{
	const char *override = BUS "/devices/iomem_test_child/driver_override";

	ASSERT_FALSE(bound("iomem_test_child"));
	/* By its name alone there is no driver for it. */
	tell(BUS "/drivers_probe", "iomem_test_child");
	EXPECT_FALSE(bound("iomem_test_child"));
	EXPECT_NE(0, tell(BUS "/drivers/" MODULE "/bind", "iomem_test_child"));

	ASSERT_EQ(0, tell(override, MODULE));
	ASSERT_EQ(0, tell(BUS "/drivers_probe", "iomem_test_child"));
	EXPECT_TRUE(bound("iomem_test_child"));
	EXPECT_TRUE(claimed("/proc/iomem", self->start + 0x2000, 0x1000));

	ASSERT_EQ(0, tell(BUS "/drivers/" MODULE "/unbind", "iomem_test_child"));
	EXPECT_FALSE(claimed("/proc/iomem", self->start + 0x2000, 0x1000));
	ASSERT_EQ(0, tell(override, "\n"));
	EXPECT_NE(0, tell(BUS "/drivers/" MODULE "/bind", "iomem_test_child"));
}

/* An override to another driver keeps it from the one that its name is for. */
TEST_F(platform, driver_override_keeps_others_away)
{
	ASSERT_EQ(0, tell(BUS "/devices/iomem_test_platform.7/driver_override", "nobody"));
	ASSERT_EQ(0, tell(BUS "/drivers/" MODULE "/unbind", "iomem_test_platform.7"));
	EXPECT_NE(0, tell(BUS "/drivers/" MODULE "/bind", "iomem_test_platform.7"));
	EXPECT_FALSE(bound("iomem_test_platform.7"));
	EXPECT_FALSE(claimed("/proc/ioports", 0x2f0, 4));
}

static void unload_above(void)
{
	unload("iomem_attack_above");
	unload("iomem_test_released");
}

/* A device refers to all that it is below, removed or not: the kernel looks there when it goes. */
TEST(what_is_above_a_device_stays)
{
	if (!getenv("IOMEM_ABOVE_KO"))
		SKIP(return, "IOMEM_ABOVE_KO is not set: see tests/guest/suite");
	atexit(unload_above);
	ASSERT_EQ(0, load(getenv("IOMEM_RELEASED_KO"), "prefix=iomem_attack_above"));
	ASSERT_EQ(0, load(getenv("IOMEM_ABOVE_KO"), ""));
	EXPECT_EQ(1, count_entries(BUS "/devices", "iomem_attack_above"));
	EXPECT_EQ(0, count_released());
	ASSERT_EQ(0, unload("iomem_attack_above"));
	EXPECT_EQ(3, count_released());
	ASSERT_EQ(0, unload("iomem_test_released"));
}

TEST_HARNESS_MAIN
