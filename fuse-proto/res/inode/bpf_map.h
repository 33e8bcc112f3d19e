/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A BPF map, whoever has a descriptor of it. */
#ifndef CRFS_RES_INODE_BPF_MAP_ROOM_H
#define CRFS_RES_INODE_BPF_MAP_ROOM_H

#include "resource.h"

extern const struct resource res_inode_bpf_map;

/**
 * bpf_map_inode() - the map that @f is a descriptor of, read when it is met first
 * @id: inodes/<id>; 0: it cannot be carried, and was named
 * Return: 0 or a negative errno with the reason noted
 */
int bpf_map_inode(struct snap *s, const struct file *f, unsigned int *id);

#endif
