// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupt lines of every kind, raised by software: as long as this is loaded,
 * there is a controller whose lines are numbered from the parameter first on, one
 * for each kind below.
 *
 * "echo KIND >raise" has the line of that kind raised, "echo KIND >lower" has it
 * released. A line that is level-triggered stays raised until then, as that of a
 * device that has not been served, but no longer than for STORM interrupts. How
 * many interrupts the controller has made of each line is in delivered: that is
 * what the processor was interrupted for, whatever a driver has counted. How long
 * the last one took, with interrupts disabled, is in took.
 */

#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irq_work.h>
#include <linux/irqdesc.h>
#include <linux/module.h>
#include <linux/sched/clock.h>

enum kind {
	/* Level-triggered, of a controller that does not say so. */
	UNKNOWN,
	/* Edge-triggered, of a controller that says so by its flow handler alone. */
	EDGE_BY_FLOW,
	/* Edge-triggered, by its type. */
	EDGE_BY_TYPE,
	/* Level-triggered, by its type. */
	LEVEL_BY_TYPE,
	/* Level-triggered: described so, of a controller that has no types. */
	LEVEL_DESCRIBED,
	/* Each processor has one of its own. */
	PER_CPU_DEVID,
	PER_CPU,
	/* Its controller sleeps when it is asked for something. */
	SLOW_BUS,
	/* Its handlers are called by another's thread. */
	NESTED,
	/* Its handlers must not be threads, which they are on PREEMPT_RT. */
	NO_THREAD,
	KINDS
};

#define STORM	1000

static int first;
module_param(first, int, 0444);
MODULE_PARM_DESC(first, "out: the number of the first line");

static int delivered[KINDS];
module_param_array(delivered, int, NULL, 0444);
MODULE_PARM_DESC(delivered, "out: how many interrupts there were, by kind");

static int took[KINDS];
module_param_array(took, int, NULL, 0444);
MODULE_PARM_DESC(took, "out: how long the last interrupt took, in ns, by kind");

static struct line {
	struct irq_work work;
	bool raised;
	bool masked;
	/* How many interrupts this raising may still make. */
	int left;
} lines[KINDS];

static DEFINE_MUTEX(bus);

static bool is_edge(enum kind kind)
{
	return kind == EDGE_BY_FLOW || kind == EDGE_BY_TYPE;
}

static void signal(struct irq_work *work)
{
	struct line *line = container_of(work, struct line, work);
	enum kind kind = line - lines;
	u64 begin;

	if (!READ_ONCE(line->raised) || READ_ONCE(line->masked))
		return;
	if (is_edge(kind) || !--line->left)
		WRITE_ONCE(line->raised, false);
	WRITE_ONCE(delivered[kind], delivered[kind] + 1);
	begin = local_clock();
	generic_handle_irq(first + kind);
	WRITE_ONCE(took[kind], local_clock() - begin);
}

static void lines_mask(struct irq_data *data)
{
	WRITE_ONCE(lines[data->irq - first].masked, true);
}

static void lines_unmask(struct irq_data *data)
{
	struct line *line = &lines[data->irq - first];

	WRITE_ONCE(line->masked, false);
	if (READ_ONCE(line->raised))
		irq_work_queue(&line->work);
}

static void lines_ack(struct irq_data *data)
{
}

static int lines_set_type(struct irq_data *data, unsigned int type)
{
	return 0;
}

static void lines_bus_lock(struct irq_data *data)
{
	mutex_lock(&bus);
}

static void lines_bus_sync_unlock(struct irq_data *data)
{
	mutex_unlock(&bus);
}

static struct irq_chip plain_chip = {
	.name		= "test-plain",
	.irq_ack	= lines_ack,
	.irq_mask	= lines_mask,
	.irq_unmask	= lines_unmask,
};

static struct irq_chip typed_chip = {
	.name		= "test-typed",
	.irq_ack	= lines_ack,
	.irq_mask	= lines_mask,
	.irq_unmask	= lines_unmask,
	.irq_set_type	= lines_set_type,
};

