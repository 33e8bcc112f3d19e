/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type bpf_map: a descriptor of a BPF map. */
#ifndef CRFS_RES_FD_BPF_MAP_H
#define CRFS_RES_FD_BPF_MAP_H

#include <crfs/shape.h>

struct crfs_fd_bpf_map {
	__u32 inode;
};

static const struct crfs_field crfs_fd_bpf_map_fields[] = {
	CRFS_FIELD(struct crfs_fd_bpf_map, CRFS_DEC, inode),
};
CRFS_SHAPE(crfs_fd_bpf_map_shape, struct crfs_fd_bpf_map, CRFS_BLOCK, "bpf_map", crfs_fd_bpf_map_fields);

#endif
