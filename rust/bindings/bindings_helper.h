/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindgen reads: the interface to programs. The C helpers are read from
 * ../helpers/helpers.c; everything else is in the kernel's own bindings.
 */

#include "../uapi/iomem.h"
