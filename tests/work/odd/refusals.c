// SPDX-License-Identifier: GPL-2.0-or-later
/* Tasks and memory that keep a container from being asked or carried: each is named, and goes on unharmed. */
#include <arpa/inet.h>
#include <limits.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <linux/keyctl.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/xattr.h>

#include "tests/work/odd/odd.h"

#define PAGE 4096

/* A 64-bit process that runs 32-bit code just now: it jumps to itself. */
ODD(code32)
{
	static const unsigned char self[] = { 0xeb, 0xfe };
	static const struct { uint32_t ip; uint16_t cs; } __attribute__((packed)) to = { 0x20000, 0x23 };
	volatile int *flag = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void *at = mmap((void *)0x20000, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	pid_t pid;
	int st;

	CHECK(flag != MAP_FAILED && at != MAP_FAILED);
	memcpy(at, self, sizeof(self));
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		*flag = 1;
		__asm__ volatile("ljmpl *%0" : : "m"(to));
	}
	while (!*flag)
		work_sleep(1);
	work_sleep(50);
	if (waitpid(pid, &st, WNOHANG) == pid)
		work_skip("no 32-bit code on this machine");
	work_ready();
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, &st, 0) == pid && WIFSIGNALED(st));
	CHECK_EQ(WTERMSIG(st), SIGKILL);
}

/* Those that nobody would notice are all on their way, and nothing is ignored. */
ODD(all_signals)
{
	static const int quiet[] = { SIGURG, SIGWINCH, SIGCHLD };
	static const uint64_t dfl[4];
	sigset_t set;
	int i;

	for (i = 1; i < 65; i++)	/* those as well that signal(2) of libc keeps to itself */
		syscall(SYS_rt_sigaction, i, dfl, NULL, 8);
	sigemptyset(&set);
	for (i = 0; i < 3; i++)
		sigaddset(&set, quiet[i]);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	for (i = 0; i < 3; i++)
		raise(quiet[i]);
	work_ready();
	CHECK(sigpending(&set) == 0);
	for (i = 0; i < 3; i++)
		CHECK(sigismember(&set, quiet[i]));
}

/* What is on the stack (the environment) is copied first; the first thread never comes back to it. */
static void *unmaps_stack(void *arg)
{
	char *go = strdup(getenv("CRFS_GO")), line[512];
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long from = 0, to = 0;

	CHECK(go && clearenv() == 0 && setenv("CRFS_GO", go, 1) == 0);
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "[stack]"))
			CHECK(sscanf(line, "%lx-%lx", &from, &to) == 2);
	fclose(f);
	work_sleep(50);
	CHECK(from && munmap((void *)from, to - from) == 0);
	work_ready();
	CHECK(msync((void *)from, PAGE, MS_ASYNC) == -1 && errno == ENOMEM);
	work_pass();
	return arg;
}

ODD(no_stack)
{
	pthread_t t;

	CHECK(pthread_create(&t, NULL, unmaps_stack, NULL) == 0);
	for (;;)
		syscall(SYS_pause);
}

static void *overruns(void *arg)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 1 };
	struct itimerspec its = { { 0, 10000000 }, { 0, 10000000 } };
	int id, *done = arg;
	siginfo_t si;
	sigset_t set;

	ev._sigev_un._tid = syscall(SYS_gettid);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id) == 0);
	CHECK(syscall(SYS_timer_settime, id, 0, &its, NULL) == 0);
	work_sleep(200);
	CHECK(sigwaitinfo(&set, &si) == SIGRTMIN + 1 && si.si_overrun > 1);
	__atomic_store_n(done, 1, __ATOMIC_SEQ_CST);
	work_wait();
	CHECK(sigwaitinfo(&set, &si) == SIGRTMIN + 1);
	return NULL;
}

/* The overrun of a timer that signals a thread. */
ODD(thread_overrun)
{
	int done = 0;
	sigset_t set;
	pthread_t t;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	CHECK(pthread_create(&t, NULL, overruns, &done) == 0);
	while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST))
		work_sleep(1);
	work_ready();
	CHECK(pthread_join(t, NULL) == 0);
}

static void *times_itself(void *arg)
{
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };
	int id;

	CHECK(syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &ev, &id) == 0);
	return arg;
}

static void *waits(void *arg)
{
	work_wait();
	return arg;
}

