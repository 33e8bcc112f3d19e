// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that is unlinked (default), replaced by another file, a memfd, or two of one name: it is
 * itself afterwards, and can be started from /proc/self/exe once more.
 */
#include "tests/work/work.h"

static void become(const char *how)
{
	char *const argv[] = { (char *)"prog", (char *)how, NULL };
	int from = open("/proc/self/exe", O_RDONLY), to, fd;
	char buf[65536];
	ssize_t n;

	CHECK(setenv("AGAIN", "1", 1) == 0);
	to = strcmp(how, "memfd") ? open("prog", O_CREAT | O_RDWR | O_EXCL, 0755) :
				    memfd_create("prog", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(from >= 0 && to >= 0);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		CHECK(write(to, buf, n) == n);
	CHECK_EQ(n, 0);
	close(from);
	if (!strcmp(how, "memfd"))
		CHECK(fcntl(to, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", to);
	fd = open(buf, O_RDONLY | O_CLOEXEC);
	close(to);
	fexecve(fd, argv, environ);
	work_fail(__FILE__, __LINE__, "fexecve");
}

static void starts_again(void)
{
	char *const argv[] = { (char *)"prog", (char *)"ends", NULL };
	pid_t p = fork();

	if (!p) {
		execv("/proc/self/exe", argv);
		_exit(99);
	}
	work_join(p, 42);
}

static void check(const char *tail, const struct stat *was)
{
	char link[4096], head[4];
	ssize_t n = readlink("/proc/self/exe", link, sizeof(link) - 1);
	struct stat st;
	int fd;

	CHECK(n >= (ssize_t)strlen(tail));
	link[n] = 0;
	CHECK_STR(link + n - strlen(tail), tail);
	CHECK(stat("/proc/self/exe", &st) == 0);
	CHECK_EQ(st.st_size, was->st_size);
	CHECK_EQ(st.st_mode, was->st_mode);
	CHECK_EQ(st.st_nlink, 0);
	fd = open("/proc/self/exe", O_RDONLY);
	CHECK(read(fd, head, 4) == 4 && !memcmp(head, "\177ELF", 4));
	close(fd);
	CHECK(open("/proc/self/exe", O_WRONLY) == -1 && errno == ETXTBSY);
	starts_again();
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "unlinked", *tail = "/prog (deleted)";
	struct stat st;
	pid_t child = 0;
	int fd;

	if (!strcmp(how, "ends"))
		return 42;
	if (!getenv("AGAIN"))
		become(how);
	unlink("prog");
	if (!strcmp(how, "replaced")) {
		fd = open("prog", O_CREAT | O_EXCL | O_WRONLY, 0600);
		CHECK(write(fd, "another", 7) == 7);
		close(fd);
	} else if (!strcmp(how, "memfd")) {
		tail = "/memfd:prog (deleted)";
	} else if (!strcmp(how, "two")) {	/* a child, of another file of that name; and one of that */
		child = fork();
		if (!child)
			become("child");
		while (access("up", F_OK))
			usleep(1000);
	} else if (!strcmp(how, "child")) {
		child = work_fork();
		if (!child) {
			CHECK(stat("/proc/self/exe", &st) == 0);
			work_up();
			work_wait();
			check(tail, &st);
			_exit(43);
		}
	}
	CHECK(stat("/proc/self/exe", &st) == 0);
	if (!strcmp(how, "child")) {
		close(open("up", O_CREAT | O_WRONLY, 0600));
		work_wait();
		work_join(child, 43);
		check(tail, &st);
		return 42;
	}
	work_ready();
	check(tail, &st);
	if (child)
		work_join(child, 42);
	if (!strcmp(how, "replaced"))
		CHECK(stat("prog", &st) == 0 && st.st_size == 7 && st.st_nlink == 1);
	work_pass();
}
