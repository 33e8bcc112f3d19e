/* SPDX-License-Identifier: GPL-2.0-only */
/* BPF maps, for their descriptors. */
#ifndef CRFS_BPF_MAP_H
#define CRFS_BPF_MAP_H

#include "internal.h"

/* bpf_map_inode() - the inode of the map that @f is of; 0: it was named why not. Return: 0 or a negative errno */
int bpf_map_inode(struct snap *s, struct cfile *f, u32 *id);

struct btf;

/* bpf_types_read() - the bytes of a map's types. Return: 0, -EOPNOTSUPP: this kernel's are laid out in another way, or -ENOMEM */
int bpf_types_read(const struct btf *btf, struct text *out);

#endif
