// SPDX-License-Identifier: GPL-2.0
/*
 * A device whose unbinding takes its time: what it has is released only when "echo 1 >go" says
 * so. It has a child on the auxiliary bus, for tests/kmod/handed.rs, whose driver may hand it
 * something to have as well: that is entered before, and so comes after. The parameter slow says
 * whether the unbinding has come that far. The module goes once the device is unbound.
 */

#include <linux/auxiliary_bus.h>
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/platform_device.h>

static bool slow;
module_param(slow, bool, 0444);
MODULE_PARM_DESC(slow, "out: whether the unbinding waits to go on");

static DECLARE_COMPLETION(may_go);

static int go(const char *value, const struct kernel_param *param)
{
	complete_all(&may_go);
	return 0;
}

static const struct kernel_param_ops go_ops = { .set = go };
module_param_cb(go, &go_ops, NULL, 0200);
MODULE_PARM_DESC(go, "writing to it lets the unbinding go on");

static void take_time(void *data)
{
	WRITE_ONCE(slow, true);
	wait_for_completion(&may_go);
	WRITE_ONCE(slow, false);
}

static void child_release(struct device *dev)
{
}

static struct auxiliary_device child = { .name = "child", .dev.release = child_release };

static int slow_probe(struct platform_device *pdev)
{
	int err;

	child.dev.parent = &pdev->dev;
	err = auxiliary_device_init(&child);
	if (err)
		return err;
	err = auxiliary_device_add(&child);
	if (err) {
		auxiliary_device_uninit(&child);
		return err;
	}
	err = devm_add_action(&pdev->dev, take_time, NULL);
	if (err) {
		auxiliary_device_delete(&child);
		auxiliary_device_uninit(&child);
	}

	return err;
}

static void slow_remove(struct platform_device *pdev)
{
	auxiliary_device_delete(&child);
	auxiliary_device_uninit(&child);
}

static struct platform_driver driver = {
	.probe = slow_probe,
	.remove = slow_remove,
	.driver = { .name = KBUILD_MODNAME },
};

static struct platform_device *device;

static int __init slow_init(void)
{
	int err = platform_driver_register(&driver);

	if (err)
		return err;
	device = platform_device_register_simple(KBUILD_MODNAME, PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device)) {
		platform_driver_unregister(&driver);
		return PTR_ERR(device);
	}
	return 0;
}
module_init(slow_init);

static void __exit slow_exit(void)
{
	complete_all(&may_go);
	platform_device_unregister(device);
	platform_driver_unregister(&driver);
}
module_exit(slow_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("A device that takes its time to be unbound, for tests");
MODULE_LICENSE("GPL");