static struct irq_chip slow_chip = {
	.name		= "test-slow",
	.irq_ack	= lines_ack,
	.irq_mask	= lines_mask,
	.irq_unmask	= lines_unmask,
	.irq_bus_lock	= lines_bus_lock,
	.irq_bus_sync_unlock = lines_bus_sync_unlock,
};

static int kind_of(const char *text, enum kind *kind)
{
	unsigned int number;
	int err = kstrtouint(text, 0, &number);

	if (err)
		return err;
	if (number >= KINDS)
		return -EINVAL;
	*kind = number;
	return 0;
}

/* An edge that the controller has masked is lost: it keeps none. */
static int raise(const char *text, const struct kernel_param *param)
{
	struct line *line;
	enum kind kind;
	int err = kind_of(text, &kind);

	if (err)
		return err;
	line = &lines[kind];
	if (is_edge(kind) && READ_ONCE(line->masked))
		return 0;
	line->left = STORM;
	WRITE_ONCE(line->raised, true);
	irq_work_queue(&line->work);
	irq_work_sync(&line->work);
	return 0;
}

static int lower(const char *text, const struct kernel_param *param)
{
	enum kind kind;
	int err = kind_of(text, &kind);

	if (err)
		return err;
	WRITE_ONCE(lines[kind].raised, false);
	irq_work_sync(&lines[kind].work);
	return 0;
}

static const struct kernel_param_ops raise_ops = { .set = raise };
static const struct kernel_param_ops lower_ops = { .set = lower };

module_param_cb(raise, &raise_ops, NULL, 0200);
MODULE_PARM_DESC(raise, "in: the kind whose line is to be raised");
module_param_cb(lower, &lower_ops, NULL, 0200);
MODULE_PARM_DESC(lower, "in: the kind whose line is to be released");

static int __init lines_init(void)
{
	static const unsigned int flags[KINDS] = {
		[PER_CPU_DEVID] = IRQ_PER_CPU_DEVID | IRQ_NOTHREAD,
		[PER_CPU] = IRQ_PER_CPU,
		[NESTED] = IRQ_NESTED_THREAD,
		[NO_THREAD] = IRQ_NOTHREAD,
	};
	enum kind kind;
	int err;

	err = irq_alloc_descs(-1, 1, KINDS, NUMA_NO_NODE);
	if (err < 0)
		return err;
	first = err;
	for (kind = 0; kind < KINDS; kind++) {
		unsigned int irq = first + kind;

		lines[kind].work = IRQ_WORK_INIT_HARD(signal);
		lines[kind].masked = true;
		irq_set_chip_and_handler(irq, &plain_chip, handle_level_irq);
		irq_modify_status(irq, IRQ_NOREQUEST, flags[kind]);
	}
	irq_set_chip_and_handler(first + EDGE_BY_FLOW, &plain_chip, handle_edge_irq);
	irq_set_chip_and_handler(first + EDGE_BY_TYPE, &typed_chip, handle_level_irq);
	irq_set_irq_type(first + EDGE_BY_TYPE, IRQ_TYPE_EDGE_RISING);
	irq_set_chip_and_handler(first + LEVEL_BY_TYPE, &typed_chip, handle_level_irq);
	irq_set_irq_type(first + LEVEL_BY_TYPE, IRQ_TYPE_LEVEL_HIGH);
	irqd_set_trigger_type(irq_get_irq_data(first + LEVEL_DESCRIBED), IRQ_TYPE_LEVEL_HIGH);
	irq_set_chip_and_handler(first + SLOW_BUS, &slow_chip, handle_level_irq);
	return 0;
}

static void __exit lines_exit(void)
{
	enum kind kind;

	for (kind = 0; kind < KINDS; kind++)
		irq_work_sync(&lines[kind].work);
	irq_free_descs(first, KINDS);
}

module_init(lines_init);
module_exit(lines_exit);
MODULE_DESCRIPTION("Interrupt lines of every kind, raised by software");
MODULE_AUTHOR("The iomem authors");
MODULE_LICENSE("GPL");
