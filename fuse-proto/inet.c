// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sockets of the internet protocols without connections: names, shutdown, what is being sent.
 *
 * The half that writes is shut if the kernel says EPIPE before it touches what there is to send,
 * of which the second part is at an address where nothing can be: so nothing is sent in any case.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "fdroom.h"
#include "inet.h"
#include "kmem.h"
#include "proc.h"
#include "res/inode/corked.h"
#include "res/ns/net_links.h"
#include "resource.h"
#include "sock_net.h"
#include "sockopt.h"

#define SENDING_MS 200
#define DISCARD 9	/* a port; nothing is sent to it */
#define ESTABLISHED 1	/* TCP_ESTABLISHED, also of who has no connections */
#define SHUT_READ 1
#define SHUT_WRITE 2

socklen_t inet_fill(union inet_addr *a, unsigned int family, const uint8_t addr[16], unsigned int port,
		    unsigned int scope)
{
	memset(a, 0, sizeof(*a));
	a->sa.sa_family = family;
	if (family == AF_INET) {
		memcpy(&a->in.sin_addr, addr, sizeof(a->in.sin_addr));
		a->in.sin_port = htons(port);
		return sizeof(a->in);
	}
	memcpy(&a->in6.sin6_addr, addr, sizeof(a->in6.sin6_addr));
	a->in6.sin6_port = htons(port);
	a->in6.sin6_scope_id = scope;
	return sizeof(a->in6);
}

static void take(const union inet_addr *a, uint8_t addr[16], uint16_t *port, uint32_t *scope)
{
	if (a->sa.sa_family == AF_INET) {
		memcpy(addr, &a->in.sin_addr, sizeof(a->in.sin_addr));
		*port = ntohs(a->in.sin_port);
		return;
	}
	memcpy(addr, &a->in6.sin6_addr, sizeof(a->in6.sin6_addr));
	*port = ntohs(a->in6.sin6_port);
	*scope = a->in6.sin6_scope_id;
}

