// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What kinds of BPF maps there are, and how large their entries are in a tree. */
#ifdef __KERNEL__
#include <linux/string.h>
#include <uapi/linux/bpf.h>
#else
#include <linux/bpf.h>
#include <string.h>
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

/* With the NUL behind it */
static bool has_name(const char *btf, __u32 len, const char *name)
{
	const __u32 n = strlen(name) + 1;
	__u32 i;

	for (i = 0; i + n <= len; i++)
		if (btf[i] == *name && !memcmp(btf + i, name, n))
			return true;
	return false;
}

bool crfs_bpf_types_alive(const char *btf, __u32 len)
{
	static const char *const names[] = {
		"bpf_timer", "bpf_wq", "bpf_spin_lock", "bpf_res_spin_lock", "bpf_list_head", "bpf_list_node",
		"bpf_rb_root", "bpf_rb_node", "bpf_refcount", "bpf_task_work", "kptr", "kptr_untrusted", "percpu_kptr",
		"uptr", NULL
	};
	const char *const *name;

	for (name = names; *name; name++)
		if (has_name(btf, len, *name))
			return true;
	return false;
}
