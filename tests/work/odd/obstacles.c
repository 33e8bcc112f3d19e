// SPDX-License-Identifier: GPL-2.0-or-later
/* What nobody but the program has, or has only for a moment: each is refused by name, and goes on unharmed. */
#include <linux/bpf.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/work/odd/odd.h"

#define PAGE 4096

ODD(secret_mapped)
{
	int fd = syscall(SYS_memfd_secret, 0);
	char *p;

	if (fd < 0)
		work_skip("no secret memory here");
	CHECK(ftruncate(fd, PAGE) == 0);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	close(fd);
	strcpy(p, "secret");
	work_ready();
	CHECK_STR(p, "secret");
}

ODD(userfaultfd_registered)
{
	struct uffdio_api api = { .api = UFFD_API };
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register r = { { (uintptr_t)p, PAGE }, UFFDIO_REGISTER_MODE_MISSING, 0 };
	struct uffdio_zeropage z = { { (uintptr_t)p, PAGE }, 0, 0 };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		work_skip("no userfaultfd here");
	CHECK(ioctl(fd, UFFDIO_API, &api) == 0 && ioctl(fd, UFFDIO_REGISTER, &r) == 0);
	work_ready();
	CHECK(ioctl(fd, UFFDIO_ZEROPAGE, &z) == 0);
	CHECK_EQ(*p, 0);
}

ODD(perf_mapped)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(a), .config = PERF_COUNT_SW_TASK_CLOCK };
	int fd = syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
	struct perf_event_mmap_page *p;

	if (fd < 0)
		work_skip("no perf events here");
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	close(fd);
	work_ready();
	CHECK(p->data_size == PAGE);
}

static void *breaks(void *path)
{
	close(open(path, O_WRONLY));
	return NULL;
}

/* Somebody wants to open it for writing, and waits for the lease to be given back. */
ODD(lease_breaking)
{
	int fd = odd_open("leased", O_RDONLY | O_CREAT);
	pthread_t t;

	CHECK(signal(SIGIO, SIG_IGN) != SIG_ERR);
	if (fcntl(fd, F_SETLEASE, F_RDLCK))
		work_skip("no leases here");
	CHECK(pthread_create(&t, NULL, breaks, "leased") == 0);
	while (fcntl(fd, F_GETLEASE) != F_UNLCK)
		usleep(1000);
	work_ready();
	CHECK(fcntl(fd, F_SETLEASE, F_UNLCK) == 0 || errno == EAGAIN);
	CHECK(pthread_join(t, NULL) == 0);
}

ODD(locked_pipe)
{
	int p[2];

	CHECK(pipe(p) == 0 && flock(p[0], LOCK_EX) == 0);
	work_ready();
	CHECK(flock(p[0], LOCK_UN) == 0);
}

/* It listens to what netfilter logs: bound by its port, which the kernel remembers. */
ODD(netfilter_log)
{
	struct {
		struct nlmsghdr h;
		struct nfgenmsg g;
		struct nlattr a;
		struct nfulnl_msg_config_cmd c;
	} q = { { sizeof(q), NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, NLM_F_REQUEST | NLM_F_ACK, 1, 0 },
		{ .nfgen_family = AF_UNSPEC, .res_id = htons(4321) },
		{ sizeof(q.a) + sizeof(q.c), NFULA_CFG_CMD }, { NFULNL_CFG_CMD_BIND } };
	struct { struct nlmsghdr h; struct nlmsgerr e; char more[100]; } answer;
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);

	if (s < 0 || send(s, &q, sizeof(q), 0) < 0 || recv(s, &answer, sizeof(answer), 0) < 0 || answer.e.error)
		work_skip("netfilter does not log here");
	work_ready();
	q.c.command = NFULNL_CFG_CMD_UNBIND;
	CHECK(send(s, &q, sizeof(q), 0) > 0 && recv(s, &answer, sizeof(answer), 0) > 0 && !answer.e.error);
}

/* A mount namespace of its own, and in it a tmpfs at "m" with a file that is open. */
static int on_a_tmpfs(void)
{
	int fd;

	CHECK(unshare(CLONE_NEWNS) == 0 && mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mkdir("m", 0700) == 0 && mount("tmpfs", "m", "tmpfs", 0, NULL) == 0);
	fd = odd_open("m/file", O_RDWR | O_CREAT);
	odd_put(fd, "what is in it");
	return fd;
}

static void still_has_it(int fd)
{
	char buf[20] = "";

	CHECK(pread(fd, buf, sizeof(buf), 0) == 13);
	CHECK_STR(buf, "what is in it");
}

/* The mount is gone but for the file that is open on it. */
ODD(on_what_was_unmounted)
{
	int fd = on_a_tmpfs();

	CHECK(umount2("m", MNT_DETACH) == 0);
	work_ready();
	still_has_it(fd);
}

ODD(mapped_of_what_was_unmounted)
{
	int fd = on_a_tmpfs();
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	CHECK(p != MAP_FAILED && close(fd) == 0 && umount2("m", MNT_DETACH) == 0);
	work_ready();
	CHECK(!memcmp(p, "what is in it", 13));
}

ODD(mounted_over)
{
	int fd = on_a_tmpfs();

	CHECK(mount("tmpfs", "m", "tmpfs", 0, NULL) == 0);
	work_ready();
	still_has_it(fd);
}

