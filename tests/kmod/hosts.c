// SPDX-License-Identifier: GPL-2.0
/*
 * Two host bridges of PCI, of platform devices iomem_test_hosts.0 and .1, with nothing behind them
 * and a window of 1 MiB each, at start and above. Unbinding one takes wait milliseconds before the
 * window goes. With after=, a driver claims the first 4 KiB of the range then, and the unbinding
 * takes as many milliseconds more. With above=, they are below the platform device of that name.
 * With slow=1, a search for root buses is late after it found the first of them.
 */

#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#define HOSTS 2
#define WINDOW 0x100000
#define CLAIM 0x1000

static ulong start;
module_param(start, ulong, 0444);
MODULE_PARM_DESC(start, "physical address of the first window, in bytes");

static uint wait;
module_param(wait, uint, 0644);
MODULE_PARM_DESC(wait, "how many milliseconds unbinding takes before a window goes");

static uint after;
module_param(after, uint, 0444);
MODULE_PARM_DESC(after, "how many milliseconds it takes from then on");

static char *above;
module_param(above, charp, 0444);
MODULE_PARM_DESC(above, "a platform device that they are below");

static bool slow;
module_param(slow, bool, 0444);
MODULE_PARM_DESC(slow, "whether looking for root buses takes seconds");

struct host {
	struct resource window;
	struct resource numbers;
	struct pci_bus *bus;
#ifdef CONFIG_X86
	struct pci_sysdata sysdata;
#endif
};

static struct host hosts[HOSTS];
static struct platform_device *devices[HOSTS];

static int read_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	return PCIBIOS_DEVICE_NOT_FOUND;
}

static int write_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	return PCIBIOS_DEVICE_NOT_FOUND;
}

static struct pci_ops ops = { .read = read_config, .write = write_config };

static int hosts_probe(struct platform_device *pdev)
{
	struct host *host = &hosts[pdev->id];
	struct pci_host_bridge *bridge;
	int err;

	bridge = pci_alloc_host_bridge(0);
	if (!bridge)
		return -ENOMEM;
	host->window = DEFINE_RES_MEM_NAMED(start + pdev->id * WINDOW, WINDOW, "host window");
	host->numbers = DEFINE_RES_NAMED(0, 256, "host buses", IORESOURCE_BUS);
	bridge->dev.parent = &pdev->dev;
	bridge->ops = &ops;
#ifdef CONFIG_X86
	host->sysdata.domain = 0x10 + pdev->id;
	host->sysdata.node = NUMA_NO_NODE;
	bridge->sysdata = &host->sysdata;
#endif
	err = request_resource(&iomem_resource, &host->window);
	if (err)
		goto free;
	pci_add_resource(&bridge->windows, &host->window);
	pci_add_resource(&bridge->windows, &host->numbers);
	err = pci_scan_root_bus_bridge(bridge);
	if (err)
		goto release;
	host->bus = bridge->bus;
	pci_bus_add_devices(host->bus);
	return 0;

release:
	release_resource(&host->window);
free:
	pci_free_host_bridge(bridge);
	return err;
}

static void hosts_remove(struct platform_device *pdev)
{
	struct host *host = &hosts[pdev->id];
	struct pci_host_bridge *bridge = to_pci_host_bridge(host->bus->bridge);

	msleep(wait);
	pci_lock_rescan_remove();
	pci_stop_root_bus(host->bus);
	pci_remove_root_bus(host->bus);
	pci_unlock_rescan_remove();
	pci_free_host_bridge(bridge);
	release_resource(&host->window);
	if (after && request_mem_region(host->window.start, CLAIM, "neighbour")) {
		msleep(after);
		release_mem_region(host->window.start, CLAIM);
	}
}

static struct platform_driver driver = {
	.probe = hosts_probe,
	.remove = hosts_remove,
	.driver.name = KBUILD_MODNAME,
};

static int finds(struct kprobe *probe, struct pt_regs *regs)
{
	if ((struct pci_bus *)regs_get_kernel_argument(regs, 0) == hosts[0].bus)
		mdelay(3000);
	return 0;
}

static struct kprobe next_bus = { .symbol_name = "pci_find_next_bus", .pre_handler = finds };

static int __init hosts_init(void)
{
	struct platform_device_info info = { .name = KBUILD_MODNAME };
	int err = platform_driver_register(&driver);

	if (err)
		return err;
	/* Those that are made below it keep it. */
	if (above)
		info.parent = bus_find_device_by_name(&platform_bus_type, NULL, above);
	for (int i = 0; i < HOSTS; i++) {
		info.id = i;
		devices[i] = platform_device_register_full(&info);
		if (IS_ERR(devices[i])) {
			err = PTR_ERR(devices[i]);
			devices[i] = NULL;
			put_device(info.parent);
			goto unregister;
		}
	}
	if (slow)
		err = register_kprobe(&next_bus);
	put_device(info.parent);
	if (!err)
		return 0;

unregister:
	for (int i = 0; i < HOSTS; i++)
		platform_device_unregister(devices[i]);
	platform_driver_unregister(&driver);
	return err;
}
module_init(hosts_init);

static void __exit hosts_exit(void)
{
	if (slow)
		unregister_kprobe(&next_bus);
	for (int i = 0; i < HOSTS; i++)
		platform_device_unregister(devices[i]);
	platform_driver_unregister(&driver);
}
module_exit(hosts_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("Host bridges of PCI that come and go, for tests");
MODULE_LICENSE("GPL");
