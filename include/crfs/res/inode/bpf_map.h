/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>, type bpf_map: what a BPF map is made with; `data` has its entries, `btf` its types. */
#ifndef CRFS_RES_INODE_BPF_MAP_H
#define CRFS_RES_INODE_BPF_MAP_H

#include <crfs/names.h>

/* BPF_MAP_TYPE_* of those that can be carried */
CRFS_NAMES(crfs_bpf_map_kinds) = {
	{ 1, "hash" }, { 2, "array" }, { 5, "percpu_hash" }, { 6, "percpu_array" }, { 9, "lru_hash" },
	{ 10, "lru_percpu_hash" }, { 11, "lpm_trie" }, { 0, NULL },
};

CRFS_NAMES(crfs_bpf_map_flags) = {
	{ 0x1, "no_prealloc" }, { 0x2, "no_common_lru" }, { 0x8, "rdonly" }, { 0x10, "wronly" }, { 0x40, "zero_seed" },
	{ 0x80, "rdonly_prog" }, { 0x100, "wronly_prog" }, { 0x400, "mmapable" }, { 0, NULL },
};

struct crfs_inode_bpf_map {
	__u32 kind;
	struct crfs_str name;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 flags;
	__u8 frozen;
	__u32 cpus;		/* values of an entry: as many as the machine may have CPUs, or one */
	__u32 btf_key;		/* which of its types are those of keys and values; 0: none */
	__u32 btf_value;
	__u32 entries;		/* in `data`: key and value(s) each, of an array the values only */
};

static const struct crfs_field crfs_inode_bpf_map_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_inode_bpf_map, CRFS_NAME, kind, crfs_bpf_map_kinds),
	CRFS_FIELD(struct crfs_inode_bpf_map, CRFS_STR, name),
	CRFS_FIELD(struct crfs_inode_bpf_map, CRFS_DEC, key_size),
	CRFS_FIELD(struct crfs_inode_bpf_map, CRFS_DEC, value_size),
	CRFS_FIELD(struct crfs_inode_bpf_map, CRFS_DEC, max_entries),
	CRFS_FIELD_NAMES(struct crfs_inode_bpf_map, CRFS_FLAGS, flags, crfs_bpf_map_flags),
	CRFS_FIELD(struct crfs_inode_bpf_map, CRFS_DEC, frozen),
	CRFS_FIELD(struct crfs_inode_bpf_map, CRFS_DEC, cpus),
	CRFS_FIELD(struct crfs_inode_bpf_map, CRFS_DEC, btf_key),
	CRFS_FIELD(struct crfs_inode_bpf_map, CRFS_DEC, btf_value),
	CRFS_FIELD(struct crfs_inode_bpf_map, CRFS_DEC, entries),
};
CRFS_SHAPE(crfs_inode_bpf_map_shape, struct crfs_inode_bpf_map, CRFS_BLOCK, "bpf_map", crfs_inode_bpf_map_fields);

#endif