/* A timer on the CPU time of a thread that has left it behind. */
ODD(orphan_timer)
{
	pthread_t gone, other;

	CHECK(pthread_create(&gone, NULL, times_itself, NULL) == 0 && pthread_join(gone, NULL) == 0);
	CHECK(pthread_create(&other, NULL, waits, NULL) == 0);
	work_ready();
}

/* It is where a mount covers it. */
ODD(cwd_covered)
{
	char path[PATH_MAX];

	CHECK(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mkdir("covered", 0755) == 0 && chdir("covered") == 0 && getcwd(path, sizeof(path)));
	close(odd_open("here", O_CREAT | O_WRONLY));
	CHECK(mount("none", path, "tmpfs", 0, NULL) == 0);
	work_ready();
	CHECK(access("here", F_OK) == 0);
	strcat(path, "/here");
	CHECK(access(path, F_OK) != 0);
}

/* As somebody who puts probes there would: a byte that nobody runs. */
ODD(vdso_written)
{
	unsigned long at = getauxval(AT_SYSINFO_EHDR);
	int fd = odd_open("/proc/self/mem", O_RDWR);
	char c = 'x';

	if (!at || pwrite(fd, &c, 1, at + 9 /* padding of e_ident */) != 1)
		work_skip("the vdso cannot be written to");
	close(fd);
	work_ready();
	CHECK_EQ(((char *)at)[9], 'x');
}

static int never_run(int x)
{
	return x * 7 + 3;
}

/* As uprobes do it: a breakpoint in a copy of a page of code. */
ODD(code_probed)
{
	int fd = odd_open("/proc/self/mem", O_RDWR);
	volatile unsigned char *at = (void *)never_run;
	unsigned char was = *at, int3 = 0xcc;

	CHECK(pwrite(fd, &int3, 1, (uintptr_t)at) == 1);
	work_ready();
	CHECK_EQ(*at, 0xcc);
	CHECK(pwrite(fd, &was, 1, (uintptr_t)at) == 1);
	close(fd);
	CHECK_EQ(never_run(1), 10);
}

static void own_tmpfs(const char *path)
{
	CHECK(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mkdir(path, 0755) == 0 && mount("none", path, "tmpfs", 0, NULL) == 0);
}

/* Of a tmpfs that travels: one directory read in part, one to its end, one not at all */
ODD(half_read)
{
	const char *dirs[] = { "own/half", "own/whole", "own/fresh" };
	char path[64], entries[160];
	int fd[3], i, n;

	own_tmpfs("own");
	for (i = 0; i < 3; i++) {
		CHECK(mkdir(dirs[i], 0755) == 0);
		for (n = 0; n < 40; n++) {
			snprintf(path, sizeof(path), "%s/%d", dirs[i], n);
			close(odd_open(path, O_CREAT | O_WRONLY));
		}
		fd[i] = odd_open(dirs[i], O_RDONLY | O_DIRECTORY);
	}
	CHECK(syscall(SYS_getdents64, fd[0], entries, sizeof(entries)) > 0);
	while (syscall(SYS_getdents64, fd[1], entries, sizeof(entries)) > 0)
		;
	work_ready();
	CHECK(syscall(SYS_getdents64, fd[0], entries, sizeof(entries)) > 0);
}

#define GETFLAGS _IOR('f', 1, long)
#define SETFLAGS _IOW('f', 2, long)

static void flag(int fd, int flags)
{
	if (ioctl(fd, SETFLAGS, &flags) < 0)
		work_skip("no chattr(1) in a tmpfs before Linux 6.0");
}

static bool has_flags(int fd, int flags)
{
	int now = 0;

	return ioctl(fd, GETFLAGS, &now) == 0 && (now & 0x30) == flags;
}

/* chattr(1) +i and +a, of a file in a tmpfs that travels and of a memfd; and an attribute of that */
ODD(flagged)
{
	int fd, memfd = memfd_create("flagged", 0);

	own_tmpfs("own");
	fd = odd_open("own/fixed", O_CREAT | O_RDWR);
	fsetxattr(memfd, "trusted.crfs", "x", 1, 0);
	flag(fd, 0x10);
	flag(memfd, 0x20);
	work_ready();
	CHECK(has_flags(fd, 0x10) && has_flags(memfd, 0x20));
	flag(fd, 0);
}

/* A child of a child that is gone: who reaps has got it. */
static pid_t orphan(void)
{
	volatile pid_t *pid = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t middle;

	CHECK(pid != MAP_FAILED);
	middle = work_fork();
	if (!middle) {
		*pid = work_fork();
		if (!*pid) {
			work_up();
			for (;;)
				pause();
		}
		work_up();
		_exit(0);
	}
	work_join(middle, 0);
	return *pid;
}

