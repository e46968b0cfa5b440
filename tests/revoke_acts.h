/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs do while a window is taken back: see tests/revoke.c. Each act gets its program into
 * a position, says so, and lets it go on when it is released.
 */
#ifndef _IOMEM_REVOKE_ACTS_H
#define _IOMEM_REVOKE_ACTS_H

#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "revoke_memory.h"

#define CORE_PATTERN	"/proc/sys/kernel/core_pattern"

/* --- Stopped ---------------------------------------------------------------------------- */

static void stopped(struct actor *a)
{
	pid_t child = victim(a, live);
	int status;

	kill(child, SIGSTOP);
	MUST(a, waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
	atomic_store(&a->ready, true);
	wait_for(&a->release);
	kill(child, SIGCONT);
	reap(a, child, 0);
}

static void frozen(struct actor *a)
{
	pid_t child = victim(a, live);

	into_group(a, child);
	MUST(a, !tell(group_file(a, "cgroup.freeze"), "1"));
	MUST(a, soon(group_says(a, "cgroup.events", "frozen 1")));
	atomic_store(&a->ready, true);
	wait_for(&a->release);
	MUST(a, !tell(group_file(a, "cgroup.freeze"), "0"));
	reap(a, child, 0);
	leave_group(a);
}

/* --- Traced ---------------------------------------------------------------------------- */

/* Where it is to be stopped: at no call in particular, or as it enters or leaves an ioctl(). */
static void traced_at(struct actor *a, uint8_t where)
{
	struct __ptrace_syscall_info info = {};
	pid_t child = victim(a, live);
	bool in_ioctl = false;
	int status;

	MUST(a, !ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACESYSGOOD));
	MUST(a, !ptrace(PTRACE_INTERRUPT, child, 0, 0));
	MUST(a, waitpid(child, &status, 0) == child && WIFSTOPPED(status));
	while (where && !(in_ioctl && info.op == where)) {
		MUST(a, !ptrace(PTRACE_SYSCALL, child, 0, 0));
		MUST(a, waitpid(child, &status, 0) == child && WIFSTOPPED(status));
		MUST(a, ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) > 0);
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
			in_ioctl = info.entry.nr == SYS_ioctl;
	}
	atomic_store(&a->ready, true);
	wait_for(&a->release);
	MUST(a, !ptrace(PTRACE_DETACH, child, 0, 0));
	reap(a, child, 0);
}

static void traced(struct actor *a)
{
	traced_at(a, 0);
}

static void traced_entering(struct actor *a)
{
	traced_at(a, PTRACE_SYSCALL_INFO_ENTRY);
}

static void traced_leaving(struct actor *a)
{
	traced_at(a, PTRACE_SYSCALL_INFO_EXIT);
}

static void touch_forbidden(struct actor *a)
{
	char *page = mmap(NULL, getpagesize(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	while (!atomic_load(&a->ready))
		look(page);
	live(a);
}

/* Stopped before it is given the signal for what it has touched. */
static void traced_faulting(struct actor *a)
{
	pid_t child = victim(a, touch_forbidden);
	int status;

	MUST(a, !ptrace(PTRACE_SEIZE, child, 0, 0));
	MUST(a, waitpid(child, &status, 0) == child && WIFSTOPPED(status));
	MUST(a, WSTOPSIG(status) == SIGSEGV);
	atomic_store(&a->ready, true);
	wait_for(&a->release);
	MUST(a, !ptrace(PTRACE_DETACH, child, 0, 0));
	reap(a, child, 0);
}

/* --- At its end, or on the way to another program -------------------------------------- */

/* More than a pipe takes, so that the dump waits for its reader. */
static void crash(struct actor *a)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	char *memory = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);

	MUST(a, memory != MAP_FAILED);
	memset(memory, 1, 4 << 20);
	MUST(a, !setrlimit(RLIMIT_CORE, &all));
	MUST(a, !tell("/proc/self/coredump_filter", "0x1ff"));
	abort();
}

