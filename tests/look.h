/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading a register that may be gone.
 */
#ifndef _IOMEM_LOOK_H
#define _IOMEM_LOOK_H

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

static sigjmp_buf jump;

static void on_fault(int sig)
{
	siglongjmp(jump, sig);
}

/* For look(), to which the signals of what cannot be reached come back; 0 if that could be done. */
static inline int catch_faults(void)
{
	struct sigaction act = { .sa_handler = on_fault };

	return sigaction(SIGBUS, &act, NULL) ?: sigaction(SIGSEGV, &act, NULL);
}

/* Reads a register: 0 and its value, or the signal that it got. */
static inline int look(const volatile uint32_t *reg, uint32_t *value)
{
	int sig = sigsetjmp(jump, 1);

	if (!sig)
		*value = *reg;
	return sig;
}

#endif /* _IOMEM_LOOK_H */