/* Two members of a session whose leader is dead, each with another parent: who reaped has stopped to do so between. */
ODD(two_reapers)
{
	volatile pid_t *pids = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t reaper, leader;
	int i;

	CHECK(pids != MAP_FAILED);
	reaper = work_fork();
	if (!reaper) {
		CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
		leader = work_fork();
		if (!leader) {
			CHECK(setsid() == getpid());
			pids[0] = orphan();
			work_up();
			while (!pids[2])
				work_sleep(1);
			pids[1] = orphan();
			_exit(0);
		}
		CHECK(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
		pids[2] = 1;
		work_join(leader, 0);
		work_up();
		CHECK(waitpid(pids[0], NULL, 0) == pids[0]);
		CHECK(waitpid(pids[1], NULL, 0) == -1 && errno == ECHILD);
		_exit(0);
	}
	work_ready();
	for (i = 0; i < 2; i++)
		CHECK(kill(pids[i], SIGKILL) == 0);
	work_join(reaper, 0);
}

static long ctl(int what, long a, long b, long c)
{
	return syscall(SYS_keyctl, what, a, b, c, 0);
}

static long add_key(const char *name, long ring)
{
	return syscall(SYS_add_key, "user", name, "secret", 6, ring);
}

/* What two processes have is named once. */
ODD(session_keys)
{
	long key;
	pid_t pid;

	if (ctl(KEYCTL_JOIN_SESSION_KEYRING, (long)"crfs ring", 0, 0) < 0)
		work_skip("no keyrings");
	key = add_key("crfs-test", KEY_SPEC_SESSION_KEYRING);
	CHECK(key >= 0);
	pid = work_fork();
	if (!pid) {
		work_up();
		work_wait();
		_exit(0);
	}
	work_ready();
	CHECK_EQ(ctl(KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, (long)"user", (long)"crfs-test"), key);
	work_join(pid, 0);
}

/* Rings of users end with their user namespace. */
ODD(users_keys)
{
	long key, more;
	int fd;

	if (unshare(CLONE_NEWUSER))
		work_skip("no user namespaces");
	fd = odd_open("/proc/self/uid_map", O_WRONLY);
	odd_put(fd, "0 0 1");
	close(fd);
	key = add_key("crfs-test", KEY_SPEC_USER_KEYRING);
	if (key < 0)
		work_skip("no keyrings");
	more = add_key("crfs-test", KEY_SPEC_USER_SESSION_KEYRING);
	CHECK(more >= 0);
	work_ready();
	CHECK_EQ(ctl(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, (long)"user", (long)"crfs-test"), key);
	CHECK_EQ(ctl(KEYCTL_SEARCH, KEY_SPEC_USER_SESSION_KEYRING, (long)"user", (long)"crfs-test"), more);
}

/* What the kernel tells of pressure it tells by a trigger that was written into a file. */
ODD(pressure_trigger)
{
	static const char some[] = "some 500000 2000000";
	int fd = open("/proc/pressure/memory", O_RDWR), bare = open("/proc/pressure/memory", O_RDWR);
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	if (fd < 0 || write(fd, some, sizeof(some)) != (ssize_t)sizeof(some))
		work_skip("no pressure stall information here");
	work_ready();
	CHECK(write(fd, some, sizeof(some)) == -1 && errno == EBUSY);
	CHECK(poll(&p, 1, 0) >= 0 && !(p.revents & POLLERR));
	p.fd = bare;
	CHECK(poll(&p, 1, 0) == 1 && p.revents & POLLERR);
}

static int packet_on(int lo, bool stamps)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(0x9301), .sll_ifindex = lo };
	unsigned int how = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);

	CHECK(fd >= 0 && bind(fd, (void *)&a, sizeof(a)) == 0);
	CHECK(!stamps || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &how, sizeof(how)) == 0);
	return fd;
}

static void set_up(const char *name, bool up)
{
	struct ifreq r = { .ifr_flags = up ? IFF_UP : 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(r.ifr_name, name);
	CHECK(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &r) == 0);
	close(fd);
}

