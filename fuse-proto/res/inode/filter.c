// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The filter of a socket: a classic BPF program, SO_ATTACH_FILTER.
 *
 * Read by SO_GET_FILTER (3.8), which gives it back as it was attached. An eBPF program
 * (SO_ATTACH_BPF) says EACCES there: refused. Who sees no filter cannot be told from this: one of
 * a group of SO_REUSEPORT (SO_ATTACH_REUSEPORT_CBPF), which nobody can read.
 */
#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <crfs/res/inode/filter.h>

#include "fdroom.h"
#include "res/inode/filter.h"
#include "rooms.h"

/** struct prog - @insns: as the kernel has it */
struct prog {
	socklen_t len;
	struct sock_filter *insns;
};

/* Two inodes of one socket: its filter, and (the room of the socket's) what is in its queue. */
static dev_t filter_dev(const struct file *f)
{
	return ~f->st.st_dev;
}

int filter_inode(struct snap *s, const struct file *f, unsigned int *id)
{
	struct prog *p;
	struct inode *n;
	socklen_t len = 0;

	*id = 0;
	/* With no room for it, the number of instructions is the answer. */
	if (getsockopt(f->dup, SOL_SOCKET, SO_GET_FILTER, NULL, &len) < 0 && errno == EACCES)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "the socket has an eBPF filter "
				 "(SO_ATTACH_BPF): let the program detach it");
	if (!len || len > BPF_MAXINSNS)
		return 0;
	n = snap_inode(s, &res_inode_filter, filter_dev(f), f->st.st_ino, -1);
	p = n ? pool_alloc(&s->pool, sizeof(*p)) : NULL;
	if (p)
		p->insns = pool_alloc(&s->pool, len * sizeof(*p->insns));
	if (!p || !p->insns)
		return fail(s->err, -ENOMEM, "a socket filter");
	p->len = len;
	if (getsockopt(f->dup, SOL_SOCKET, SO_GET_FILTER, p->insns, &p->len) < 0)
		return fail_on(s->err, -errno, file_obj(s, f), "SO_GET_FILTER");
	n->priv = p;
	*id = n->id;
	return 0;
}

static int filter_read(struct snap *s, void *obj, struct text *out)
{
	const struct inode *n = obj;
	const struct prog *p = n->priv;
	struct crfs_bpf b;
	socklen_t i;

	(void)s;
	text_section(out, &crfs_bpf_shape);
	for (i = 0; i < p->len; i++) {
		b = (struct crfs_bpf){ p->insns[i].code, p->insns[i].jt, p->insns[i].jf,
				       p->insns[i].k };
		text_rec(out, &crfs_bpf_shape, &b);
	}
	return 0;
}

void filter_check(struct image *im, struct iobj *o, int64_t id)
{
	const struct iobj *n = id > 0 && id <= 0x7fffffff ? image_obj(im, IOBJ_INODE, id) : NULL;

	if (!n || n->room != &res_inode_filter)
		image_mismatch(im, -EINVAL, o->path, "inodes/%lld is not there as a filter",
			       (long long)id);
}

/* The socket that tries it is thrown away: what the kernel would not take is found before a restore. */
static int attach(const struct iobj *n, struct pool *pool, int fd)
{
	size_t len, i;
	const struct crfs_bpf *b = image_recs(n, &res_inode_filter, 0, &len);
	struct sock_filter *insns = len <= BPF_MAXINSNS ? pool_alloc(pool, len * sizeof(*insns)) : NULL;
	struct sock_fprog prog = { .len = len, .filter = insns };

	if (!insns)
		return len > BPF_MAXINSNS ? -EINVAL : -ENOMEM;
	for (i = 0; i < len; i++)
		insns[i] = (struct sock_filter){ b[i].code, b[i].jt, b[i].jf, b[i].k };
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

static void filter_inode_check(struct image *im, struct iobj *n)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = fd < 0 ? -errno : attach(n, &im->pool, fd);

	if (fd >= 0)
		close(fd);
	if (rc)
		image_mismatch(im, rc, n->path, "the kernel does not take this filter: mend it, or "
			       "copy the checkpoint again");
}

int filter_attach(struct restore *rs, struct iobj *o, int64_t id, int fd)
{
	const struct iobj *n = image_obj(rs->im, IOBJ_INODE, id);
	int rc = n ? attach(n, &rs->im->pool, fd) : -EBADF;

	return rc ? fail_on(rs->err, rc, o->path, "attaching the filter inodes/%lld", (long long)id) : 0;
}

const struct resource res_inode_filter = {
	.name = "filter",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_bpf_shape, NULL },
	.read = filter_read,
	.check = filter_inode_check,
};
