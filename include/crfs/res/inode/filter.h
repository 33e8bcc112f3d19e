/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>, type filter: the classic BPF program of a socket, a row an instruction. */
#ifndef CRFS_RES_INODE_FILTER_H
#define CRFS_RES_INODE_FILTER_H

#include <crfs/res/task/seccomp.h>	/* struct crfs_bpf: instructions look the same there */

#endif
