// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parts of a sysfs that is mounted as a whole nowhere any more, peers of each other, as systemd-nspawn has them in a
 * network of the container's own; and a process that has left for another network and other mounts, with those parts,
 * a device and a file that its own mounts hide, and another that is only on its way to it.
 */
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include "tests/work/work.h"

static const char *const parts[] = { "block", "bus", "class", "devices" };
#define N (sizeof(parts) / sizeof(parts[0]))

static char top[256];

static const char *in_top(const char *name)
{
	static char path[4][512];
	static int turn;
	char *p = path[turn++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", top, name);
	return p;
}

/* Peers, and of which group? 0: it is not mounted, or private */
static int group(const char *name)
{
	char line[4096], where[600];
	const char *p;
	FILE *f = fopen("/proc/self/mountinfo", "r");
	int n = 0;

	CHECK(f);
	snprintf(where, sizeof(where), " %s ", in_top(name));
	while (fgets(line, sizeof(line), f))
		if (strstr(line, where)) {
			p = strstr(line, " shared:");
			n = p ? atoi(p + 8) : 0;
		}
	fclose(f);
	return n;
}

static void is(int fd, const char *text)
{
	char buf[100] = "";

	CHECK(fd >= 0 && pread(fd, buf, sizeof(buf) - 1, 0) > 0);
	CHECK_STR(buf, text);
}

static void look(void)
{
	struct stat st;
	size_t i;

	is(open(in_top("class/net/lo/mtu"), O_RDONLY), "1234\n");
	is(open(in_top("devices/virtual/net/lo/mtu"), O_RDONLY), "1234\n");
	CHECK(access(in_top("bus/cpu"), F_OK) == 0);
	CHECK(stat(in_top("block"), &st) == 0 && S_ISDIR(st.st_mode));
	for (i = 0; i < N; i++)
		CHECK(group(parts[i]) == group("block"));
	CHECK(group("block"));
}

static int receive(int s)
{
	union { struct cmsghdr h; char room[CMSG_SPACE(sizeof(int))]; } c;
	char byte;
	struct iovec io = { &byte, 1 };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };
	int fd;

	CHECK_EQ(recvmsg(s, &m, 0), 1);
	memcpy(&fd, CMSG_DATA(&c.h), sizeof(fd));
	return fd;
}

static void send_fd(int s, int fd)
{
	union { struct cmsghdr h; char room[CMSG_SPACE(sizeof(int))]; } c = {
		.h = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS }
	};
	struct iovec io = { "x", 1 };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };

	memcpy(CMSG_DATA(&c.h), &fd, sizeof(fd));
	CHECK_EQ(sendmsg(s, &m, 0), 1);
}

static int note(const char *name)
{
	int fd = open(in_top(name), O_RDWR | O_CREAT, 0600);

	CHECK(fd >= 0 && write(fd, name, strlen(name)) == (ssize_t)strlen(name));
	return fd;
}

static void leave(int s)
{
	int null = open(in_top("dev/null"), O_RDONLY), file = note("dev/file"), sent;
	struct stat st;

	CHECK(null >= 0);
	CHECK(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0);
	CHECK(mount("none", in_top("dev"), "tmpfs", 0, NULL) == 0);
	CHECK(mknod(in_top("dev/null"), S_IFCHR | 0600, makedev(1, 3)) == 0);
	work_up();
	work_wait();
	look();
	CHECK(fstat(null, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) && st.st_uid == 7);
	CHECK(stat(in_top("dev/null"), &st) == 0 && st.st_uid == 0);
	is(file, "dev/file");
	CHECK(access(in_top("dev/file"), F_OK) != 0);
	sent = receive(s);
	is(sent, "dev/sent");
	_exit(0);
}

int main(void)
{
	int s[2], sent, fd;
	pid_t pid;
	size_t i;

	CHECK(getcwd(top, sizeof(top) - 10));
	strcat(top, "/top");
	CHECK(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0);
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mkdir(top, 0755) == 0 && mount("none", top, "tmpfs", 0, NULL) == 0);
	CHECK(mkdir(in_top("full"), 0755) == 0 && mount("sysfs", in_top("full"), "sysfs", 0, NULL) == 0);
	fd = open(in_top("full/class/net/lo/mtu"), O_WRONLY);
	CHECK(fd >= 0 && write(fd, "1234", 4) == 4);	/* by this it is known */
	close(fd);
	CHECK(mount(NULL, in_top("full"), NULL, MS_SHARED, NULL) == 0);
	for (i = 0; i < N; i++) {
		char from[64];

		snprintf(from, sizeof(from), "full/%s", parts[i]);
		CHECK(mkdir(in_top(parts[i]), 0755) == 0);
		CHECK(mount(in_top(from), in_top(parts[i]), NULL, MS_BIND, NULL) == 0);
	}
	CHECK(umount(in_top("full")) == 0);
	CHECK(mkdir(in_top("dev"), 0755) == 0 && mount("none", in_top("dev"), "tmpfs", 0, NULL) == 0);
	CHECK(mknod(in_top("dev/null"), S_IFCHR | 0600, makedev(1, 3)) == 0 && chown(in_top("dev/null"), 7, 7) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
	pid = work_fork();
	if (!pid) {
		close(s[0]);
		leave(s[1]);
	}
	close(s[1]);
	sent = note("dev/sent");
	send_fd(s[0], sent);
	close(sent);

	work_ready();

	look();
	CHECK(access(in_top("dev/sent"), F_OK) == 0);
	work_join(pid, 0);
	work_pass();
}
