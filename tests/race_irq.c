// SPDX-License-Identifier: GPL-2.0
/*
 * A device that is unbound and bound, over and over, while programs wait for its
 * interrupts in every way there is, and raise them: see race_irq.h for what must hold.
 *
 * Of QEMU's edu, as in interrupts.c; IOMEM_SEED and IOMEM_ROUNDS as in race.c.
 */

#include "race_irq.h"

/* As many as take some seconds. */
#define ROUNDS		200

/* --- The programs ----------------------------------------------------------------------- */

static void on_signal(int sig)
{
}

/* A wait that is under way is interrupted, or begins again. */
static void act_signal(struct worker *w)
{
	struct sigaction act = {
		.sa_handler = on_signal, .sa_flags = below(w, 2) ? SA_RESTART : 0,
	};
	pid_t other = w->irqs->worker[below(w, WORKERS)].pid;

	sigaction(SIGUSR1, &act, NULL);
	if (other && kill(other, SIGUSR1))
		found(w->s, "failed", SIGNAL, w->round, errno);
	atomic_fetch_add(&w->s->done[SIGNAL], 1);
}

/* A child has the same files, which are closed when both have done so. */
static void act_fork(struct worker *w)
{
	struct file *f = &w->file[below(w, FILES)];
	uint32_t times = 1 + below(w, 8), how = below(w, 3);

	w->child = fork();
	if (w->child) {
		if (w->child > 0)
			atomic_fetch_add(&w->s->done[FORK], 1);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (f->fd >= 0 && times-- && !is_dead(w->s, w->round)) {
		if (how == 0)
			act_wait(w, f, atomic_load(&w->irqs->told), IOMEM_WAIT_FOREVER, SLEEP);
		else if (how == 1)
			act_wait(w, f, atomic_load(&w->irqs->told), 3 * MILLISECOND, WAIT_UNMASK);
		else
			act_poll(w, f, 3, POLL);
	}
	_exit(0);
}

static void reap(struct worker *w)
{
	int status = 0;
	pid_t child;

	if (w->child <= 0)
		return;
	do {
		child = waitpid(w->child, &status, 0);
	} while (child < 0 && errno == EINTR);
	if (child != w->child || status)
		found(w->s, "ended badly", FORK, w->round, status);
	w->child = 0;
}

/* One thing, chosen at random; those that sleep are chosen seldom, or none would be raised. */
static void act_once(struct worker *w)
{
	static const int acts[] = {
		OPEN, RAISE, RAISE, RAISE, TOUCH, TOUCH, ACKNOWLEDGE, ACKNOWLEDGE, UNMASK, UNMASK,
		MASK, INFO, WAIT, WAIT, WAIT_UNMASK, SLEEP, POLL, POLL, POLL_SLEEP, EVENTFD,
		EVENT_SLEEP, EVENT_SLEEP, KEPT, ATTRIBUTE, FDINFO,
	};
	static const uint64_t limits[] = { 0, 1, 20000, MILLISECOND, 2 * MILLISECOND };
	int act = acts[below(w, ARRAY_SIZE(acts))];
	struct file *f = &w->file[below(w, FILES)];
	uint64_t after = below(w, 8) ? atomic_load(&w->irqs->told) : below(w, 4), count;

	switch (below(w, 128)) {
	case 0:
		if (!w->child)
			act_fork(w);
		return;
	case 1 ... 3:
		act_signal(w);
		return;
	case 4:
		act_unload(w->s, UNLOAD, below(w, 4) ? "iomem_dev" : "iomem");
		return;
	}
	if (act != OPEN && f->fd < 0)
		return;
	switch (act) {
	case OPEN:
		if (f->fd >= 0)
			close(f->fd);
		act_open(w, f, false);
		return;
	case TOUCH:
		if (w->registers)
			act_raise(w, &w->mine, act);
		return;
	case RAISE:
		act_raise(w, f, act);
		return;
	case ACKNOWLEDGE:
		act_acknowledge(w, f);
		return;
	case UNMASK:
		act_unmask(w, f);
		return;
	case MASK:
		act_mask(w, f);
		return;
	case INFO:
		act_info(w, f, &count);
		return;
	case WAIT:
	case WAIT_UNMASK:
		act_wait(w, f, after, limits[below(w, ARRAY_SIZE(limits))], act);
		return;
	case SLEEP:
		act_sleep(w, f);
		return;
	case POLL:
		act_poll(w, f, below(w, 3), act);
		return;
	case POLL_SLEEP:
		if (w->mine.fd >= 0)
			act_poll_sleep(w);
		return;
	case EVENTFD:
		act_eventfd(w, f);
		return;
	case KEPT:
		act_replace(w);
		return;
	case EVENT_SLEEP:
		act_event_sleep(w);
		return;
	case ATTRIBUTE:
		act_attribute(w);
		return;
	default:
		act_fdinfo(w, f);
	}
}

/* All that it has, when the device has gone. */
static void all_is_dead(struct worker *w)
{
	uint64_t count;
	uint32_t i;

	judge_kept(w);
	for (i = 0; i < FILES; i++) {
		struct file *f = &w->file[i];

		if (f->fd < 0)
			continue;
		if (!is_gone(f->fd))
			found(w->s, "is not gone", INFO, f->of, 0);
		act_info(w, f, &count);
		act_raise(w, f, RAISE);
		act_acknowledge(w, f);
		act_unmask(w, f);
		act_mask(w, f);
		act_wait(w, f, 0, 0, WAIT);
		act_wait(w, f, 0, 0, WAIT_UNMASK);
		act_sleep(w, f);
		act_poll(w, f, 0, POLL);
		act_eventfd(w, f);
		act_fdinfo(w, f);
	}
	act_attribute(w);
	if (w->registers)
		act_raise(w, &w->mine, TOUCH);
	if (w->mine.fd >= 0) {
		keep_eventfd(w);
		act_poll(w, &w->mine, -1, POLL_SLEEP);
	}
}

/* Its own file, mapped, whose interrupts are counted. */
static void begin(struct worker *w)
{
	char *at;

	if (w->registers)
		munmap(w->registers, PAGE);
	w->registers = NULL;
	if (w->mine.fd >= 0)
		close(w->mine.fd);
	w->kept = false;
	if (!act_open(w, &w->mine, true))
		return;
	keep_eventfd(w);
	at = mmap(NULL, PAGE, RW, MAP_SHARED, w->mine.fd, 0);
	if (at != MAP_FAILED)
		w->registers = at;
	else if (errno != ENODEV)
		found(w->s, "could not be mapped", OPEN, w->round, errno);
}

static int work(struct irqs *irqs, uint32_t number)
{
	struct worker worker = {
		.irqs = irqs, .s = &irqs->s, .number = number,
		.file = { { .fd = -1 }, { .fd = -1 } },
		.mine.fd = -1, .event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
		.other_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
	}, *w = &worker;
	uint32_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGUSR1, on_signal);
	irqs->worker[number].pid = getpid();
	while ((w->round = next_round(w->s, w->round))) {
		w->random = w->s->seed ^ (uint64_t)number << 48 ^ (uint64_t)w->round << 16;
		begin(w);
		/* The others are of the last round still, at first. */
		do {
			act_once(w);
		} while (!is_dead(w->s, w->round) && !atomic_load(&w->s->stop));
		for (i = 0; i < FILES; i++)
			if (w->file[i].fd < 0)
				act_open(w, &w->file[i], false);
		if (is_dead(w->s, w->round))
			all_is_dead(w);
		reap(w);
		finish(w->s);
	}
	return 0;
}