/* A directory in which it stands, of such a mount */
ODD(stands_in_what_was_unmounted)
{
	int fd = on_a_tmpfs();

	CHECK(chdir("m") == 0 && umount2("../m", MNT_DETACH) == 0);
	work_ready();
	still_has_it(fd);
	CHECK(access("file", R_OK) == 0);
}

/* A program that allows everything, attached to a cgroup below ours. Return: -1, or the descriptor of its link */
static int attach_below(const char *dir, int prog_type, int type, bool link)
{
	struct bpf_insn one[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 }, { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr load = { .prog_type = prog_type, .insns = (uintptr_t)one, .insn_cnt = 2,
				.license = (uintptr_t)"GPL" };
	int at = odd_open(dir, O_RDONLY | O_DIRECTORY), prog = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load)), fd;
	union bpf_attr join = { .link_create = { .prog_fd = prog, .target_fd = at, .attach_type = type } };
	union bpf_attr put = { .target_fd = at, .attach_bpf_fd = prog, .attach_type = type };

	if (prog < 0)
		work_skip("no BPF here");
	fd = link ? syscall(SYS_bpf, BPF_LINK_CREATE, &join, sizeof(join)) : syscall(SYS_bpf, BPF_PROG_ATTACH, &put, sizeof(put));
	if (fd < 0)
		work_skip("no BPF for cgroups here");
	close(at);
	close(prog);
	return link ? fd : -1;
}

/* A cgroup below ours */
static void cgroup_below(char dir[512])
{
	char line[512], mnt[256] = "", own[256] = "";
	FILE *f = fopen("/proc/self/mountinfo", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, " - cgroup2 ") && !*mnt)
			CHECK(sscanf(line, "%*s %*s %*s %*s %255s", mnt) == 1);
	fclose(f);
	f = fopen("/proc/self/cgroup", "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "0::%255s", own);
	fclose(f);
	snprintf(dir, 512, "%s%s/below", mnt, own);
	CHECK(mkdir(dir, 0755) == 0);
}

/* What nobody has open is attached all the same. */
ODD(cgroup_program)
{
	char dir[512];

	cgroup_below(dir);
	attach_below(dir, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, false);
	work_ready();
	CHECK(rmdir(dir) == 0);
}

/* Whoever makes a container says so which devices it may use; it stays as long as the cgroup. */
ODD(cgroup_devices)
{
	char dir[512];

	cgroup_below(dir);
	attach_below(dir, BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, false);
	work_ready();
	CHECK(rmdir(dir) == 0);
}

ODD(cgroup_link)
{
	char dir[512];
	int fd;

	cgroup_below(dir);
	fd = attach_below(dir, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, true);
	work_ready();
	CHECK(fcntl(fd, F_GETFD) >= 0 && close(fd) == 0 && rmdir(dir) == 0);
}

/* Who is called speaks TCP alone: the program has an MPTCP socket for all that, and its other end is TCP's. */
ODD(mptcp_fallen_back)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int l = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 262 /* IPPROTO_MPTCP */), s;
	socklen_t len = sizeof(a);
	char c;

	if (fd < 0)
		work_skip("no MPTCP here");
	CHECK(bind(l, (void *)&a, len) == 0 && listen(l, 1) == 0 && getsockname(l, (void *)&a, &len) == 0);
	CHECK(connect(fd, (void *)&a, len) == 0);
	s = accept(l, NULL, NULL);
	CHECK(s >= 0);
	work_ready();
	CHECK(send(fd, "m", 1, 0) == 1 && recv(s, &c, 1, 0) == 1 && c == 'm');
	CHECK(send(s, "t", 1, 0) == 1 && recv(fd, &c, 1, 0) == 1 && c == 't');
}

/* What no task has open, but a message has that waits. */
ODD(perf_in_flight)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(a), .config = PERF_COUNT_SW_TASK_CLOCK };
	int fd = syscall(SYS_perf_event_open, &a, 0, -1, -1, 0), pair[2], *got;
	union { struct cmsghdr h; char room[CMSG_SPACE(sizeof(int))]; } c = { 0 };
	struct iovec v = { "x", 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };
	char byte;

	if (fd < 0)
		work_skip("no perf events here");
	c.h = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(&c.h), &fd, sizeof(fd));
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && sendmsg(pair[0], &m, 0) == 1);
	close(fd);
	work_ready();
	v.iov_base = &byte;
	m.msg_controllen = sizeof(c);
	CHECK(recvmsg(pair[1], &m, 0) == 1 && m.msg_controllen >= CMSG_LEN(sizeof(int)));
	got = (int *)CMSG_DATA(&c.h);
	CHECK(fcntl(*got, F_GETFD) >= 0);
}

/* What a cgroup tells of pressure */
ODD(cgroup_pressure)
{
	static const char some[] = "some 500000 2000000";
	char dir[512], path[600];
	int fd;

	cgroup_below(dir);
	snprintf(path, sizeof(path), "%s/cpu.pressure", dir);
	fd = open(path, O_RDWR);
	if (fd < 0 || write(fd, some, sizeof(some)) != (ssize_t)sizeof(some))
		work_skip("no pressure stall information here");
	work_ready();
	CHECK(write(fd, some, sizeof(some)) == -1 && errno == EBUSY);
	CHECK(close(fd) == 0 && rmdir(dir) == 0);
}
