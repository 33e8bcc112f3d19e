// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * User namespaces: maps, setgroups, owners, ids without a map, capabilities, one in another.
 *
 * Without an argument we make them ourselves; "inside": we are the first process of a container with
 * namespaces of all kinds that belong to a user namespace (tests/apps/contain.py), and have threads,
 * children that are other users, a tmpfs with their files, and a pid namespace in ours. "alone": the same, and
 * there is only one user.
 */
#include <grp.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/utsname.h>

#include "tests/work/work.h"

static void put(pid_t pid, const char *file, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* A child that writes our maps once we are in there */
static void enter(const char *uids, const char *gids, bool deny)
{
	pid_t self = getpid(), pid;
	int p[2], status;
	char c;

	CHECK(pipe(p) == 0);
	pid = fork();
	if (!pid) {
		CHECK(read(p[0], &c, 1) == 1);
		if (deny)
			put(self, "setgroups", "deny");
		put(self, "uid_map", uids);
		put(self, "gid_map", gids);
		_exit(0);
	}
	if (unshare(CLONE_NEWUSER))
		work_skip("no user namespaces");
	CHECK(prctl(PR_SET_DUMPABLE, 1) == 0);
	CHECK(write(p[1], "", 1) == 1 && waitpid(pid, &status, 0) == pid && status == 0);
	close(p[0]);
	close(p[1]);
}

/* What a process sees of itself and its namespaces */
static const char *state(void)
{
	static char text[2][8192];
	static int turn;
	char *t = text[turn++ % 2], line[512], link[64];
	static const char *const files[] = { "/proc/self/uid_map", "/proc/self/gid_map",
					     "/proc/self/setgroups", "/proc/self/status" };
	size_t i, n = 0;
	uid_t owner;
	int fd;

	for (i = 0; i < 4; i++) {
		FILE *f = fopen(files[i], "r");

		CHECK(f);
		while (fgets(line, sizeof(line), f))
			if (i < 3 || !strncmp(line, "Cap", 3) || !strncmp(line, "Uid", 3) || !strncmp(line, "Gid", 3) ||
			    !strncmp(line, "Groups", 6) || !strncmp(line, "NoNew", 5))
				n += snprintf(t + n, 8192 - n, "%s", line);
		fclose(f);
	}
	snprintf(link, sizeof(link), "/proc/self/ns/user");
	fd = open(link, O_RDONLY);
	CHECK(fd >= 0 && ioctl(fd, NS_GET_OWNER_UID, &owner) == 0);
	close(fd);
	snprintf(t + n, 8192 - n, "owner %u securebits %d\n", owner, prctl(PR_GET_SECUREBITS));
	return t;
}

static void keep_state(void)
{
	char before[8192];

	strcpy(before, state());
	work_up();
	work_wait();
	CHECK_STR(state(), before);
	_exit(0);
}

static void drop_some(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 1 << CAP_KILL, 1 << CAP_KILL | 1 << CAP_CHOWN, 1 << CAP_KILL } };

	CHECK(prctl(PR_CAPBSET_DROP, CAP_SYS_TIME) == 0);
	CHECK(syscall(SYS_capset, &h, d) == 0);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0);
}

static pid_t born(void (*how)(void))
{
	pid_t pid = work_fork();

	if (!pid) {
		how();
		keep_state();
	}
	return pid;
}

static void mapped(void)
{
	CHECK(setgroups(0, NULL) == 0);
	enter("0 100000 1000\n1000 5000 1\n", "0 100000 1000\n", false);
	CHECK(setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0);
	drop_some();
}

static void unmapped(void)
{
	gid_t g[2] = { 7, 8 };

	CHECK(setgroups(2, g) == 0 && setresgid(1234, 1234, 1234) == 0 && setresuid(1234, 1234, 1234) == 0);
	CHECK(unshare(CLONE_NEWUSER) == 0);
}