static bool is_dumping(pid_t child)
{
	char path[64], *text;
	bool is;

	snprintf(path, sizeof(path), "/proc/%d/status", child);
	text = proc_text(path);
	is = number_behind(text, "CoreDumping:\t") == 1;
	free(text);
	return is;
}

static bool is_in(pid_t pid, const char *file, const void *text, size_t length)
{
	char path[64], found[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, found, sizeof(found) - 1) < 0)
		found[0] = 0;
	close(fd);
	return !memcmp(found, text, length);
}

/*
 * What should read the dump, and does not: a sleep(1), that is found by how long it sleeps. Its
 * name comes first: to read the arguments of a program takes the lock of its memory.
 */
static pid_t reader_of(pid_t child)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char wanted[64];
	pid_t found = 0;
	int length;

	length = snprintf(wanted, sizeof(wanted), "/bin/sleep%c1000%d", 0, child);
	while (proc && !found && (entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		if (is_in(pid, "comm", "sleep\n", 6) && is_in(pid, "cmdline", wanted, length + 1))
			found = pid;
	}
	if (proc)
		closedir(proc);
	return found;
}

static void dumping_core(struct actor *a)
{
	int status, reader = 0;
	pid_t child;

	MUST(a, !tell(CORE_PATTERN, "|/bin/sleep 1000%p"));
	child = victim(a, crash);
	MUST(a, soon(is_dumping(child) && (reader = reader_of(child))));
	/* The pipe is full by then. */
	usleep(100000);
	atomic_store(&a->ready, true);
	wait_for(&a->release);
	kill(reader, SIGKILL);
	MUST(a, waitpid(child, &status, 0) == child);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
		wrong(a, "it ended with %#x", status);
}

static int in_its_memory(void *arg)
{
	struct actor *a = arg;

	atomic_store(&a->ready, true);
	touch_on(a);
	wait_for(&a->release);
	return 0;
}

static void in_vfork(struct actor *a)
{
	size_t room = 64 << 10;
	char *stack = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	MUST(a, stack != MAP_FAILED);
	take(a);
	child = clone(in_its_memory, stack + room, CLONE_VM | CLONE_VFORK | SIGCHLD, a);
	MUST(a, child > 0);
	reap(a, child, 0);
	all_is_gone(a);
}

/* Of a program whose first bytes do not come, and in the end are none that can be run. */
static void in_exec(struct actor *a)
{
	pthread_t toucher;

	take(a);
	toucher = thread(a, touch_on, a);
	execl(a->file, a->file, NULL);
	if (errno != ENOEXEC)
		wrong(a, "execl(): %s", strerror(errno));
	wait_for(&a->release);
	pthread_join(toucher, NULL);
	all_is_gone(a);
}

static void fork_on(struct actor *a)
{
	pid_t child;

	while (!atomic_load(&a->release)) {
		child = fork();
		MUST(a, child >= 0);
		if (!child) {
			bool gone = atomic_load(&a->gone);
			void *at = mmap(NULL, a->length, PROT_READ, MAP_SHARED, a->fd, a->offset);

			touch_once(a);
			if (at != MAP_FAILED && gone)
				wrong(a, "a child's mmap() was possible after the removal");
			if (at != MAP_FAILED && !look(at) && gone)
				wrong(a, "a child's mapping was read after the removal");
			_exit(0);
		}
		reap(a, child, 0);
	}
	all_is_gone(a);
}

static void forking(struct actor *a)
{
	pid_t child = victim(a, fork_on);

	atomic_store(&a->ready, true);
	reap(a, child, 0);
}

/* --- Elsewhere than in a program -------------------------------------------------------- */

union rights {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr head;
};

