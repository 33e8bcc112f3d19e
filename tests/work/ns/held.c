// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Namespaces that nobody is in: two networks with links to each other and to that of the tasks, held by descriptors
 * (twice by one) or by a socket alone, a host name, and one with System V objects and message queues in it.
 */
#include <arpa/inet.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "tests/work/work.h"

static int own(const char *kind)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

static void ip(const char *args)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "ip %s", args);
	CHECK_EQ(system(cmd), 0);
}

/* A link @name of @ns, moved there by who is in the network that has it. */
static void move(const char *name, int ns)
{
	char args[128];
	pid_t holder = work_fork();

	if (!holder) {
		CHECK(setns(ns, CLONE_NEWNET) == 0);
		work_up();
		for (;;)
			pause();
	}
	snprintf(args, sizeof(args), "link set %s netns %d", name, holder);
	ip(args);
	CHECK(kill(holder, SIGKILL) == 0 && waitpid(holder, NULL, 0) == holder);
}

static int udp(const char *at, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(at) };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	CHECK(s >= 0 && bind(s, (void *)&a, sizeof(a)) == 0);
	return s;
}

static void talk(int from, const char *to, int port, int at, const char *what)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(to) };
	char buf[64] = "";

	CHECK_EQ(sendto(from, what, strlen(what), 0, (void *)&a, sizeof(a)), strlen(what));
	CHECK_EQ(recv(at, buf, sizeof(buf) - 1, 0), strlen(what));
	CHECK_STR(buf, what);
}

static void limit(int fd)
{
	struct timeval tv = { .tv_sec = 5 };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
}

static void fill_ipc(void)
{
	int shm = shmget(0x4801, 20000, IPC_CREAT | 0600), msg = msgget(0x4802, IPC_CREAT | 0600);
	int sem = semget(0x4803, 2, IPC_CREAT | 0600);
	struct { long type; char text[8]; } m = { 7, "waiting" };
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 64 };
	char *p = shmat(shm, NULL, 0);
	mqd_t mq;

	CHECK(p != (void *)-1);
	work_fill(p, 20000, 48);
	CHECK(shmdt(p) == 0 && msgsnd(msg, &m, sizeof(m.text), 0) == 0 && semctl(sem, 1, SETVAL, 33) == 0);
	mq = mq_open("/held", O_CREAT | O_RDWR | O_CLOEXEC, 0600, &attr);
	CHECK(mq >= 0 && mq_send(mq, "posix", 5, 3) == 0 && mq_close(mq) == 0);
}

static void check_ipc(void)
{
	struct { long type; char text[8]; } m;
	char buf[64], *p = shmat(shmget(0x4801, 0, 0), NULL, 0);
	mqd_t mq = mq_open("/held", O_RDWR);

	CHECK(p != (void *)-1 && work_same(p, 20000, 48));
	CHECK_EQ(msgrcv(msgget(0x4802, 0), &m, sizeof(m.text), 0, IPC_NOWAIT), sizeof(m.text));
	CHECK(m.type == 7);
	CHECK_STR(m.text, "waiting");
	CHECK_EQ(semctl(semget(0x4803, 0, 0), 1, GETVAL), 33);
	CHECK(mq >= 0);
	CHECK_EQ(mq_receive(mq, buf, sizeof(buf), NULL), 5);
	CHECK(!memcmp(buf, "posix", 5));
}

int main(void)
{
	struct stat x, y;
	struct utsname u;
	int home, uts, a, a2, uts2, ipc, ipc2, here, in_a, in_b, in_c, s;

	home = own("net");
	uts = own("uts");
	CHECK(unshare(CLONE_NEWNET) == 0);		/* a */
	a = own("net");
	a2 = own("net");
	ip("link set lo up");
	if (system("ip link add va type veth peer name vb"))
		work_skip("no veth");
	ip("link add vh type veth peer name hv");
	ip("addr add 10.99.1.1/24 dev va");
	ip("addr add 10.99.2.1/24 dev vh");
	ip("link set va up");
	ip("link set vh up");
	in_a = udp("0.0.0.0", 5000);
	CHECK(unshare(CLONE_NEWNET) == 0);		/* b, which only a socket holds */
	s = own("net");
	CHECK(setns(a, CLONE_NEWNET) == 0);
	move("vb", s);
	move("hv", home);
	CHECK(setns(s, CLONE_NEWNET) == 0);
	close(s);
	ip("addr add 10.99.1.2/24 dev vb");
	ip("link set vb up");
	in_b = udp("10.99.1.2", 5000);
	CHECK(unshare(CLONE_NEWNET) == 0);		/* c, alone */
	ip("link set lo up");
	in_c = udp("127.0.0.1", 5001);
	CHECK(setns(home, CLONE_NEWNET) == 0);
	close(home);
	ip("addr add 10.99.2.2/24 dev hv");
	ip("link set hv up");
	here = udp("10.99.2.2", 5000);
	CHECK(unshare(CLONE_NEWUTS) == 0 && sethostname("held", 4) == 0);
	uts2 = own("uts");
	CHECK(setns(uts, CLONE_NEWUTS) == 0);
	close(uts);
	ipc = own("ipc");
	CHECK(unshare(CLONE_NEWIPC) == 0);
	fill_ipc();
	ipc2 = own("ipc");
	CHECK(setns(ipc, CLONE_NEWIPC) == 0);
	close(ipc);
	limit(here), limit(in_a), limit(in_b), limit(in_c);
	talk(in_a, "10.99.1.2", 5000, in_b, "before");
	talk(here, "10.99.2.1", 5000, in_a, "before, too");

	work_ready();

	talk(in_a, "10.99.1.2", 5000, in_b, "a to b");
	talk(in_b, "10.99.1.1", 5000, in_a, "b to a");
	talk(here, "10.99.2.1", 5000, in_a, "home to a");
	talk(in_c, "127.0.0.1", 5001, in_c, "c to itself");
	CHECK(fstat(a, &x) == 0 && fstat(a2, &y) == 0);
	CHECK_EQ(x.st_ino, y.st_ino);
	s = own("net");
	CHECK(fstat(s, &y) == 0 && x.st_ino != y.st_ino);
	CHECK(setns(a2, CLONE_NEWNET) == 0);
	CHECK(if_nametoindex("va") && if_nametoindex("vh") && !if_nametoindex("hv"));
	CHECK(setns(s, CLONE_NEWNET) == 0);
	CHECK(if_nametoindex("hv") && !if_nametoindex("va"));
	CHECK(uname(&u) == 0 && strcmp(u.nodename, "held"));
	CHECK(setns(uts2, CLONE_NEWUTS) == 0 && uname(&u) == 0);
	CHECK_STR(u.nodename, "held");
	CHECK(shmget(0x4801, 0, 0) == -1 && setns(ipc2, CLONE_NEWIPC) == 0);
	check_ipc();
	work_pass();
}
