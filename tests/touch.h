/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Touching what may be gone: registers, and the mappings of them.
 */
#ifndef _IOMEM_TOUCH_H
#define _IOMEM_TOUCH_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

static __thread sigjmp_buf jump;

static inline void on_fault(int sig)
{
	siglongjmp(jump, sig);
}

/* Signals of what cannot be reached come back to what touched it; 0 if that could be done. */
static inline int catch_faults(void)
{
	struct sigaction act = { .sa_handler = on_fault };

	return sigaction(SIGBUS, &act, NULL) ?: sigaction(SIGSEGV, &act, NULL);
}

/* Reads from, or writes to, an address; 0, or the signal that came of it. */
static inline int touch(volatile void *at, uint64_t *value, bool write)
{
	int sig = sigsetjmp(jump, 1);

	if (sig)
		return sig;
	if (write)
		*(volatile uint64_t *)at = *value;
	else
		*value = *(volatile uint64_t *)at;
	return 0;
}

/* Reads an address: 0, or the signal that came of it. */
static inline int look(volatile void *address)
{
	uint64_t value;

	return touch(address, &value, false);
}

/* Reads a register of 32 bits: 0 and its value, or the signal that it got. */
static inline int look32(const volatile uint32_t *reg, uint32_t *value)
{
	int sig = sigsetjmp(jump, 1);

	if (!sig)
		*value = *reg;
	return sig;
}

#endif /* _IOMEM_TOUCH_H */