/* A packet socket has been told that its interface is down; in another's error queue is when it has sent something. */
ODD(packet_errors)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(0x9302), .sll_halen = 6 };
	struct pollfd p = { .events = POLLIN };
	char control[256];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	socklen_t len = sizeof(int);
	int down, sent, err = 0;

	CHECK(unshare(CLONE_NEWNET) == 0);
	to.sll_ifindex = if_nametoindex("lo");
	set_up("lo", true);
	down = packet_on(to.sll_ifindex, false);
	set_up("lo", false);
	set_up("lo", true);
	sent = packet_on(to.sll_ifindex, true);
	CHECK(sendto(sent, "x", 1, 0, (void *)&to, sizeof(to)) == 1);
	p.fd = sent;
	CHECK(poll(&p, 1, 5000) == 1 && p.revents == POLLERR);
	work_ready();
	CHECK(getsockopt(down, SOL_SOCKET, SO_ERROR, &err, &len) == 0);
	CHECK_EQ(err, ENETDOWN);
	CHECK(recvmsg(sent, &m, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0 && CMSG_FIRSTHDR(&m));
}

static void move_to(const char *dir, pid_t pid)
{
	char path[256], number[16];
	int fd;

	CHECK(snprintf(path, sizeof(path), "%s/cgroup.procs", dir) < (int)sizeof(path));
	snprintf(number, sizeof(number), "%d", pid);
	fd = odd_open(path, O_WRONLY);
	odd_put(fd, number);
	close(fd);
}

/* From a mount of its own, which is gone afterwards: who is in a cgroup stays there. @dir: below it, made or removed */
static void at_devices(const char *dir, bool make)
{
	const pid_t parent = getpid();
	pid_t pid = fork();
	char path[128];

	CHECK(pid >= 0);
	if (pid) {
		work_join(pid, 0);
		return;
	}
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    (mkdir("v1", 0755) && errno != EEXIST) || mount("none", "v1", "cgroup", 0, "devices"))
		_exit(make ? 0 : 1);
	CHECK(snprintf(path, sizeof(path), "v1/%s", dir) < (int)sizeof(path));
	CHECK(!make || mkdir(path, 0755) == 0);
	move_to(make ? path : "v1", parent);
	if (!make) {
		move_to("v1", getpid());
		while (rmdir(path))
			work_sleep(10);
	}
	_exit(0);
}

static bool in_devices(const char *dir)
{
	FILE *f = fopen("/proc/self/cgroup", "r");
	char line[4096];
	bool is = false;

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		is = is || (strstr(line, ":devices:") && strstr(line, dir));
	fclose(f);
	return is;
}

/* What limits a task in a hierarchy of version 1 is no file of the cgroup that is looked at. Two have it in common. */
ODD(cgroup_of_version_1)
{
	char dir[64];
	pid_t pid;

	snprintf(dir, sizeof(dir), "crfs-%d", getpid());
	at_devices(dir, true);
	if (!in_devices(dir))
		work_skip("no cgroups of version 1 here");
	pid = work_fork();
	if (!pid) {
		work_up();
		work_wait();
		_exit(0);
	}
	work_ready();
	CHECK(in_devices(dir));
	work_join(pid, 0);
	at_devices(dir, false);
}

/* The number in the next message of the error queue; a @zero one has it in another place than a time */
static uint32_t number_of(int fd, bool zero)
{
	char control[512], data[64];
	struct iovec v = { data, sizeof(data) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct sock_extended_err e = { .ee_errno = 0 };
	struct pollfd p = { .fd = fd };
	struct cmsghdr *c;

	CHECK(poll(&p, 1, 5000) == 1 && recvmsg(fd, &m, MSG_ERRQUEUE) >= 0);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR)
			memcpy(&e, CMSG_DATA(c), sizeof(e));
	CHECK(e.ee_origin == (zero ? SO_EE_ORIGIN_ZEROCOPY : SO_EE_ORIGIN_TIMESTAMPING));
	return e.ee_data;
}

static int udp_to_itself(int option, int value)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(fd >= 0 && bind(fd, (void *)&a, len) == 0 && getsockname(fd, (void *)&a, &len) == 0);
	CHECK(connect(fd, (void *)&a, len) == 0);
	CHECK(setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)) == 0);
	return fd;
}

