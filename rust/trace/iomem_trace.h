/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What can be traced of registers that are in the hands of programs.
 *
 * Each access by call is an event, as the device saw it; each mapping that was
 * made and that went, and each time that a device was taken back. What a program
 * does through a mapping, the kernel does not see. Of a name, an event has as much
 * as a file's name can have: the kernel warns of an event that is too large for perf.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM iomem

#if !defined(_IOMEM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _IOMEM_TRACE_H

#include <linux/limits.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(iomem_access,
	TP_PROTO(const char *window, u32 region, u64 offset, u32 width, u64 value),
	TP_ARGS(window, region, offset, width, value),
	TP_STRUCT__entry(
		__string_len(window, window, strnlen(window, NAME_MAX))
		__field(u64, offset)
		__field(u64, value)
		__field(u32, region)
		__field(u32, width)
	),
	TP_fast_assign(
		__assign_str(window);
		__entry->offset = offset;
		__entry->value = value;
		__entry->region = region;
		__entry->width = width;
	),
	TP_printk("window=%s region=%u offset=0x%llx width=%u value=0x%llx",
		  __get_str(window), __entry->region, __entry->offset,
		  __entry->width, __entry->value)
);

/* One read of @width bytes at @offset of the region, which gave @value. */
DEFINE_EVENT(iomem_access, iomem_read,
	TP_PROTO(const char *window, u32 region, u64 offset, u32 width, u64 value),
	TP_ARGS(window, region, offset, width, value)
);

/* One write of @value, of @width bytes, at @offset of the region, about to be made. */
DEFINE_EVENT(iomem_access, iomem_write,
	TP_PROTO(const char *window, u32 region, u64 offset, u32 width, u64 value),
	TP_ARGS(window, region, offset, width, value)
);

DECLARE_EVENT_CLASS(iomem_map,
	TP_PROTO(const char *window, u64 offset, u64 address, u64 length),
	TP_ARGS(window, offset, address, length),
	TP_STRUCT__entry(
		__string_len(window, window, strnlen(window, NAME_MAX))
		__field(u64, offset)
		__field(u64, address)
		__field(u64, length)
	),
	TP_fast_assign(
		__assign_str(window);
		__entry->offset = offset;
		__entry->address = address;
		__entry->length = length;
	),
	TP_printk("window=%s offset=0x%llx address=0x%llx length=0x%llx",
		  __get_str(window), __entry->offset, __entry->address, __entry->length)
);

/*
 * There is a mapping more, of @length bytes from @offset of the file on, at the
 * @address of a program: by mmap() or fork(), or because another one was split.
 */
DEFINE_EVENT(iomem_map, iomem_mmap,
	TP_PROTO(const char *window, u64 offset, u64 address, u64 length),
	TP_ARGS(window, offset, address, length)
);

/* There is one less. */
DEFINE_EVENT(iomem_map, iomem_munmap,
	TP_PROTO(const char *window, u64 offset, u64 address, u64 length),
	TP_ARGS(window, offset, address, length)
);

/* The device was taken back from @files open files and @mappings mappings. */
TRACE_EVENT(iomem_revoke,
	TP_PROTO(const char *window, u64 files, u64 mappings),
	TP_ARGS(window, files, mappings),
	TP_STRUCT__entry(
		__string_len(window, window, strnlen(window, NAME_MAX))
		__field(u64, files)
		__field(u64, mappings)
	),
	TP_fast_assign(
		__assign_str(window);
		__entry->files = files;
		__entry->mappings = mappings;
	),
	TP_printk("window=%s files=%llu mappings=%llu",
		  __get_str(window), __entry->files, __entry->mappings)
);

#endif /* _IOMEM_TRACE_H */

/* The kernel's header reads this one again, and finds it by Kbuild's -I. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE iomem_trace
#include <trace/define_trace.h>
