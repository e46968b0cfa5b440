/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _IOMEM_HELPER_H
#define _IOMEM_HELPER_H

/*
 * No header declares the helpers: Rust is their only caller, and bindgen reads
 * their definitions. The prototype, repeated here, is for the C compiler.
 */
#define IOMEM_HELPER(type, name, ...) \
	type iomem_helper_##name(__VA_ARGS__); \
	type iomem_helper_##name(__VA_ARGS__)

#endif /* _IOMEM_HELPER_H */
