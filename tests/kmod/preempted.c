// SPDX-License-Identifier: GPL-2.0
/*
 * A fork() that is preempted at the worst moment: as long as this is loaded, when a process
 * called comm is about to take the lock under which it copies the entry of a huge page. There
 * it stays until unmap_mapping_range() has returned, which takes entries away under the same
 * lock, or for patience ms. How often that came is in the parameter came, how often something
 * was unmapped meanwhile in the parameter unmapped.
 */

#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>

static char *comm = "";
module_param(comm, charp, 0444);
MODULE_PARM_DESC(comm, "name of the process");

static uint patience;
module_param(patience, uint, 0444);
MODULE_PARM_DESC(patience, "how long to wait at most, in ms");

static uint came;
module_param(came, uint, 0444);
MODULE_PARM_DESC(came, "out: how often it was preempted there");

static uint unmapped;
module_param(unmapped, uint, 0444);
MODULE_PARM_DESC(unmapped, "out: how often something was unmapped meanwhile");

/* How often unmap_mapping_range() has returned. */
static atomic_t returned;

static bool is_copying(unsigned long address)
{
	char name[KSYM_SYMBOL_LEN];

	snprintf(name, sizeof(name), "%ps", (void *)address);
	return str_has_prefix(name, "copy_huge_pmd");
}

static int before_lock(struct kprobe *probe, struct pt_regs *regs)
{
	int before, i;

	if (strcmp(current->comm, comm))
		return 0;
#ifdef CONFIG_ARM64
	if (!is_copying(regs->regs[30]))
		return 0;
#else
	if (!is_copying(*(unsigned long *)regs->sp))
		return 0;
#endif
	before = atomic_read(&returned);
	WRITE_ONCE(came, came + 1);
	/* Once is enough: there is a second lock, which is taken under this one. */
	for (i = 0; !unmapped && i < patience && atomic_read(&returned) == before; i++)
		mdelay(1);
	if (atomic_read(&returned) != before)
		WRITE_ONCE(unmapped, unmapped + 1);
	return 0;
}

static int after_unmap(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	atomic_inc(&returned);
	return 0;
}

static struct kprobe lock = {
	.symbol_name = IS_ENABLED(CONFIG_PREEMPT_RT) ? "rt_spin_lock" : "_raw_spin_lock",
	.pre_handler = before_lock,
};

static struct kretprobe unmap = {
	.kp.symbol_name = "unmap_mapping_range",
	.handler = after_unmap,
};

static int __init preempted_init(void)
{
	int err = register_kretprobe(&unmap);

	if (err)
		return err;
	err = register_kprobe(&lock);
	if (err)
		unregister_kretprobe(&unmap);
	return err;
}
module_init(preempted_init);

static void __exit preempted_exit(void)
{
	unregister_kprobe(&lock);
	unregister_kretprobe(&unmap);
}
module_exit(preempted_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("Is preempted in the midst of fork(), for tests");
MODULE_LICENSE("GPL");
