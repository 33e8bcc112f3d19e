// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/net/tun: a program that is the other end of a link, of kind tun or tap.
 *
 * From ioctl(2) on a duplicate, the link's carrier and its features (TUNSETOFFLOAD) from rtnetlink(7) and ethtool. The link
 * itself is put back by its namespace (ns/net), so that it stays without a descriptor; here it gets its queues, and when all
 * have theirs, it goes with the last again. One in the mounter's namespace is not the container's: it must stay by itself
 * (TUNSETPERSIST), and be there. Packets that the program has not read:
 * tun_queue.c. Lost, since nothing tells: what
 * TUNSETTXFILTER, TUNSETSTEERINGEBPF, TUNSETFILTEREBPF and TUNSETIFINDEX have set.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <crfs/res/fd/tun.h>
#include <crfs/res/ns/net.h>

#include "fdroom.h"
#include "inet.h"
#include "res/ns/home.h"
#include "res/ns/net_links.h"
#include "res/ns/net_tun.h"
#include "res/ns/ns.h"
#include "rooms.h"
#include "sock_net.h"
#include "tun_link.h"
#include "tun_queue.h"

#define KEPT (IFF_TUN | IFF_TAP | IFF_NAPI | IFF_NAPI_FRAGS | IFF_MULTI_QUEUE | IFF_PERSIST | IFF_NO_PI | IFF_VNET_HDR)

static bool is_tun(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(10, 200);
}

static bool tun_match(const struct file *f)
{
	return is_tun(&f->st) && !(f->flags & O_PATH);
}

static void refuse(struct snap *s, const struct file *f, const char *what)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%s: %s", f->link, what);
}

/* The link may have been moved to another namespace than that in which it was made. */
static bool elsewhere(const struct file *f, ino_t ino)
{
	int fd = ioctl(f->dup, TUNGETDEVNETNS);
	struct stat st;
	bool other = fd >= 0 && (fstat(fd, &st) || st.st_ino != ino);

	if (fd >= 0)
		close(fd);
	return other;
}

static void read_settings(const struct file *f, struct crfs_fd_tun *r)
{
	int n;

	if (!ioctl(f->dup, TUNGETSNDBUF, &n))
		r->sndbuf = n;
	if (!ioctl(f->dup, TUNGETVNETHDRSZ, &n))
		r->header = n;
	if (!ioctl(f->dup, TUNGETVNETLE, &n) && n)
		r->endian = 1;
	else if (!ioctl(f->dup, TUNGETVNETBE, &n) && n)
		r->endian = 2;
}

static void name_odd(struct snap *s, const struct file *f, const struct crfs_fd_tun *r)
{
	struct sock_fprog filter = { .len = 0 };
	struct ifreq mac = { .ifr_flags = 0 };

	if (!r->net_ns && !(r->flags & IFF_PERSIST))
		refuse(s, f, "its link is of the mounter's network, and goes with it: run the program in a network of its own, "
		       "or let the link stay (ip tuntap add)");
	if (r->flags & IFF_TAP && !ioctl(f->dup, TUNGETFILTER, &filter) && filter.len)
		refuse(s, f, "it has a filter (TUNATTACHFILTER), which cannot be read: let the program detach it");
	if (!ioctl(f->dup, SIOCGIFHWADDR, &mac) &&
	    mac.ifr_hwaddr.sa_family != (r->flags & IFF_TAP ? ARPHRD_ETHER : ARPHRD_NONE))
		refuse(s, f, "its link is of a type of its own (TUNSETLINK), which cannot be carried: let the program do without");
}

static int read_link(struct snap *s, const struct file *f, const struct sock_net *net, struct crfs_fd_tun *r)
{
	struct ifreq is = { .ifr_flags = 0 };
	char *name;

	if (ioctl(f->dup, TUNGETIFF, &is))	/* none yet, or it was deleted */
		return 0;
	name = pool_strndup(&s->pool, is.ifr_name, strnlen(is.ifr_name, IFNAMSIZ));
	if (!name)
		return -ENOMEM;
	r->link = (struct crfs_str){ name, strlen(name) };
	r->flags = (unsigned short)is.ifr_flags & KEPT;
	read_settings(f, r);
	if (elsewhere(f, net->ino)) {
		refuse(s, f, "its link was moved to another network namespace, which cannot be carried: make it where it is to be");
		return 0;
	}
	tun_link_look(name, r);
	net_tun_has(s, r->net_ns, name);
	name_odd(s, f, r);
	return 0;
}

static int tun_read(struct snap *s, void *obj, struct text *out)
{
	struct file *f = obj;
	struct crfs_fd_tun r = { .sndbuf = -1 };
	struct sock_net *net = sock_net_of(s, f, f->dup);
	struct place p;
	int rc = net ? sock_net_go(s, net) : -ENOMEM;

	if (!rc)
		rc = file_place(s, f, &p);
	if (rc < 0)
		return rc;
	if (p.gone)
		snap_unsupported(s, -ENOENT, file_obj(s, f), "%s: the device file is gone: make it again", f->link);
	r.path = p.path;
	r.mnt_ns = p.mnt_ns;
	r.net_ns = net->id;
	rc = read_link(s, f, net, &r);
	text_section(out, &crfs_fd_tun_shape);
	text_rec(out, &crfs_fd_tun_shape, &r);
	return rc ? rc : tun_queue_read(s, f, &r, out);
}

