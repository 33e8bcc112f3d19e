// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor of a BPF map, for reading, for writing, or both. The map is an inode (inode/bpf_map). */
#include <linux/string.h>

#include <crfs/res/fd/bpf_map.h>

#include "internal.h"
#include "res/inode/bpf_map.h"

static bool bpf_map_match(const struct cfile *f)
{
	return !strcmp(f->link, "anon_inode:bpf-map");
}

static int bpf_map_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_bpf_map r = { .inode = 0 };
	int rc = bpf_map_inode(s, obj, &r.inode);

	if (rc)
		return rc;
	text_section(out, &crfs_fd_bpf_map_shape);
	text_rec(out, &crfs_fd_bpf_map_shape, &r);
	return 0;
}

const struct room res_fd_bpf_map = {
	.name = "bpf_map",
	.scope = PER_FILE,
	.match = bpf_map_match,
	.read = bpf_map_read,
};
