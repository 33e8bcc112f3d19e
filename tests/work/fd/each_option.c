// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every option of every kind of socket that this kernel has, by number: whatever can be set so that it reads otherwise is
 * set, each on a socket of its own, and must read so afterwards. What crfs does not know it cannot leave out unnoticed.
 */
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define NR(a) (sizeof(a) / sizeof((a)[0]))
#define OPTIONS 128
#define UDPLITE 136
#define RAW 255		/* SOL_RAW */

static const struct { int domain, type, protocol; } kinds[] = {
	{ AF_INET, SOCK_STREAM, 0 }, { AF_INET6, SOCK_STREAM, 0 }, { AF_INET, SOCK_DGRAM, 0 }, { AF_INET6, SOCK_DGRAM, 0 },
	{ AF_INET, SOCK_DGRAM, UDPLITE }, { AF_INET6, SOCK_DGRAM, UDPLITE }, { AF_INET, SOCK_RAW, IPPROTO_ICMP },
	{ AF_INET6, SOCK_RAW, IPPROTO_ICMPV6 }, { AF_INET6, SOCK_RAW, 253 }, { AF_INET, SOCK_RAW, IPPROTO_RAW },
	{ AF_PACKET, SOCK_RAW, 0 }, { AF_PACKET, SOCK_DGRAM, 0 }, { AF_NETLINK, SOCK_RAW, NETLINK_ROUTE },
	{ AF_UNIX, SOCK_STREAM, 0 }, { AF_UNIX, SOCK_DGRAM, 0 }, { AF_UNIX, SOCK_SEQPACKET, 0 },
};
static const int levels[] = { SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPPROTO_UDP, UDPLITE, SOL_PACKET,
			      SOL_NETLINK, RAW, IPPROTO_ICMPV6 };

/* No state that somebody sets for later, or another word for one that is tried; or refused by name. */
static const struct { int level, option; const char *why; } others[] = {
	{ IPPROTO_IP, IP_MTU, "of a route" },
	{ IPPROTO_IP, IP_OPTIONS, "bytes: inode/packet_header" },
	{ IPPROTO_IPV6, IPV6_HOPOPTS, "bytes: inode/packet_header" },
	{ IPPROTO_IPV6, IPV6_RTHDR, "bytes: inode/packet_header" },
	{ IPPROTO_IPV6, IPV6_RTHDRDSTOPTS, "bytes: inode/packet_header" },
	{ IPPROTO_IPV6, IPV6_DSTOPTS, "bytes: inode/packet_header" },
	{ IPPROTO_IPV6, IPV6_ADDRFORM, "makes it another kind of socket" },
	{ IPPROTO_TCP, TCP_REPAIR, "not for programs" },
	{ IPPROTO_TCP, TCP_REPAIR_QUEUE, "not for programs" },
	{ IPPROTO_TCP, TCP_QUEUE_SEQ, "not for programs" },
	{ IPPROTO_TCP, TCP_TIMESTAMP, "not for programs" },
	{ IPPROTO_TCP, TCP_ULP, "refused" },
	{ IPPROTO_TCP, TCP_QUICKACK, "lost, as the kernel changes it all the time" },
	{ SOL_PACKET, PACKET_FANOUT, "of one that is bound: fd/packet_fanout" },
	{ SOL_PACKET, PACKET_STATISTICS, "counters that begin anew when they are read" },
	{ SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, "a list, in fd/netlink" },
	{ SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, "a list, in fd/netlink" },
};

/** struct one - a socket with one option that is not as it was born; @is: how that reads */
struct one {
	int kind, level, option, fd;
	socklen_t len;
	char is[64];
};

static struct one *all;
static size_t nr;

static const char *left_out(int level, int option)
{
	size_t i;

	for (i = 0; i < NR(others); i++)
		if (others[i].level == level && others[i].option == option)
			return others[i].why;
	return NULL;
}

static bool get(struct one *o, char buf[64])
{
	memset(buf, 0, 64);
	o->len = 64;
	return getsockopt(o->fd, o->level, o->option, buf, &o->len) == 0;
}

/* An int, a time, a linger, a filter: one value after the other, until it reads otherwise. */
static bool change(struct one *o)
{
	static const int values[] = { 1, 2, 5, 0, 100, 1000, 70000, 30000, 1 << 24 };
	static const socklen_t sizes[] = { 4, 8, 16, 32 };
	char was[64], value[64];
	size_t v, s;

	if (!get(o, was))
		return false;
	for (s = 0; s < NR(sizes); s++)
		for (v = 0; v < NR(values); v++) {
			memset(value, 0, sizeof(value));
			memcpy(value, &values[v], sizeof(int));
			if (sizes[s] == 32)
				memset(value, values[v], 32);
			if (setsockopt(o->fd, o->level, o->option, value, sizes[s]) < 0)
				continue;
			if (get(o, o->is) && memcmp(o->is, was, 64))
				return true;
		}
	return false;
}

/* @spare: a socket of that kind on which nothing could be set, -1: none. To close one may take long (packet sockets) */
static void try(int kind, int level, int option, int *spare)
{
	struct one o = { .kind = kind, .level = level, .option = option, .fd = *spare };

	if (o.fd < 0)
		o.fd = socket(kinds[kind].domain, kinds[kind].type, kinds[kind].protocol);
	if (o.fd < 0)
		return;
	*spare = o.fd;
	if (left_out(level, option) || !change(&o))
		return;
	*spare = -1;
	all[nr++] = o;
}

static void hex(const char *name, const struct one *o, const char *v)
{
	size_t i;

	printf("%s", name);
	for (i = 0; i < o->len && i < 16; i++)
		printf(" %02x", (unsigned char)v[i]);
}

/* With the number of a kind: that alone, so that sockets are few and asked for all they have. */
int main(int argc, char **argv)
{
	const size_t only = argc > 1 && argv[1] ? strtoul(argv[1], NULL, 10) : NR(kinds);
	struct rlimit rl = { 4096, 4096 };
	size_t k, l, i, bad = 0;
	char now[64];
	int n, spare = -1;

	setrlimit(RLIMIT_NOFILE, &rl);
	all = calloc(NR(kinds) * NR(levels) * OPTIONS, sizeof(*all));
	CHECK(all);
	for (k = only % NR(kinds); k < NR(kinds) && (k == only || only == NR(kinds)); k++) {
		for (l = 0; l < NR(levels); l++)
			for (n = 1; n < OPTIONS; n++)
				try(k, levels[l], n, &spare);
		close(spare);
		spare = -1;
	}
	/* SO_REUSEADDR and its like alone are more. */
	CHECK(nr >= (only == NR(kinds) ? 500 : 20));

	work_ready();

	for (i = 0; i < nr; i++) {
		struct one *o = &all[i];

		if (get(o, now) && !memcmp(now, o->is, 64))
			continue;
		bad++;
		printf("domain %d type %d protocol %d: level %d option %d:", kinds[o->kind].domain, kinds[o->kind].type,
		       kinds[o->kind].protocol, o->level, o->option);
		hex(" was", o, o->is);
		hex(", is", o, now);
		printf("\n");
	}
	fflush(stdout);
	CHECK_EQ(bad, 0);
	work_pass();
}
