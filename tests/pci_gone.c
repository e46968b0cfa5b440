// SPDX-License-Identifier: GPL-2.0
/*
 * PCI devices that are removed while a window, or another claim, is on one of their BARs. The device
 * is QEMU's edu (IOMEM_RANGE), which is removed and found again by sysfs; the other claims are those
 * of the modules iomem_attack_outlived (IOMEM_OUTLIVED_KO) and iomem_test_holder (IOMEM_HOLDER_KO).
 */

#include "holder.h"
#include "run_time_test.h"
#include "touch.h"

#define PCI "/sys/bus/pci/"
#define EDU_ID 0x010000edu

FIXTURE(pci_gone)
{
	char folder[300];
	uint64_t start, last;
	int log, messages, windows;
};

/* Reads a number in hexadecimal from an attribute of a PCI device. */
static uint64_t attribute(const char *folder, const char *name)
{
	char path[400], *text;
	uint64_t value = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	text = proc_text(path);
	if (text)
		value = strtoull(text, NULL, 16);
	free(text);

	return value;
}

/* Finds the device by its identity, and turns its memory decoding on. */
static bool find_edu(char *folder, size_t room)
{
	DIR *dir = opendir(PCI "devices");
	bool found = false;
	struct dirent *entry;
	char path[400];

	while (dir && !found && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(folder, room, PCI "devices/%s", entry->d_name);
		found = attribute(folder, "vendor") == 0x1234 && attribute(folder, "device") == 0x11e8;
	}
	if (dir)
		closedir(dir);
	snprintf(path, sizeof(path), "%s/enable", folder);

	return found && !tell(path, "1");
}

/* The first address of its BAR 0. */
static uint64_t bar(const char *folder)
{
	return attribute(folder, "resource");
}

static int remove_edu(const char *folder)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/remove", folder);
	return tell(path, "1");
}

/* How many entries of /proc/iomem begin at an address and have that in their name. */
static int entries(uint64_t start, const char *name)
{
	char *now = proc_iomem(), *line, begin[32];
	int n = 0;

	snprintf(begin, sizeof(begin), "%08" PRIx64 "-", start);
	for (line = now ? strtok(now, "\n") : NULL; line; line = strtok(NULL, "\n")) {
		char *colon = strstr(line, " : ");

		n += !strncmp(line + strspn(line, " "), begin, strlen(begin)) && colon &&
		     strstr(colon, name);
	}
	free(now);

	return n;
}

/* How many records the kernel has logged since the last call that have those words. */
static int count_messages(int log, const char *words)
{
	char record[8192];
	int count = 0;
	ssize_t n;

	while ((n = read(log, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		if (n <= 0)
			continue;
		record[n] = 0;
		count += !!strstr(record, words);
	}
	return count;
}

FIXTURE_SETUP(pci_gone)
{
	const char *ko;
	const char *why_not = why_not_load(&ko, &self->start, &self->last);

	self->folder[0] = 0;
	if (why_not)
		SKIP(return, "%s", why_not);
	ASSERT_EQ(0, catch_faults());
	self->log = open_log();
	self->messages = open_log();
	ASSERT_LE(0, self->log);
	ASSERT_LE(0, self->messages);
	ASSERT_EQ(0, load(ko, ""));
	self->windows = count_windows();
	ASSERT_TRUE(find_edu(self->folder, sizeof(self->folder)));
	ASSERT_EQ(self->start, bar(self->folder));
}

FIXTURE_TEARDOWN(pci_gone)
{
	if (!self->folder[0])
		return;
	unload("iomem_attack_outlived");
	unload("iomem_test_holder");
	unload("iomem_dev");
	EXPECT_FALSE(loaded("iomem_dev"));
	tell(PCI "rescan", "1");
	EXPECT_TRUE(find_edu(self->folder, sizeof(self->folder)));
	EXPECT_EQ(self->start, bar(self->folder));
	EXPECT_EQ(0, entries(self->start, "iomem"));
	/* Each claim is released once, and by the one that has it. */
	EXPECT_EQ(0, count_messages(self->messages, "nonexistent resource"));
	close(self->messages);
	close(self->log);
}

/* The window goes before the BAR does, as it goes with a device that is unbound. */
TEST_F(pci_gone, window_goes_with_the_device)
{
	volatile uint32_t *p;
	char text[4096];
	uint32_t id;
	int fd;

	ASSERT_EQ(0, make_window("first mem=%#" PRIx64 ",0x10000 width=4", self->start));
	fd = open_window("first", O_RDWR);
	ASSERT_LE(0, fd);
	p = mmap(NULL, 0x10000, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, look32(p, &id));
	EXPECT_EQ(EDU_ID, id);
	logged(self->log, "iomem", text, sizeof(text));

	ASSERT_EQ(0, remove_edu(self->folder));
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
}

/* The device is found again, and its range granted to another window, once. */
TEST_F(pci_gone, range_is_granted_once)
{
	uint32_t id = 0;
	int fd;

	ASSERT_EQ(0, make_window("first mem=%#" PRIx64 ",0x10000 width=4", self->start));
	ASSERT_EQ(0, remove_edu(self->folder));
	ASSERT_EQ(0, tell(PCI "rescan", "1"));
	ASSERT_TRUE(find_edu(self->folder, sizeof(self->folder)));
	ASSERT_EQ(self->start, bar(self->folder));

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
}

/* A window elsewhere is none of its business. */
TEST_F(pci_gone, other_windows_stay)
{
	int fd;

#ifdef __x86_64__
	ASSERT_EQ(0, make_window("stays port=0x2f0,4 width=1"));
#else
	ASSERT_EQ(0, make_window("stays mem=0xa000000,0x200 width=4"));
#endif
	ASSERT_EQ(0, remove_edu(self->folder));
	fd = open_window("stays", O_RDONLY);
	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_EQ(0, delete_window("stays"));
}

/* A claim of another module, which is tied to no device, holds nothing from then on. */
TEST_F(pci_gone, claim_outlives_the_device)
{
	const char *outlived = NEED("IOMEM_OUTLIVED_KO");
	char params[64];

	snprintf(params, sizeof(params), "start=%#" PRIx64, self->start);
	ASSERT_EQ(0, load(outlived, params));
	EXPECT_EQ(1, entries(self->start, "outlived"));
	ASSERT_EQ(0, remove_edu(self->folder));
	EXPECT_EQ(0, entries(self->start, "outlived"));
	ASSERT_EQ(0, tell(PCI "rescan", "1"));
	ASSERT_TRUE(find_edu(self->folder, sizeof(self->folder)));
	ASSERT_EQ(self->start, bar(self->folder));

	/* Dropping it does not release what another module has meanwhile. */
	ASSERT_EQ(0, load_holder(self->start, 0x1000));
	EXPECT_EQ(1, entries(self->start, "iomem_test_holder"));
	EXPECT_EQ(0, unload("iomem_attack_outlived"));
	EXPECT_EQ(1, entries(self->start, "iomem_test_holder"));
	EXPECT_EQ(0, unload("iomem_test_holder"));
	EXPECT_EQ(0, entries(self->start, "iomem"));
}

TEST_HARNESS_MAIN
