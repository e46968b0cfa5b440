// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation on each path fails once: of loading and unloading, of making
 * windows and taking them away, of whatever a program does with one; and so does
 * each access to the program's memory. Each call either does all the same what it
 * was asked for, or fails with an errno that says why; and then nothing is left of
 * it, and trying again is as if it had not been.
 *
 *	IOMEM_LIBRARY_KO	the module iomem.ko, loaded
 *	IOMEM_KO	the module iomem_dev.ko, not loaded
 *	IOMEM_RANGE	START-LAST of QEMU's ivshmem-plain device
 *	IOMEM_LARGE	the same of a large one
 *	IOMEM_IRQ	the number of an interrupt line that is free
 *	IOMEM_FAULTS_SHOWN	set: the kernel's log says of each where it was, and what came of it
 *
 * A variant says how many failed in a line '# faults: N failed in VARIANT, N borne', all of them in
 * '# faults: N failed in all'.
 */

#include "faults_variants.h"

/* By which the kernel tells those who want to know that a module comes or goes: see `notified`. */
#define NOTIFIERS	"notifier_call_chain"

/* More than any path has, by far. */
#define MOST	20000

/* Of all variants, each of which is a process. */
static int *all_failed;

static bool says_why(long err, int *said, const struct excuse *also)
{
	size_t i;

	for (i = 0; i < EXCUSES; i++)
		if (err == -also[i].err)
			return ++said[i] <= also[i].most;
	return err == -ENOMEM || err == -EFAULT;
}

static void show(const char *name, int n, long ret)
{
	char text[128];

	snprintf(text, sizeof(text), "<6>iomem faults: %s %d: %ld", name, n, ret);
	tell("/dev/kmsg", text);
}

/* What a variant has nothing to do for is not there. */
static long call(act_t act)
{
	return act ? act() : 0;
}

/*
 * What is lost once may still be found in some corner, and the leak detector then says nothing;
 * what is lost ten times is not in all of them.
 */
static void again(int file, int n, int times, act_t act, act_t undo)
{
	while (times--) {
		long ret;

		faults_arm(file, n);
		ret = call(act);
		faults_disarm(file);
		if (ret >= 0)
			call(undo);
	}
}

/* What a variant begins with; what went wrong, or NULL. */
static const char *begin(const struct _fixture_variant_faults *variant)
{
	bool excepted;

	if (variant->without_library && unload_library())
		return "the library cannot be unloaded";
	if (call(variant->before))
		return "there is nothing to try it with";
	if (!(variant->only_modules ? faults_only_modules() : faults_anybody()))
		return "the kernel cannot be told whose allocations fail";
	/* What the leak detector has for itself is no part of it. */
	excepted = faults_except(variant->notified ? NOTIFIERS : "__alloc_object");
	if (!excepted && variant->notified)
		return "the kernel cannot be told whose allocations do not fail";
	if (getenv("IOMEM_FAULTS_SHOWN"))
		faults_set(NULL, "verbose", 2);
	return NULL;
}

/* As it was before, for the next one. */
static long end(const struct _fixture_variant_faults *variant)
{
	long err = call(variant->after);

	return variant->without_library ? load_library() ?: err : err;
}

FIXTURE_SETUP(faults)
{
	const char *wrong = begin(variant);

	self->file = wrong ? -1 : faults_open();
	if (self->file < 0)
		end(variant);
	ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	ASSERT_LE(0, self->file);
}

FIXTURE_TEARDOWN(faults)
{
	close(self->file);
	EXPECT_EQ(0, end(variant));
}