static void rootless(void)
{
	CHECK(setresgid(1234, 1234, 1234) == 0 && setresuid(1234, 1234, 1234) == 0);
	CHECK(unshare(CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWNS) == 0);
	CHECK(prctl(PR_SET_DUMPABLE, 1) == 0);
	put(getpid(), "setgroups", "deny");
	put(getpid(), "uid_map", "0 1234 1\n");
	put(getpid(), "gid_map", "0 1234 1\n");
	CHECK(sethostname("rootless", 8) == 0);
}

static void deeper(void)
{
	enter("5 10 20\n", "0 10 1\n", false);
	CHECK(setresuid(6, 6, 6) == 0);
}

/* One in another: whoever is in the first one stays there, so that its maps can be told. */
static void nested(void)
{
	pid_t pid;

	CHECK(setgroups(0, NULL) == 0);
	enter("0 200000 1000\n", "0 200000 1000\n", true);
	CHECK(setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0);
	pid = work_fork();
	if (!pid) {
		deeper();
		keep_state();
	}
}

static void *thread(void *arg)
{
	work_wait();
	CHECK_EQ(getuid(), 0);
	return arg;
}

static void user_33(void)
{
	gid_t g[2] = { 33, 40 };

	CHECK(setgroups(2, g) == 0 && setresgid(33, 33, 33) == 0 && setresuid(33, 34, 35) == 0);
}

static void inner_pids(void)
{
	CHECK(unshare(CLONE_NEWPID | CLONE_NEWUTS) == 0);
	if (!fork()) {
		CHECK(getpid() == 1);
		work_wait();
		CHECK(getpid() == 1);
		_exit(0);
	}
}

static int inside(void)
{
	struct utsname u;
	struct stat st;
	pid_t a, b, c;
	pthread_t t;

	CHECK(getpid() == 1 && getuid() == 0);
	CHECK(sethostname("inside", 6) == 0);
	mkdir("dir", 0755);
	CHECK(mount("mine", "dir", "tmpfs", 0, "size=1m,uid=3,mode=750") == 0);
	close(open("dir/file", O_CREAT | O_WRONLY, 0640));
	CHECK(chown("dir/file", 33, 40) == 0);
	CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
	a = born(user_33);
	b = born(drop_some);
	c = born(inner_pids);

	work_ready();

	CHECK(uname(&u) == 0);
	CHECK_STR(u.nodename, "inside");
	CHECK(stat("dir/file", &st) == 0 && st.st_uid == 33 && st.st_gid == 40);
	CHECK(stat("dir", &st) == 0 && st.st_uid == 3 && (st.st_mode & 07777) == 0750);
	CHECK(sethostname("more", 4) == 0);
	CHECK(mount("more", "dir", "tmpfs", 0, NULL) == 0);
	CHECK(chown("dir", 40, 40) == 0);
	work_join(a, 0);
	work_join(b, 0);
	work_join(c, 0);
	CHECK(pthread_join(t, NULL) == 0);
	work_pass();
}

/* Who has made it is the only user in it, and has groups that have no number here. */
static int alone(void)
{
	char before[8192];
	pthread_t t;
	pid_t a;

	CHECK(getpid() == 1 && getuid() == 0);
	CHECK(sethostname("alone", 5) == 0);
	mkdir("dir", 0755);
	CHECK(mount("mine", "dir", "tmpfs", 0, "size=1m") == 0);
	close(open("dir/file", O_CREAT | O_WRONLY, 0640));
	CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
	a = born(drop_some);
	strcpy(before, state());

	work_ready();

	CHECK_STR(state(), before);
	CHECK(access("dir/file", R_OK | W_OK) == 0);
	CHECK(mount("more", "dir", "tmpfs", 0, NULL) == 0);
	work_join(a, 0);
	CHECK(pthread_join(t, NULL) == 0);
	work_pass();
}

int main(int argc, char **argv)
{
	pid_t a, b, c, d;

	if (argc > 1 && !strcmp(argv[1], "inside"))
		return inside();
	if (argc > 1 && !strcmp(argv[1], "alone"))
		return alone();
	a = born(mapped);
	b = born(unmapped);
	c = born(rootless);
	d = born(nested);

	work_ready();

	work_join(a, 0);
	work_join(b, 0);
	work_join(c, 0);
	work_join(d, 0);
	work_pass();
}
