// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unix listeners: absolute, relative, abstract, unlinked, linked elsewhere, of two names; stream and seqpacket; backlog,
 * options, mode. With an argument: one that has a name in another directory.
 */
#include "tests/work/work.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static int listener(int type, const char *name, size_t n, int backlog)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, type, 0);

	memcpy(a.sun_path, name, n);
	CHECK(s >= 0);
	CHECK(bind(s, (void *)&a, offsetof(struct sockaddr_un, sun_path) + n) == 0);
	/* SO_PEERCRED of who connects is this. */
	CHECK(setresgid(-1, 1002, -1) == 0 && setresuid(-1, 1001, -1) == 0);
	CHECK(listen(s, backlog) == 0);
	CHECK(setresuid(-1, 0, -1) == 0 && setresgid(-1, 0, -1) == 0);
	CHECK(prctl(PR_SET_DUMPABLE, 1) == 0);
	return s;
}

static void try(int s, int type, const char *name, size_t n)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int c = socket(AF_UNIX, type, 0), in;
	struct ucred who;
	socklen_t len = sizeof(who);
	char buf[4];

	memcpy(a.sun_path, name, n);
	CHECK(connect(c, (void *)&a, offsetof(struct sockaddr_un, sun_path) + n) == 0);
	CHECK(getsockopt(c, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0);
	CHECK_EQ(who.pid, getpid());
	CHECK_EQ(who.uid, 1001);
	CHECK_EQ(who.gid, 1002);
	CHECK(write(c, "abc", 3) == 3);
	in = accept(s, NULL, NULL);
	CHECK(in >= 0 && read(in, buf, 4) == 3 && !memcmp(buf, "abc", 3));
	close(in);
	close(c);
}

static int elsewhere(void)
{
	int s = listener(SOCK_STREAM, "here", 5, 1);

	CHECK(mkdir("there", 0755) == 0 && link("here", "there/too") == 0);
	work_ready();
	try(s, SOCK_STREAM, "here", 4);
	try(s, SOCK_STREAM, "there/too", 9);
	work_pass();
}

int main(int argc, char **argv)
{
	const char *id = getenv("CRFS_TEST_ID");
	char abstract[64] = "";
	size_t len_a = 1 + snprintf(abstract + 1, sizeof(abstract) - 1, "crfs-unix-listener-%s", id ? id : "");
	char path[108], *dir = getcwd(NULL, 0);
	int one = 1, rel, abso, abst, gone, linked, twice;
	socklen_t len = sizeof(one);
	struct stat st, too;

	if (argc > 1 && argv[1])
		return elsewhere();
	snprintf(path, sizeof(path), "%.90s/absolute", dir);
	unlink("relative");
	unlink(path);
	rel = listener(SOCK_STREAM, "relative", 8, 3);
	abso = listener(SOCK_SEQPACKET, path, strlen(path) + 1, 7);
	abst = listener(SOCK_STREAM | SOCK_NONBLOCK, abstract, len_a, 5);
	gone = listener(SOCK_STREAM, "gone", 4, 1);
	CHECK(unlink("gone") == 0 && chmod("relative", 0741) == 0);
	/* as who puts a socket where none may be seen that is not yet listening, and takes nobody's away */
	unlink("linked");
	linked = listener(SOCK_STREAM, "linked.new", 11, 4);
	CHECK(link("linked.new", "linked") == 0 && unlink("linked.new") == 0);
	unlink("twice");
	unlink("once more");
	twice = listener(SOCK_STREAM, "twice", 5, 2);
	CHECK(link("twice", "once more") == 0);
	CHECK(setsockopt(rel, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) == 0);
	work_ready();
	CHECK(stat("relative", &st) == 0 && S_ISSOCK(st.st_mode) && (st.st_mode & 07777) == 0741);
	one = 0;
	CHECK(getsockopt(rel, SOL_SOCKET, SO_PASSCRED, &one, &len) == 0 && one == 1);
	try(rel, SOCK_STREAM, "relative", 8);
	try(abso, SOCK_SEQPACKET, path, strlen(path) + 1);
	try(abst, SOCK_STREAM, abstract, len_a);
	try(linked, SOCK_STREAM, "linked", 7);
	CHECK(stat("twice", &st) == 0 && stat("once more", &too) == 0 && st.st_ino == too.st_ino && st.st_nlink == 2);
	try(twice, SOCK_STREAM, "twice", 5);
	try(twice, SOCK_STREAM, "once more", 9);
	CHECK(access("gone", F_OK) == -1 && access("linked.new", F_OK) == -1);
	CHECK(getsockopt(gone, SOL_SOCKET, SO_ACCEPTCONN, &one, &len) == 0 && one == 1);
	CHECK(fcntl(abst, F_GETFL) & O_NONBLOCK);
	work_pass();
}
