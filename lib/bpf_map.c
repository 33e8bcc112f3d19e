// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What kinds of BPF maps there are, and how large their entries are in a tree. */
#ifdef __KERNEL__
#include <uapi/linux/bpf.h>
#else
#include <linux/bpf.h>
#endif
#include <crfs/bpf_map.h>

bool crfs_bpf_map_known(__u32 kind)
{
	const struct crfs_name *n = crfs_bpf_map_kinds;

	while (n->name && n->value != kind)
		n++;
	return n->name;
}

bool crfs_bpf_map_percpu(__u32 kind)
{
	return kind == BPF_MAP_TYPE_PERCPU_HASH || kind == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       kind == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

__u32 crfs_bpf_map_keys(const struct crfs_inode_bpf_map *r)
{
	return r->kind == BPF_MAP_TYPE_ARRAY || r->kind == BPF_MAP_TYPE_PERCPU_ARRAY ? 0 : r->key_size;
}

__u64 crfs_bpf_map_values(const struct crfs_inode_bpf_map *r)
{
	return crfs_bpf_map_percpu(r->kind) ? (__u64)r->cpus * ((r->value_size + 7ULL) & ~7ULL) : r->value_size;
}
