/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What kinds of BPF maps there are, and how large their entries are in a tree. */
#ifndef CRFS_BPF_MAP_KINDS_H
#define CRFS_BPF_MAP_KINDS_H

#include <crfs/res/inode/bpf_map.h>

/** crfs_bpf_map_known() - can a map of this kind (BPF_MAP_TYPE_*) be carried? */
bool crfs_bpf_map_known(__u32 kind);

/** crfs_bpf_map_percpu() - does each CPU have a value of its own? */
bool crfs_bpf_map_percpu(__u32 kind);

/** crfs_bpf_map_keys() - bytes of an entry's key in `data`; none of an array's, which is its place */
__u32 crfs_bpf_map_keys(const struct crfs_inode_bpf_map *r);

/** crfs_bpf_map_values() - bytes of an entry's value, or of those of all CPUs, each rounded up to 8 bytes */
__u64 crfs_bpf_map_values(const struct crfs_inode_bpf_map *r);

/**
 * crfs_bpf_types_alive() - do these types (BTF) have what the kernel makes something of that stands in a value: timers,
 * locks, lists, pointers? They are found by name, in all of a map's types, so one too many is found rather than one too few.
 */
bool crfs_bpf_types_alive(const char *btf, __u32 len);

#endif
