// SPDX-License-Identifier: GPL-2.0-or-later
/* What of sockets cannot be carried; it must be there after the attempt, as if nobody had looked. */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "tests/work/work.h"

static struct sockaddr_in at(const char *ip, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	CHECK(inet_pton(AF_INET, ip, &a.sin_addr) == 1);
	return a;
}

static int udp(struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(*a);

	*a = at("127.0.0.1", 0);
	CHECK(fd >= 0 && bind(fd, (void *)a, sizeof(*a)) == 0);
	CHECK(getsockname(fd, (void *)a, &len) == 0);
	return fd;
}

/* return -1 */
static void attach_ebpf(int fd)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = (uintptr_t)insns,
				.insn_cnt = 2, .license = (uintptr_t)"GPL" };
	int prog = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (prog < 0)
		return;
	CHECK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)) == 0);
	close(prog);
}

/* A TCP connection, or one of MPTCP; @l: who listens */
static void pair(int protocol, int *l, int *a, int *b)
{
	struct sockaddr_in to = at("127.0.0.1", 0);
	socklen_t len = sizeof(to);

	*l = socket(AF_INET, SOCK_STREAM, protocol);
	*a = socket(AF_INET, SOCK_STREAM, protocol);
	*b = -1;
	if (*l < 0 || *a < 0)
		return;
	CHECK(bind(*l, (void *)&to, sizeof(to)) == 0 && listen(*l, 4) == 0);
	CHECK(getsockname(*l, (void *)&to, &len) == 0 && connect(*a, (void *)&to, sizeof(to)) == 0);
	*b = accept(*l, NULL, NULL);
	CHECK(*b >= 0);
}

static bool sign(int fd)
{
	struct tcp_md5sig key = { .tcpm_keylen = 4, .tcpm_key = "sesa" };
	struct sockaddr_in all = at("127.0.0.1", 0);

	memcpy(&key.tcpm_addr, &all, sizeof(all));
	return setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof(key)) == 0;
}

