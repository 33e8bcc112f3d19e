// SPDX-License-Identifier: GPL-2.0-or-later
/* A descriptor of a BPF map, for reading, for writing, or both. The map is an inode (inode/bpf_map). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <crfs/res/fd/bpf_map.h>

#include "bpf.h"
#include "fdroom.h"
#include "res/inode/bpf_map.h"
#include "rooms.h"

static bool bpf_map_match(const struct file *f)
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

static void bpf_map_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_bpf_map *r = image_rec(o, &res_fd_bpf_map, 0);

	if (r)
		inode_check(im, o, r->inode, &res_inode_bpf_map);
}

static int bpf_map_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_bpf_map *r = image_rec(o, &res_fd_bpf_map, 0);
	unsigned int mode = file_common(o)->flags & O_ACCMODE;
	int map = inode_fd(rs, o, r->inode), rc, fd;
	struct bpf_map_info m;

	if (map < 0)
		return map;
	rc = bpf_map_look(map, &m);
	fd = rc ? rc : bpf_map_open(m.id, mode == O_RDONLY ? BPF_F_RDONLY : mode == O_WRONLY ? BPF_F_WRONLY : 0);
	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "BPF_MAP_GET_FD_BY_ID: needs CAP_SYS_ADMIN");
	return file_made(rs, o, fd);
}

const struct resource res_fd_bpf_map = {
	.name = "bpf_map",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_bpf_map_shape, NULL },
	.match = bpf_map_match,
	.read = bpf_map_read,
	.check = bpf_map_check,
	.make = bpf_map_make,
};
