/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is called in Rust when the library is loaded and unloaded: see
 * rust/iomem/resource/entry/removal.rs.
 */
#ifndef _IOMEM_MODULE_H
#define _IOMEM_MODULE_H

int iomem_library_init(void);
void iomem_library_exit(void);

#endif /* _IOMEM_MODULE_H */