/* --- The one who unbinds ---------------------------------------------------------------- */

/* Whether something is so within 5 seconds; asks often. */
#define SOON(condition) ({						\
	int i_;								\
									\
	for (i_ = 0; i_ < 50000 && !(condition); i_++)			\
		usleep(100);						\
	(condition);							\
})

/* No other program is at work between rounds. */
static void count_anew(struct irqs *irqs)
{
	atomic_store(&irqs->told, 0);
	atomic_store(&irqs->owed, 0);
	atomic_store(&irqs->raised, 0);
	atomic_store(&irqs->unmasked, 0);
}

/*
 * No interrupt is raised for a moment, or forgotten. Those that there were have been
 * counted, and when one comes now, each sleeper is up.
 */
static void be_quiet(struct __test_metadata *_metadata, struct irqs *irqs, int fd)
{
	uint64_t count, time[WORKERS];
	uint32_t i;

	atomic_store(&irqs->quiet, true);
	ASSERT_TRUE(SOON(!atomic_load(&irqs->busy)));
	EXPECT_TRUE(SOON(info_of(fd).count >= atomic_load(&irqs->owed))) {
		TH_LOG("round %u: %" PRIu64 " interrupts, and not %" PRIu64, irqs->s.live,
		       (uint64_t)info_of(fd).count, irqs->owed);
	}
	acknowledge(fd);
	atomic_fetch_add(&irqs->unmasked, 1);
	ASSERT_EQ(0, unmask(fd));

	count = info_of(fd).count;
	atomic_fetch_add(&irqs->raised, 1);
	raise_irq(fd);
	ASSERT_EQ(0, wait_irq(fd, &count, 5 * SECOND, 0)) {
		TH_LOG("round %u: no interrupt after %" PRIu64, irqs->s.live, count);
	}
	for (i = 0; i < WORKERS; i++) {
		time[i] = atomic_load(&irqs->worker[i].time);
		if (time[i] && atomic_load(&irqs->worker[i].seen) < count)
			EXPECT_TRUE(SOON(atomic_load(&irqs->worker[i].time) != time[i])) {
				TH_LOG("round %u: program %u sleeps on", irqs->s.live, i);
			}
	}
	acknowledge(fd);
	atomic_fetch_add(&irqs->s.done[QUIET], 1);
	atomic_store(&irqs->quiet, false);
}

