// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a socket puts into the header of each packet that it sends: options of IP (IP_OPTIONS, as a route that it takes),
 * extension headers of IPv6 (IPV6_HOPOPTS, IPV6_RTHDR, ...). getsockopt(2) gives them as they were set.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <crfs/res/inode/packet_header.h>
#include <crfs/sockopts.h>

#include "fdroom.h"
#include "res/inode/packet_header.h"
#include "rooms.h"
#include "sockopt.h"

#define MOST 2048	/* of an extension header: its length in bytes is 8 * (255 + 1) */
#define KINDS (sizeof(crfs_opt_blobs) / sizeof(crfs_opt_blobs[0]))

/** struct header - @data is malloc'ed, until the tree has it */
struct header {
	const struct crfs_opt_blob *kind;
	socklen_t len;
	char *data;
};

static int read_one(struct snap *s, const struct file *f, const struct crfs_opt_blob *kind, struct text *out)
{
	struct header *h = pool_alloc(&s->pool, sizeof(*h));
	char buf[MOST];
	socklen_t len = sizeof(buf);
	struct inode *n;

	if (!h)
		return -ENOMEM;
	if (getsockopt(f->dup, kind->level, kind->option, buf, &len) < 0 || !len)
		return 0;
	/* One socket may have several, a filter, and what waits in it. */
	n = snap_inode(s, &res_inode_packet_header, ~f->st.st_dev - 1 - (kind - crfs_opt_blobs), f->st.st_ino, -1);
	*h = (struct header){ .kind = kind, .len = len, .data = malloc(len) };
	if (!n || !h->data)
		return fail(s->err, -ENOMEM, "%s of a socket", kind->name);
	memcpy(h->data, buf, len);
	n->priv = h;
	sockopt_row(out, kind->row, n->id);
	return 0;
}

int packet_headers_read(struct snap *s, const struct file *f, int domain, struct text *out)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < KINDS && !rc; i++)
		if (crfs_opt_blobs[i].level == IPPROTO_IP ? domain == AF_INET || domain == AF_INET6 : domain == AF_INET6)
			rc = read_one(s, f, &crfs_opt_blobs[i], out);
	return rc;
}

static int packet_header_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	struct header *h = n->priv;
	struct crfs_packet_header r = { .option = { h->kind->row, strlen(h->kind->row) }, .len = h->len };
	char *data = h->data;

	h->data = NULL;
	text_section(out, &crfs_packet_header_shape);
	text_rec(out, &crfs_packet_header_shape, &r);
	return tree_text(s->tree, n->dir, "data", data, h->len) ? 0 : -ENOMEM;
}

static const struct crfs_opt_blob *kind_of(const struct crfs_str *option)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (option->len == strlen(crfs_opt_blobs[i].row) && !memcmp(option->p, crfs_opt_blobs[i].row, option->len))
			return &crfs_opt_blobs[i];
	return NULL;
}

bool packet_header_named(const struct crfs_str *option)
{
	return kind_of(option);
}

static const struct crfs_packet_header *record(const struct iobj *n)
{
	return n && n->room == &res_inode_packet_header ? image_rec(n, &res_inode_packet_header, 0) : NULL;
}

void packet_header_check(struct image *im, struct iobj *o, const struct crfs_str *option, int64_t id)
{
	const struct iobj *n = id > 0 && id <= 0x7fffffff ? image_obj(im, IOBJ_INODE, id) : NULL;
	const struct crfs_packet_header *r = record(n);

	if (!r || kind_of(&r->option) != kind_of(option))
		image_mismatch(im, -EINVAL, o->path, "inodes/%lld is not there as its %.*s", (long long)id, option->len,
			       option->p);
}

static int set(const struct image *im, const struct iobj *n, const struct crfs_opt_blob *kind, int fd)
{
	struct node *data = tree_find(im->tree, n->node, "data");
	char buf[MOST];

	if (!data || data->size <= 0 || data->size > MOST)
		return -EINVAL;
	if (node_pread(data, buf, data->size, 0) != data->size)
		return -EIO;
	return setsockopt(fd, kind->level, kind->option, buf, data->size) < 0 ? -errno : 0;
}

/* The socket that tries it is thrown away: what the kernel would not take is found before a restore. */
static int try_it(const struct image *im, const struct iobj *n, const struct crfs_opt_blob *kind)
{
	int fd = socket(kind->level == IPPROTO_IP ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = fd < 0 ? -errno : set(im, n, kind, fd);

	if (fd >= 0)
		close(fd);
	return rc;
}

static void inode_packet_header_check(struct image *im, struct iobj *n)
{
	const struct crfs_packet_header *r = record(n);
	const struct node *data = tree_find(im->tree, n->node, "data");
	const struct crfs_opt_blob *kind = r ? kind_of(&r->option) : NULL;
	int rc;

	if (!r)
		return;
	if (!kind || !data || data->size != r->len) {
		image_mismatch(im, -EINVAL, n->path, "%s", kind ? "data is not as long as status says" :
			       "an option that is not known");
		return;
	}
	rc = try_it(im, n, kind);
	if (rc)
		image_mismatch(im, rc, n->path, "the kernel does not take this as %s: mend it, or copy the checkpoint again",
			       kind->name);
}

int packet_header_put(struct restore *rs, struct iobj *o, int64_t id, int fd)
{
	const struct iobj *n = image_obj(rs->im, IOBJ_INODE, id);
	const struct crfs_packet_header *r = record(n);
	int rc = r ? set(rs->im, n, kind_of(&r->option), fd) : -EBADF;

	return rc ? fail_on(rs->err, rc, o->path, "setting what its packets begin with, inodes/%lld", (long long)id) : 0;
}

const struct resource res_inode_packet_header = {
	.name = "packet_header",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_packet_header_shape, NULL },
	.payloads = (const char *const[]){ "data", NULL },
	.read = packet_header_read,
	.check = inode_packet_header_check,
};
