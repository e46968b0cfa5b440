/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is called when the library is loaded and unloaded: in Rust, see
 * rust/iomem/resource/entry/removal.rs and rust/iomem/devres/due.rs, and
 * rust/helpers/leftover.c and rust/helpers/unbinding.c.
 */
#ifndef _IOMEM_MODULE_H
#define _IOMEM_MODULE_H

int iomem_library_init(void);
void iomem_library_exit(void);

void iomem_devres_exit(void);

int iomem_leftovers_init(void);
void iomem_leftovers_exit(void);

int iomem_unbinding_init(void);
void iomem_unbinding_exit(void);

#endif /* _IOMEM_MODULE_H */
