// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/net/tun: a program that is the other end of a link, of kind tun or tap.
 *
 * From ioctl(2), which is asked as a program would, and from the link (tun_link.c). What is refused, and what is lost: see
 * fuse-proto/res/fd/tun.c.
 */
#include <linux/types.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/miscdevice.h>
#include <linux/stat.h>
#include <net/net_namespace.h>

#include "res/fd/sock_net.h"
#include "res/fd/tun.h"

#define KEPT (IFF_TUN | IFF_TAP | IFF_NAPI | IFF_NAPI_FRAGS | IFF_MULTI_QUEUE | IFF_PERSIST | IFF_NO_PI | IFF_VNET_HDR)

static bool tun_match(const struct cfile *f)
{
	return S_ISCHR(f->st.mode) && f->st.rdev == MKDEV(MISC_MAJOR, TUN_MINOR) && !(f->flags & O_PATH);
}

static void refuse(struct snap *s, const struct cfile *f, const char *what)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%s: %s", f->link, what);
}

static bool ask_int(struct file *file, unsigned int cmd, int *n)
{
	return !ask_ioctl(file, cmd, n, sizeof(*n));
}

static void read_settings(struct file *file, struct crfs_fd_tun *r)
{
	int n = 0;

	if (ask_int(file, TUNGETSNDBUF, &n))
		r->sndbuf = n;
	if (ask_int(file, TUNGETVNETHDRSZ, &n))
		r->header = n;
	if (ask_int(file, TUNGETVNETLE, &n) && n)
		r->endian = 1;
	else if (ask_int(file, TUNGETVNETBE, &n) && n)
		r->endian = 2;
}

static void name_odd(struct snap *s, const struct cfile *f, const struct crfs_fd_tun *r, const struct tun_link *l)
{
	struct sock_fprog filter = { .len = 0 };

	if (!r->net_ns && !(r->flags & IFF_PERSIST))
		refuse(s, f,
		       "its link is of the mounter's network, and goes with it: run the program in a network of its own, or let the link stay (ip tuntap add)");
	if (r->flags & IFF_TAP && !ask_ioctl(f->file, TUNGETFILTER, &filter, sizeof(filter)) && filter.len)
		refuse(s, f, "it has a filter (TUNATTACHFILTER), which cannot be read: let the program detach it");
	if (l->type != (r->flags & IFF_TAP ? ARPHRD_ETHER : ARPHRD_NONE))
		refuse(s, f,
		       "its link is of a type of its own (TUNSETLINK), which cannot be carried: let the program do without");
}

static int read_link(struct snap *s, const struct cfile *f, const struct tun *t, struct crfs_fd_tun *r)
{
	struct tun_link l;
	int rc;

	if (!*t->name)	/* none yet, or it was deleted */
		return 0;
	r->link = str_of(snap_printf(s, "%s", t->name));
	r->flags = t->flags & KEPT;
	read_settings(f->file, r);
	if (!t->here) {
		refuse(s, f,
		       "its link was moved to another network namespace, which cannot be carried: make it where it is to be");
		return 0;
	}
	rc = tun_link_look(t, &l);
	if (rc)
		return rc;
	r->offload = l.offload;
	/* Of IFF_NO_PI TUNGETIFF tells nothing: the same bit says there that there is no filter (IFF_NOFILTER). */
	r->flags = (r->flags & ~IFF_NO_PI) | (l.no_pi ? IFF_NO_PI : 0) | (l.carrier ? 0 : TUN_NO_CARRIER);
	name_odd(s, f, r, &l);
	return 0;
}

/* It stays where it was opened, as a socket does. */
static int read_net(struct snap *s, const struct cfile *f, const struct tun *t, struct crfs_fd_tun *r)
{
	int rc = sock_net_enter(s, f, t->net);

	sock_net_row(s, &r->net_ns);
	return rc;
}

static int tun_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_tun r = { .sndbuf = -1 };
	struct cfile *f = obj;
	struct tun t = { .net = NULL };
	struct place p;
	int rc = file_place(s, f, &p);

	if (rc < 0)
		return rc;
	if (p.gone)
		snap_unsupported(s, -ENOENT, file_obj(s, f), "%s: the device file is gone: make it again", f->link);
	r.path = p.path;
	r.mnt_ns = p.mnt_ns;
	rc = tun_of(f->file, &t);
	if (rc == -EOPNOTSUPP)
		refuse(s, f, "the kernel filesystem does not know it on this kernel: use -t fuse.crfs");
	else if (!rc)
		rc = read_net(s, f, &t, &r) ?: read_link(s, f, &t, &r);
	if (rc && rc != -EOPNOTSUPP)
		return rc;
	text_section(out, &crfs_fd_tun_shape);
	text_rec(out, &crfs_fd_tun_shape, &r);
	return tun_queue_read(s, f, &t, &r, out);
}

const struct room res_fd_tun = {
	.name = "tun",
	.scope = PER_FILE,
	.match = tun_match,
	.read = tun_read,
};
