// SPDX-License-Identifier: GPL-2.0-only
/*
 * The types of a BPF map (BTF), as they were loaded.
 *
 * struct btf is private to kernel/bpf/btf.c. So its beginning stands here once more (it is the same from 6.1 to 6.12), is
 * read without faulting, and believed only if all that it says of itself fits: a kernel with another layout is refused, and
 * never misread. The kernel takes types only if header, types and strings are all there is.
 */
#include <linux/btf.h>
#include <linux/uaccess.h>

#include "internal.h"
#include "res/inode/bpf_map.h"

#define LARGEST (16U << 20)	/* BTF_MAX_SIZE */

struct btf_head {
	const char *data;
	const struct btf_type **types;
	u32 *resolved_ids, *resolved_sizes;
	const char *strings;
	const char *nohdr_data;
	struct btf_header hdr;
	u32 nr_types, types_size, data_size;
};

#define peek(to, from) copy_from_kernel_nofault(to, from, sizeof(*(to)))

static bool fits(const struct btf *btf, const struct btf_head *b)
{
	const struct btf_header *h = &b->hdr;
	const u64 end = max((u64)h->type_off + h->type_len, (u64)h->str_off + h->str_len);
	struct btf_header first;

	return !peek(&first, (const struct btf_header *)b->data) && !memcmp(&first, h, sizeof(first)) &&
	       h->magic == BTF_MAGIC && h->hdr_len >= sizeof(*h) && b->data_size <= LARGEST &&
	       h->hdr_len + end == b->data_size && b->nohdr_data == b->data + h->hdr_len &&
	       b->strings == b->nohdr_data + h->str_off &&
	       btf_type_by_id(btf, 1) == (const void *)(b->nohdr_data + h->type_off);
}

int bpf_types_read(const struct btf *btf, struct text *out)
{
	struct btf_head b;

	if (peek(&b, (const struct btf_head *)btf) || !fits(btf, &b))
		return -EOPNOTSUPP;
	text_bytes(out, b.data, b.data_size);
	return out->failed ? -ENOMEM : 0;
}