static void tcp_to_itself(int fd[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(bind(l, (void *)&a, len) == 0 && listen(l, 1) == 0 && getsockname(l, (void *)&a, &len) == 0);
	CHECK(connect(fd[0], (void *)&a, len) == 0 && (fd[1] = accept(l, NULL, NULL)) >= 0);
	close(l);
}

static void send_and_hear(int to, int from, int flags)
{
	char c;

	CHECK(send(to, "x", 1, flags) == 1 && recv(from, &c, 1, 0) == 1);
}

/* What is sent has numbers that only the socket counts. Of those that have sent nothing yet nothing is lost. */
ODD(numbered)
{
	const int stamps = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
			   SOF_TIMESTAMPING_OPT_TSONLY;
	int zero = udp_to_itself(SO_ZEROCOPY, 1), stamp = udp_to_itself(SO_TIMESTAMPING, stamps);
	int fresh = udp_to_itself(SO_ZEROCOPY, 1), new = udp_to_itself(SO_TIMESTAMPING, stamps), tcp[2], idle[2];

	tcp_to_itself(tcp);
	tcp_to_itself(idle);
	CHECK(setsockopt(tcp[0], SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps)) == 0);
	CHECK(setsockopt(idle[0], SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps)) == 0);
	send_and_hear(zero, zero, MSG_ZEROCOPY);
	CHECK_EQ(number_of(zero, true), 0);
	send_and_hear(stamp, stamp, 0);
	CHECK_EQ(number_of(stamp, false), 0);
	send_and_hear(tcp[0], tcp[1], 0);
	CHECK_EQ(number_of(tcp[0], false), 0);
	work_ready();
	send_and_hear(zero, zero, MSG_ZEROCOPY);
	CHECK_EQ(number_of(zero, true), 1);
	send_and_hear(stamp, stamp, 0);
	CHECK_EQ(number_of(stamp, false), 1);
	send_and_hear(tcp[0], tcp[1], 0);
	CHECK_EQ(number_of(tcp[0], false), 1);
	send_and_hear(fresh, fresh, MSG_ZEROCOPY);
	CHECK_EQ(number_of(fresh, true), 0);
	send_and_hear(new, new, 0);
	CHECK_EQ(number_of(new, false), 0);
	send_and_hear(idle[0], idle[1], 0);
	CHECK_EQ(number_of(idle[0], false), 0);
}

/* Of each connection the listener keeps its first packet, until the program asks for it. */
ODD(saved_syn)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a), n = 256;
	int l = socket(AF_INET, SOCK_STREAM, 0), fd[4], one = 1;
	char syn[256];

	CHECK(setsockopt(l, IPPROTO_TCP, TCP_SAVE_SYN, &one, sizeof(one)) == 0);
	CHECK(bind(l, (void *)&a, len) == 0 && listen(l, 2) == 0 && getsockname(l, (void *)&a, &len) == 0);
	for (int i = 0; i < 4; i += 2) {
		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		CHECK(connect(fd[i], (void *)&a, len) == 0 && (fd[i + 1] = accept(l, NULL, NULL)) >= 0);
	}
	CHECK(getsockopt(fd[3], IPPROTO_TCP, TCP_SAVED_SYN, syn, &n) == 0 && n >= 40);
	work_ready();
	n = sizeof(syn);
	CHECK(getsockopt(fd[1], IPPROTO_TCP, TCP_SAVED_SYN, syn, &n) == 0 && n >= 40 && syn[0] == 0x45);
	n = sizeof(syn);
	CHECK(getsockopt(fd[3], IPPROTO_TCP, TCP_SAVED_SYN, syn, &n) == 0 && !n);
}

static void begin_one(void)
{
	pid_t pid = work_fork();

	if (!pid) {
		work_up();
		_exit(0);
	}
	work_join(pid, 0);
}

/* Is there news of a process that has begun? That some were missed is none. */
static bool told_of_fork(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[4096];
	int i;

	for (i = 0; i < 50; i++) {
		begin_one();
		if (poll(&p, 1, 100) == 1 && recv(fd, buf, sizeof(buf), 0) > 0)
			return true;
	}
	return false;
}

/* That it wants to be told of processes the kernel knows, and tells nobody. */
ODD(told_of_processes)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	struct {
		struct nlmsghdr h;
		struct cn_msg m;
		enum proc_cn_mcast_op op;
	} __attribute__((packed)) q = {
		.h = { .nlmsg_len = sizeof(q), .nlmsg_type = NLMSG_DONE },
		.m = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .len = sizeof(q.op) },
		.op = PROC_CN_MCAST_LISTEN,
	};
	int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_CONNECTOR);

	if (fd < 0 || bind(fd, (void *)&a, sizeof(a)) || send(fd, &q, sizeof(q), 0) != sizeof(q) || !told_of_fork(fd))
		work_skip("nobody is told of processes here");
	work_ready();
	CHECK(told_of_fork(fd));
}