/* The file is open nowhere but in a message that is under way. */
static void in_flight(struct actor *a)
{
	union rights rights = {};
	struct iovec io = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &io, .msg_iovlen = 1,
		.msg_control = rights.room, .msg_controllen = sizeof(rights.room),
	};
	char byte;
	int ends[2];

	take(a);
	close(a->fd);
	a->fd = open(a->node, O_RDWR | O_CLOEXEC);
	MUST(a, a->fd >= 0);
	MUST(a, !socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	rights.head.cmsg_level = SOL_SOCKET;
	rights.head.cmsg_type = SCM_RIGHTS;
	rights.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&rights.head), &a->fd, sizeof(int));
	MUST(a, sendmsg(ends[0], &message, 0) == 1);
	close(a->fd);
	atomic_store(&a->ready, true);
	touch_on(a);
	wait_for(&a->release);

	io.iov_base = &byte;
	MUST(a, recvmsg(ends[1], &message, 0) == 1);
	memcpy(&a->fd, CMSG_DATA(&rights.head), sizeof(int));
	all_is_gone(a);
}

/* --- Without a processor ---------------------------------------------------------------- */

/* Maps and fills with the least claim to a processor, beside others that take all there are. */
static void starve(struct actor *a)
{
	struct sched_param none = {};

	MUST(a, !sched_setscheduler(0, SCHED_IDLE, &none));
	while (!atomic_load(&a->release)) {
		bool gone = atomic_load(&a->gone);
		char *at = mmap(NULL, a->length, PROT_READ, MAP_SHARED, a->fd, a->offset);

		if (at == MAP_FAILED)
			break;
		if (!look(at + a->length / 2) && gone)
			wrong(a, "a new mapping was read after the removal");
		munmap(at, a->length);
	}
	wait_for(&a->release);
	all_is_gone(a);
}

static void starved(struct actor *a)
{
	pid_t child = victim(a, starve), hog[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(hog); i++) {
		hog[i] = fork();
		MUST(a, hog[i] >= 0);
		if (!hog[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			while (1)
				;
		}
	}
	usleep(100000);
	atomic_store(&a->ready, true);
	wait_for(&a->release);
	for (i = 0; i < ARRAY_SIZE(hog); i++) {
		kill(hog[i], SIGKILL);
		reap(a, hog[i], SIGKILL);
	}
	reap(a, child, 0);
}

static const struct act acts[] = {
	{ .name = "user_pread", .run = user_pread, .visible = true },
	{ .name = "user_pwrite", .run = user_pwrite, .visible = true },
	{ .name = "user_info", .run = user_info, .visible = true },
	{ .name = "user_batch", .run = user_batch, .visible = true },
	{ .name = "user_operations", .run = user_operations, .visible = true },
	{ .name = "user_dump", .run = user_dump, .visible = true },
	{ .name = "fuse_pread", .run = fuse_pread, .fuse = true },
	{ .name = "fuse_pwrite", .run = fuse_pwrite, .fuse = true },
	{ .name = "fuse_info", .run = fuse_info, .fuse = true },
	{ .name = "fuse_batch", .run = fuse_batch, .fuse = true },
	{ .name = "fuse_operations", .run = fuse_operations, .fuse = true },
	{ .name = "fuse_dump", .run = fuse_dump, .fuse = true },
	{ .name = "locked", .run = locked, .fuse = true },
	{ .name = "stopped", .run = stopped, .visible = true },
	{ .name = "frozen", .run = frozen, .visible = true },
	{ .name = "throttled", .run = throttled },
	{ .name = "out_of_memory", .run = out_of_memory },
	{ .name = "traced", .run = traced, .visible = true },
	{ .name = "traced_entering", .run = traced_entering, .visible = true },
	{ .name = "traced_leaving", .run = traced_leaving, .visible = true },
	{ .name = "traced_faulting", .run = traced_faulting, .visible = true },
	{ .name = "dumping_core", .run = dumping_core, .visible = true },
	{ .name = "in_vfork", .run = in_vfork, .visible = true },
	{ .name = "in_exec", .run = in_exec, .fuse = true },
	{ .name = "forking", .run = forking },
	{ .name = "in_flight", .run = in_flight, .visible = true },
	{ .name = "starved", .run = starved },
};

#endif /* _IOMEM_REVOKE_ACTS_H */