TEST_F_TIMEOUT(faults, each_allocation_fails_once, 1800)
{
	int n, refused = 0, borne = 0, not_reached = 0, said[EXCUSES] = { 0 };
	char *before, *now;
	bool failed;
	size_t i;
	long ret;

	/* Once without, so that what is kept for later is there; that is not what fails. */
	ASSERT_LE(0, call(variant->act));
	ASSERT_EQ(0, call(variant->undo));
	before = world(node);
	ASSERT_NE(NULL, before);

	/* How many there are can differ by a page now and then. */
	for (n = 1; not_reached < 3 && n < MOST; n++) {
		ASSERT_TRUE(faults_arm(self->file, n));
		ret = call(variant->act);
		failed = faults_disarm(self->file);
		if (getenv("IOMEM_FAULTS_SHOWN"))
			show(variant->name, n, ret);
		not_reached = failed ? 0 : not_reached + 1;
		if (ret < 0) {
			refused++;
			EXPECT_TRUE(says_why(ret, said, variant->also)) {
				TH_LOG("number %d: errno %ld, see the kernel's log", n, -ret);
				faults_set(NULL, "verbose", 2);
				again(self->file, n, 1, variant->act, variant->undo);
				faults_set(NULL, "verbose", 0);
			}
			EXPECT_TRUE(failed) TH_LOG("number %d: nothing was made to fail", n);
			again(self->file, n, variant->again, variant->act, variant->undo);
		} else {
			borne += failed;
			ret = call(variant->undo);
			EXPECT_LE(0, ret) {
				TH_LOG("number %d: undoing it: errno %ld", n, -ret);
			}
		}
		now = world(node);
		EXPECT_EQ(0, strcmp(before, now)) {
			size_t at = same_lines(before, now);

			TH_LOG("number %d left something: where there was", n);
			TH_LOG("%.*s there is", (int)strcspn(before + at, "\n"), before + at);
			TH_LOG("%.*s", (int)strcspn(now + at, "\n"), now + at);
		}
		free(now);
		if (_metadata->exit_code != KSFT_PASS)
			break;
	}
	free(before);
	EXPECT_LT(n, MOST);
	EXPECT_LE(variant->least, refused);
	printf("# faults: %d failed in %s, %d borne\n", refused + borne, variant->name, borne);
	for (i = 0; i < ARRAY_SIZE(said); i++)
		if (said[i])
			TH_LOG("%s was said %d times", strerror(variant->also[i].err), said[i]);
	*all_failed += refused + borne;
	/* And all is well after. */
	EXPECT_LE(0, call(variant->act));
	EXPECT_LE(0, call(variant->undo));
}

/* Why nothing can be tried here; NULL if it can. */
static const char *why_not(void)
{
	const char *why = why_not_load(&ko, &start, &last);
	struct faults_symbols notifiers;

	if (!faults_prepare())
		return "nothing can be made to fail in this kernel: make test KERNEL=debug";
	/* One compiler has it in a function of its own, another in each of its callers. */
	if (!faults_symbols(NOTIFIERS, &notifiers))
		return "this kernel cannot be told what is not to fail: make test KERNEL=debug";
	if (why)
		return why;
	if (!getenv("IOMEM_LIBRARY_KO") || atoi(env_or("IOMEM_IRQ", "0")) <= 0 ||
	    sscanf(env_or("IOMEM_LARGE", ""), "%" SCNx64 "-%" SCNx64, &large_start,
		   &large_last) != 2)
		return "IOMEM_LIBRARY_KO, IOMEM_LARGE or IOMEM_IRQ is not set: see tests/faults.c";
	return NULL;
}

/* Has other devices than before for a driver, where it was `from`, of those in a folder. */
static void override(const char *folder, const char *from, const char *to)
{
	DIR *devices = opendir(folder);
	struct dirent *entry;

	while (devices && (entry = readdir(devices))) {
		char path[sizeof(DEVICES) + NAME_MAX + 32], *now;

		snprintf(path, sizeof(path), DEVICES "%s/driver_override", entry->d_name);
		now = proc_text(path);
		if (now && !strcmp(now, from))
			tell(path, to);
		free(now);
	}
	if (devices)
		closedir(devices);
}

static pid_t first;

static void at_the_end(void)
{
	/* Each variant is a process, and so are its parts. */
	if (getpid() != first)
		return;
	override(DEVICES, "faults\n", "\n");
	tell("/sys/kernel/rcu_expedited", "0");
	printf("# faults: %d failed in all\n", *all_failed);
}

int main(int argc, char **argv)
{
	const char *why = why_not();

	if (why) {
		/* Once, not once for each variant. */
		ksft_print_header();
		ksft_set_plan(1);
		printf("ok 1 faults # SKIP %s\n", why);
		return KSFT_SKIP;
	}
	first = getpid();
	all_failed = mmap(NULL, sizeof(*all_failed), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all_failed == MAP_FAILED || atexit(at_the_end))
		ksft_exit_fail_msg("no memory\n");
	/*
	 * It is all about time: unloading waits for RCU, and loading binds what firmware describes,
	 * each of which has all that there is in a window made by hand.
	 */
	tell("/sys/kernel/rcu_expedited", "1");
	if (load_driver_alone())
		ksft_exit_fail_msg("%s cannot be loaded\n", ko);
	override(DRIVER, "(null)\n", "faults");
	if (unload_driver())
		ksft_exit_fail_msg("%s cannot be unloaded\n", ko);
	return test_harness_run(argc, argv);
}
