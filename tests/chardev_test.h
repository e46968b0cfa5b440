/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of character devices share: the nodes of tests/kmod/chardev.rs,
 * which is loaded anew for each test.
 */
#ifndef _IOMEM_CHARDEV_TEST_H
#define _IOMEM_CHARDEV_TEST_H

#include "iomem_test.h"

#define MODULE "iomem_test_chardev"

/* The ioctls of the control node. */
#define REMOVE_EVENTS	_IO('i', 0)
#define REMOVE_MAJOR	_IO('i', 1)
#define REMOVE_NODE	_IO('i', 2)
#define DROPPED		_IO('i', 3)

FIXTURE(chardev)
{
	int control;
};

FIXTURE_SETUP(chardev)
{
	const char *ko = getenv("IOMEM_CHARDEV_KO");

	self->control = -1;
	if (!ko)
		SKIP(return, "IOMEM_CHARDEV_KO is not set: see tests/iomem_test.h");
	if (loaded(MODULE))
		SKIP(return, MODULE " is loaded: unload it, these tests load it themselves");
	ASSERT_EQ(0, load(ko, ""));
	self->control = open("/dev/iomem_test_control", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->control);
}

/*
 * The files that a test leaves open are closed here; then the module can go. Not
 * ASSERT, which as the first check of a teardown ends one that a failed ASSERT began.
 */
FIXTURE_TEARDOWN(chardev)
{
	if (self->control < 0)
		return;
	EXPECT_EQ(0, syscall(SYS_close_range, 3, ~0u, 0));
	EXPECT_EQ(0, unload(MODULE));
	EXPECT_NE(0, access("/dev/iomem_test_control", F_OK));
}

#endif /* _IOMEM_CHARDEV_TEST_H */