static bool shut_for_writing(int fd, const struct crfs_fd_inet *r)
{
	static const uint8_t lo4[16] = { 127, 0, 0, 1 }, lo6[16] = { [15] = 1 };
	char echo[8] = { r->family == AF_INET ? 8 : (char)128 };
	struct iovec iov[2] = { { echo, sizeof(echo) }, { (void *)8, 64 } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	bool datagram = sock_int(fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM;
	union inet_addr a;

	if (!r->connected) {
		m.msg_name = &a;
		m.msg_namelen = inet_fill(&a, r->family, r->family == AF_INET ? lo4 : lo6,
					  datagram ? DISCARD : 0, 0);
	}
	return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EPIPE;
}

/* Where an error waits, which to try would take away; or a datagram that is corked, which it would send. */
static unsigned int kmem_shutdown(struct snap *s, const struct file *f)
{
	uint64_t sk;
	uint8_t shut = 0;
	int rc;
	struct kmem *k = snap_kmem(s, &rc);

	if (!k || kmem_socket(k, f->dup, &sk) || kmem_get(k, sk, K_SK_SHUTDOWN, &shut, 1))
		return 0;
	return shut & (SHUT_READ | SHUT_WRITE);
}

static void read_shutdown(struct snap *s, const struct file *f, struct crfs_fd_inet *r)
{
	struct pollfd p = { .fd = f->dup, .events = POLLRDHUP };
	int bytes = 0;

	ioctl(f->dup, SIOCOUTQ, &bytes);
	poll(&p, 1, 0);
	if (p.revents & POLLRDHUP)
		r->shutdown |= SHUT_READ;
	if (p.revents & POLLHUP)
		r->shutdown |= SHUT_READ | SHUT_WRITE;
	if ((p.revents & POLLERR) || bytes)
		r->shutdown |= kmem_shutdown(s, f);
	else if (r->port && shut_for_writing(f->dup, r))
		r->shutdown |= SHUT_WRITE;
}

/* A line of /proc/net/raw and its like: words as the machine has them, in hex. */
static bool parse_proc(const char *line, unsigned int words, struct crfs_fd_inet *r, unsigned long *ino)
{
	unsigned int state, i;
	uint32_t word;
	int n = 0, m = 0;

	if (sscanf(line, " %*d: %n", &n) < 0 || !n)
		return false;
	line += n + 8 * words + 1 + 4 + 1;	/* the local address and port, a blank */
	for (i = 0; i < words; i++, line += 8) {
		if (sscanf(line, "%8x", &word) != 1)
			return false;
		memcpy(r->peer_addr + 4 * i, &word, sizeof(word));
	}
	if (sscanf(line, ":%hx %x %*x:%*x %*x:%*x %*x %*u %*d %lu%n", &r->peer_port, &state, ino, &m) != 3)
		return false;
	r->connected = state == ESTABLISHED;
	return true;
}

int inet_peer(struct snap *s, const struct file *f, const char *table, struct crfs_fd_inet *r)
{
	bool six = r->family == AF_INET6;
	char *text = proc_read(s->proc, NULL, "thread-self/net/%s%s", table, six ? "6" : ""), *line, *save = NULL;
	struct crfs_fd_inet found;
	unsigned long ino;
	int rc = text ? -ENOENT : -errno;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		found = *r;
		if (!parse_proc(line, six ? 4 : 1, &found, &ino) || ino != f->st.st_ino)
			continue;
		if (found.connected)
			*r = found;
		rc = 0;
		break;
	}
	free(text);
	if (!rc && r->connected && six && IN6_IS_ADDR_LINKLOCAL((struct in6_addr *)r->peer_addr))
		r->peer_scope = sock_int(f->dup, SOL_SOCKET, SO_BINDTOIFINDEX);
	return rc;
}

int inet_read(struct snap *s, const struct file *f, struct crfs_fd_inet *r)
{
	union inet_addr a;
	socklen_t len = sizeof(a);

	r->protocol = f->sock.protocol;
	r->uid = f->st.st_uid;
	r->gid = f->st.st_gid;
	if (getsockname(f->dup, &a.sa, &len) < 0)
		return fail_on(s->err, -errno, file_obj(s, f), "getsockname");
	r->family = a.sa.sa_family;
	take(&a, r->addr, &r->port, &r->scope);
	len = sizeof(a);
	if (getpeername(f->dup, &a.sa, &len) == 0) {
		r->connected = 1;
		take(&a, r->peer_addr, &r->peer_port, &r->peer_scope);
	}
	if (!s->live) {
		inet_sending(s, f);
		read_shutdown(s, f, r);
	}
	return 0;
}

void inet_sending(struct snap *s, const struct file *f)
{
	struct timespec nap = { .tv_nsec = 1000000 };
	int bytes = 0, i;

	for (i = 0; i < SENDING_MS; i++) {
		if (ioctl(f->dup, SIOCOUTQ, &bytes) < 0 || !bytes)
			return;
		if (i == SENDING_MS / 10 && corked_can(s, f))
			return;
		nanosleep(&nap, NULL);
	}
	snap_unsupported(s, -EAGAIN, file_obj(s, f), "a datagram is corked in it (UDP_CORK, MSG_MORE), or "
			 "does not leave: let the program send it");
}

struct crfs_str inet_ifname(struct snap *s, unsigned int index)
{
	char name[IF_NAMESIZE] = "";
	const char *p = index && if_indextoname(index, name) ? pool_strdup(&s->pool, name) : NULL;

	return (struct crfs_str){ p ? p : "", p ? strlen(p) : 0 };
}

unsigned int inet_ifindex(const struct crfs_str *name)
{
	char buf[IF_NAMESIZE];

	if (!name->len || name->len >= sizeof(buf) || memchr(name->p, '\0', name->len))
		return 0;
	memcpy(buf, name->p, name->len);
	buf[name->len] = '\0';
	return if_nametoindex(buf);
}

static const struct crfs_fd_inet *record(const struct iobj *o, int at)
{
	return image_rec(o, o->room, at);
}

static void check_groups(struct image *im, struct iobj *o, int section)
{
	size_t n, i;
	const struct crfs_inet_group *g = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++) {
		if ((g[i].family != AF_INET && g[i].family != AF_INET6) || g[i].mode > 1)
			image_mismatch(im, -EINVAL, o->path, "a group of family %u", g[i].family);
		if (!net_link_here(im, sock_net_id(im, o), &g[i].interface))
			image_mismatch(im, -ENODEV, o->path, "a multicast group on interface %.*s, which "
				       "is not here: make it", g[i].interface.len, g[i].interface.p);
	}
}

void inet_check(struct image *im, struct iobj *o, int at)
{
	const struct crfs_fd_inet *r = record(o, at);

	if (!r)
		return;
	if (r->family != AF_INET && r->family != AF_INET6)
		image_mismatch(im, -EAFNOSUPPORT, o->path, "family %u", r->family);
	if (r->shutdown > (SHUT_READ | SHUT_WRITE) || r->connected > 1)
		image_mismatch(im, -EINVAL, o->path, "connected %u, shutdown %u: no socket is like that",
			       r->connected, r->shutdown);
	if (!r->connected && r->peer_port)
		image_mismatch(im, -EINVAL, o->path, "peer_port %u, and it is not connected", r->peer_port);
	check_groups(im, o, at + 1);
}

int inet_finish(struct restore *rs, struct iobj *o, const struct crfs_fd_inet *r, int fd)
{
	int how = r->shutdown == SHUT_READ ? SHUT_RD : r->shutdown == SHUT_WRITE ? SHUT_WR : SHUT_RDWR;
	union inet_addr a;
	socklen_t len = inet_fill(&a, r->family, r->peer_addr, r->peer_port, r->peer_scope);

	if (r->connected && connect(fd, &a.sa, len) < 0)
		return fail_on(rs->err, -errno, o->path, "connecting it to port %u: is there a route?",
			       r->peer_port);
	/* One that is not connected is shut down all the same, and hears that it is not connected. */
	if (r->shutdown && shutdown(fd, how) < 0 && errno != ENOTCONN)
		return fail_on(rs->err, -errno, o->path, "shutdown");
	return 0;
}