static const char *wrong(struct image *im, const struct crfs_fd_tun *r)
{
	const struct iobj *ns = r->net_ns ? image_obj(im, IOBJ_NS, r->net_ns) : NULL;

	if (r->net_ns && (!ns || ns->room != &res_ns_net))
		return "its network namespace is not there";
	if (r->link.len >= IFNAMSIZ || (r->link.len && !(r->flags & IFF_TUN) == !(r->flags & IFF_TAP)) ||
	    r->flags & ~(uint32_t)(KEPT | TUN_NO_CARRIER) || (r->link.len && !r->net_ns && !(r->flags & IFF_PERSIST)))
		return "there is no such link";
	return NULL;
}

static void tun_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_tun *r = image_rec(o, &res_fd_tun, 0);
	const char *why = r ? wrong(im, r) : NULL;
	struct stat st;
	int fd;

	if (!r || why) {
		image_mismatch(im, -EINVAL, o->path, "tun: %s", why ?: "nothing is said of it");
		return;
	}
	if (r->link.len && !net_link_here(im, r->net_ns, &r->link))
		image_mismatch(im, r->net_ns ? -EINVAL : -ENODEV, o->path, "link %.*s is not here: make it (ip tuntap add)",
			       (int)r->link.len, r->link.p);
	tun_queue_check(im, o, r);
	fd = place_check(im, r->mnt_ns, &r->path);
	if (fd == -ENODATA)
		return;
	if (fd < 0)
		image_mismatch(im, fd, o->path, "%.*s cannot be opened", (int)r->path.len, r->path.p);
	else if (fstat(fd, &st) || !is_tun(&st))
		image_mismatch(im, -ENODEV, o->path, "%.*s is not device 10:200", (int)r->path.len, r->path.p);
	if (fd >= 0)
		close(fd);
}

/* What it is before it is opened: nothing else shall be. */
static int open_it(struct restore *rs, const struct crfs_fd_tun *r, uint64_t flags)
{
	int fd = place_open(rs, r->mnt_ns, &r->path, O_PATH);
	struct stat st;
	bool is;

	if (fd < 0)
		return fd;
	is = !fstat(fd, &st) && is_tun(&st);
	close(fd);
	return is ? place_open(rs, r->mnt_ns, &r->path, flags) : -ENODEV;
}

static int put_settings(int fd, const struct crfs_fd_tun *r)
{
	const int one = 1, header = r->header, sndbuf = r->sndbuf;

	if (r->flags & IFF_VNET_HDR && ioctl(fd, TUNSETVNETHDRSZ, &header))
		return -errno;
	if ((r->endian == 1 && ioctl(fd, TUNSETVNETLE, &one)) || (r->endian == 2 && ioctl(fd, TUNSETVNETBE, &one)))
		return -errno;
	if (sndbuf > 0 && ioctl(fd, TUNSETSNDBUF, &sndbuf))
		return -errno;
	return ioctl(fd, TUNSETOFFLOAD, (unsigned long)r->offload) ? -errno : 0;
}

static int attach(struct restore *rs, const struct iobj *o, int fd, const struct crfs_fd_tun *r)
{
	struct ifreq is = { .ifr_flags = r->flags & ~IFF_PERSIST };
	int rc;

	memcpy(is.ifr_name, r->link.p, r->link.len);
	tun_link_mode(rs, is.ifr_name, TUN_QUIET);
	rc = ioctl(fd, TUNSETIFF, &is) ? -errno : put_settings(fd, r);
	return rc ? fail_on(rs->err, rc, o->path, "link %s: who else has it?", is.ifr_name) : 0;
}

static int tun_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_tun *r = image_rec(o, &res_fd_tun, 0);
	int rc = home_enter(rs, HOME_NET, r->net_ns), fd;

	if (rc)
		return fail_on(rs->err, rc, o->path, "entering ns/net-%u", r->net_ns);
	rs->net = r->net_ns;
	fd = open_it(rs, r, file_common(o)->flags);
	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "opening %.*s", (int)r->path.len, r->path.p);
	o->fd = fd;
	rc = r->link.len ? attach(rs, o, fd, r) : 0;
	return rc ? rc : file_made(rs, o, fd);
}

/* All queues are there: the link goes with the last of them, if it did, and has the addresses that it had. */
static int tun_finish(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_tun *r = image_rec(o, &res_fd_tun, 0);
	struct iobj *ns = r->net_ns ? image_obj(rs->im, IOBJ_NS, r->net_ns) : NULL;
	char name[IFNAMSIZ] = "";
	int rc;

	if (!r->link.len)
		return 0;
	if (!ns)
		return tun_queue_put(rs, o, r);
	if (!(r->flags & IFF_PERSIST) && ioctl(o->fd, TUNSETPERSIST, 0UL))
		return fail_on(rs->err, -errno, o->path, "TUNSETPERSIST");
	rc = home_enter(rs, HOME_NET, r->net_ns);
	if (rc)
		return fail_on(rs->err, rc, o->path, "entering ns/net-%u", r->net_ns);
	rs->net = r->net_ns;
	memcpy(name, r->link.p, r->link.len);
	tun_link_mode(rs, name, link_gen_mode(rs, ns, r->link));
	return links_settle(rs, ns) ?: tun_queue_put(rs, o, r);
}

const struct resource res_fd_tun = {
	.name = "tun",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_tun_shape, &crfs_tun_packet_shape, NULL },
	.match = tun_match,
	.read = tun_read,
	.check = tun_check,
	.make = tun_make,
	.finish = tun_finish,
};