/* Two that share a port, and a program that says which gets what comes: always the second. */
static void distribute(void)
{
	struct sock_filter second = { .code = BPF_RET | BPF_K, .k = 1 };
	struct sock_fprog prog = { .len = 1, .filter = &second };
	struct sockaddr_in to = at("127.0.0.1", 0);
	socklen_t len = sizeof(to);
	int i, one = 1, fd[2];

	for (i = 0; i < 2; i++) {
		fd[i] = socket(AF_INET, SOCK_DGRAM, 0);
		CHECK(setsockopt(fd[i], SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) == 0);
		CHECK(bind(fd[i], (void *)&to, sizeof(to)) == 0);
		CHECK(getsockname(fd[i], (void *)&to, &len) == 0);
	}
	CHECK(setsockopt(fd[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog, sizeof(prog)) == 0);
}

int main(void)
{
	int urgent[3], over[3], mptcp[3], queued[3], waits[3], signed_l = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to, dead, corked_at, to2, group;
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_pid = getpid() };
	int target = udp(&to), corked = udp(&corked_at), refused = udp(&corked_at), both = udp(&to2), ebpf = udp(&corked_at);
	int many = socket(AF_INET, SOCK_DGRAM, 0), gone = udp(&dead);
	int user = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_USERSOCK), ring = socket(AF_PACKET, SOCK_RAW, 0);
	int fanout = socket(AF_PACKET, SOCK_RAW, 0), vsock = socket(AF_VSOCK, SOCK_STREAM, 0);
	int raw = socket(AF_INET, SOCK_RAW, 253), out, n;
	struct tpacket_req req = { .tp_block_size = 4096, .tp_block_nr = 1, .tp_frame_size = 2048,
				   .tp_frame_nr = 2 };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex("lo"),
				  .sll_protocol = htons(0x88b6) };
	struct ip_mreqn mr = { .imr_ifindex = if_nametoindex("lo") };
	char buf[64];

	/* with an option of IP */
	CHECK(setsockopt(corked, IPPROTO_IP, IP_OPTIONS, "\1\1\1", 4) == 0);
	CHECK(sendto(corked, "first", 5, MSG_MORE, (void *)&to, sizeof(to)) == 5);
	/* nobody is there any more */
	close(gone);
	n = 1;
	CHECK(setsockopt(refused, IPPROTO_IP, IP_RECVERR, &n, sizeof(n)) == 0);
	CHECK(connect(refused, (void *)&dead, sizeof(dead)) == 0 && send(refused, "x", 1, 0) == 1);
	/* what it has received stands behind an error */
	CHECK(sendto(target, "come", 4, 0, (void *)&to2, sizeof(to2)) == 4);
	work_settle();
	CHECK(connect(both, (void *)&dead, sizeof(dead)) == 0 && send(both, "x", 1, 0) == 1);
	attach_ebpf(ebpf);
	distribute();
	group = at("224.0.7.8", 0);
	mr.imr_multiaddr = group.sin_addr;
	CHECK(setsockopt(many, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mr, sizeof(mr)) == 0);
	CHECK(bind(many, (void *)&group, sizeof(group)) == 0);
	socklen_t len = sizeof(group);

	CHECK(getsockname(many, (void *)&group, &len) == 0);
	out = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(setsockopt(out, IPPROTO_IP, IP_MULTICAST_IF, &mr, sizeof(mr)) == 0);
	CHECK(sendto(out, "all", 3, 0, (void *)&group, sizeof(group)) == 3);
	close(out);
	CHECK(bind(user, (void *)&nl, sizeof(nl)) == 0);
	CHECK(sendto(user, "self", 4, 0, (void *)&nl, sizeof(nl)) == 4);
	/* a copy of it */
	CHECK(setsockopt(ring, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) == 0);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, ring, 0) != MAP_FAILED);
	CHECK(bind(fanout, (void *)&ll, sizeof(ll)) == 0);
	n = (getpid() & 0xffff) | PACKET_FANOUT_CBPF << 16;
	CHECK(setsockopt(fanout, SOL_PACKET, PACKET_FANOUT, &n, sizeof(n)) == 0);
	to = at("127.0.0.1", 0);
	CHECK(sendto(raw, "raw", 3, 0, (void *)&to, sizeof(to)) == 3);

	pair(0, &urgent[0], &urgent[1], &urgent[2]);
	CHECK(send(urgent[1], "ab!", 3, MSG_OOB) == 3);
	/* and who has sent it is gone, with a reset */
	pair(0, &over[0], &over[1], &over[2]);
	CHECK(send(over[1], "ab!", 3, MSG_OOB) == 3);
	CHECK(setsockopt(over[1], SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger)) == 0);
	close(over[1]);
	pair(IPPROTO_MPTCP, &mptcp[0], &mptcp[1], &mptcp[2]);
	/* who waits to be accepted, with urgent data */
	pair(0, &waits[0], &waits[1], &waits[2]);
	len = sizeof(to);
	CHECK(getsockname(waits[0], (void *)&to, &len) == 0);
	close(waits[1]);
	close(waits[2]);
	waits[1] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(waits[1], (void *)&to, sizeof(to)) == 0 && send(waits[1], "c!", 2, MSG_OOB) == 2);
	/* a stamp of what was sent, in the error queue */
	pair(0, &queued[0], &queued[1], &queued[2]);
	n = 0x10 | 0x2;		/* SOF_TIMESTAMPING_SOFTWARE, TX_SOFTWARE */
	CHECK(setsockopt(queued[1], SOL_SOCKET, SO_TIMESTAMPING, &n, sizeof(n)) == 0);
	CHECK(send(queued[1], "t", 1, 0) == 1);
	CHECK(bind(signed_l, (void *)&(struct sockaddr_in){ .sin_family = AF_INET }, sizeof(to)) == 0);
	n = sign(signed_l);
	CHECK(listen(signed_l, 1) == 0);
	printf("has%s%s\n", n ? " TCP_MD5SIG" : "", mptcp[0] >= 0 ? " MPTCP" : "");

	fflush(stdout);
	work_settle();
	work_ready();

	CHECK(fcntl(vsock, F_GETFD) >= -1);
	len = sizeof(to);
	CHECK(getsockname(target, (void *)&to, &len) == 0);
	CHECK(sendto(corked, "second", 6, 0, (void *)&to, sizeof(to)) == 6);
	work_settle();
	CHECK_EQ(recv(target, buf, sizeof(buf), MSG_DONTWAIT), 11);
	CHECK(!memcmp(buf, "firstsecond", 11));
	len = sizeof(n);
	CHECK(getsockopt(refused, SOL_SOCKET, SO_ERROR, &n, &len) == 0);
	CHECK_EQ(n, ECONNREFUSED);
	CHECK(recv(both, buf, sizeof(buf), MSG_DONTWAIT) < 0 && errno == ECONNREFUSED);
	CHECK_EQ(recv(both, buf, sizeof(buf), MSG_DONTWAIT), 4);
	CHECK_EQ(recv(many, buf, sizeof(buf), MSG_DONTWAIT), 3);
	CHECK_EQ(recv(user, buf, sizeof(buf), MSG_DONTWAIT), 4);
	CHECK_EQ(recv(raw, buf, sizeof(buf), MSG_DONTWAIT), 23);
	CHECK_EQ(recv(urgent[2], buf, 1, MSG_OOB), 1);
	CHECK_EQ(buf[0], '!');
	CHECK_EQ(recv(urgent[2], buf, sizeof(buf), 0), 2);
	CHECK_EQ(recv(over[2], buf, sizeof(buf), 0), 2);
	waits[2] = accept(waits[0], NULL, NULL);
	CHECK_EQ(recv(waits[2], buf, 1, MSG_OOB), 1);
	CHECK_EQ(buf[0], '!');
	if (mptcp[2] >= 0) {
		CHECK(send(mptcp[1], "m", 1, 0) == 1);
		CHECK_EQ(recv(mptcp[2], buf, sizeof(buf), 0), 1);
	}
	CHECK(recv(queued[1], buf, sizeof(buf), MSG_ERRQUEUE | MSG_DONTWAIT) >= 0);
	work_pass();
}