TEST_F_TIMEOUT(irq, come_while_it_goes, 7200)
{
	uint32_t rounds = chosen_rounds(ROUNDS), round, i;
	struct sigaction act = { .sa_handler = on_fault };
	struct irqs *irqs = mmap(NULL, sizeof(*irqs), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int event = eventfd(0, EFD_NONBLOCK), status;
	struct shared *s = &irqs->s;
	uint64_t random;
	double start;

	ASSERT_NE(MAP_FAILED, irqs);
	ASSERT_LE(0, event);
	ASSERT_EQ(0, sigaction(SIGBUS, &act, NULL));
	irqs->level = variant->level;
	s->seed = chosen_seed();
	random = s->seed;
	TH_LOG("seed %#" PRIx64, s->seed);
	EXPECT_EQ(0, hurry());
	close(self->fd);
	self->fd = -1;
	for (i = 0; i < WORKERS; i++) {
		self->program[i] = fork();
		ASSERT_LE(0, self->program[i]);
		if (!self->program[i])
			_exit(work(irqs, i));
	}

	start = now();
	for (round = 1; round <= rounds && !atomic_load(&s->findings); round++) {
		if (round > 1)
			ASSERT_EQ(0, bind_again(DEVICE));
		ASSERT_TRUE(node_of(DEVICE, s->node, sizeof(s->node)));
		self->fd = open(s->node, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, self->fd);
		ASSERT_EQ(0, give_eventfd(self->fd, event));
		ASSERT_TRUE(is_listed(s->node));
		count_anew(irqs);
		let_loose(s, round);
		dawdle(&random, round % 4 == 0);
		if (round % 4 == 0)
			be_quiet(_metadata, irqs, self->fd);

		atomic_store(&s->leaving, round);
		ASSERT_EQ(0, take_away(DEVICE));
		atomic_store(&s->dead, round);

		ASSERT_FALSE(is_listed(s->node));
		ASSERT_FALSE(node_of(DEVICE, s->node, sizeof(s->node)));
		ASSERT_TRUE(is_gone(self->fd));
		ASSERT_LE(1, counted(event));
		ASSERT_TRUE(all_finished(s, WORKERS)) {
			TH_LOG("round %u: %u of %u programs came to its end", round, s->finished,
			       WORKERS);
		}
		close(self->fd);
		self->fd = -1;
	}
	sum_up(_metadata, s, round - 1, now() - start);
	EXPECT_EQ(0, s->findings);

	atomic_store(&s->stop, true);
	futex(&s->live, FUTEX_WAKE, INT_MAX);
	for (i = 0; i < WORKERS; i++) {
		ASSERT_EQ(self->program[i], waitpid(self->program[i], &status, 0));
		self->program[i] = 0;
		EXPECT_EQ(0, status);
	}
	if (enough_rounds(ROUNDS))
		each_was_both(_metadata, s,
			      1ULL << FORK | 1ULL << SIGNAL | 1ULL << UNLOAD | 1ULL << QUIET);
	EXPECT_EQ(0, users("iomem_dev"));
	ASSERT_EQ(0, bind_again(DEVICE));
	close(event);
	munmap(irqs, sizeof(*irqs));
}

TEST_HARNESS_MAIN
