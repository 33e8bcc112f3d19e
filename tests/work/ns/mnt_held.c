// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mounts that show namespaces, as ip-netns(8) makes them: networks that nobody is in (one is mounted twice), one in which a
 * process is, a host name, and those of the container itself.
 */
#include <sys/mount.h>
#include <sys/utsname.h>

#include "tests/work/work.h"

static void keep(const char *kind, const char *at)
{
	char from[64];
	int fd = open(at, O_CREAT | O_WRONLY | O_CLOEXEC, 0444);

	snprintf(from, sizeof(from), "/proc/thread-self/ns/%s", kind);
	CHECK(fd >= 0 && close(fd) == 0);
	CHECK(mount(from, at, NULL, MS_BIND, NULL) == 0);
}

static ino_t ino(const char *path)
{
	struct stat st;

	CHECK(stat(path, &st) == 0);
	return st.st_ino;
}

static void ip(const char *args)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "ip %s", args);
	CHECK_EQ(system(cmd), 0);
}

static int enter(const char *path, int kind)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	CHECK(fd >= 0);
	rc = setns(fd, kind);
	close(fd);
	return rc;
}

int main(void)
{
	struct utsname u;
	pid_t in_b;

	CHECK(mkdir("netns", 0755) == 0 && mount("none", "netns", "tmpfs", 0, "size=64k") == 0);
	keep("net", "netns/home");
	keep("uts", "netns/uts");
	CHECK(unshare(CLONE_NEWNET) == 0);
	keep("net", "netns/a");
	if (system("ip link add da type veth peer name za"))
		work_skip("no veth");
	keep("net", "netns/a2");
	CHECK(unshare(CLONE_NEWNET) == 0);
	keep("net", "netns/b");
	ip("link add db type veth peer name zb");
	in_b = work_fork();
	if (!in_b) {
		work_up();
		work_wait();
		work_sleep(200);
		_exit(3);
	}
	CHECK(enter("netns/home", CLONE_NEWNET) == 0);
	CHECK(unshare(CLONE_NEWUTS) == 0 && sethostname("mounted", 7) == 0);
	keep("uts", "netns/other");
	CHECK(enter("netns/uts", CLONE_NEWUTS) == 0);

	work_ready();

	CHECK(ino("netns/home") == ino("/proc/self/ns/net") && ino("netns/uts") == ino("/proc/self/ns/uts"));
	CHECK(ino("netns/a") == ino("netns/a2") && ino("netns/a") != ino("netns/b") && ino("netns/a") != ino("netns/home"));
	CHECK(enter("netns/b", CLONE_NEWNET) == 0);
	ip("link show db > /dev/null");
	CHECK(enter("netns/a2", CLONE_NEWNET) == 0);
	ip("link show da > /dev/null");
	work_join(in_b, 3);
	CHECK(umount("netns/a") == 0 && enter("netns/a2", CLONE_NEWNET) == 0);
	CHECK(uname(&u) == 0 && strcmp(u.nodename, "mounted"));
	CHECK(enter("netns/other", CLONE_NEWUTS) == 0 && uname(&u) == 0);
	CHECK_STR(u.nodename, "mounted");
	work_pass();
}
