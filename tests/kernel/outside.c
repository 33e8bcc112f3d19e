// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * outside CGROUP DIR LOG COMMAND...: the other ends of what stays outside, as tests/apps/outside.py has them, in a guest,
 * which has no python, and more kinds. COMMAND is tests/work/fd/external.c; or `odd`, built in: what cannot be declared.
 *
 * DIR/things has a line `name thing` for each, `replaced` others, to be given at the restore; what comes goes into DIR/heard.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST 3
#define MOST 16

static int given[MOST], nr_given, heard[MOST], nr_heard;
static FILE *things, *replaced;

static int good(int rc)
{
	if (rc >= 0)
		return rc;
	perror("outside");
	exit(1);
}

static unsigned long ino(int fd)
{
	struct stat st;

	good(fstat(fd, &st));
	return st.st_ino;
}

static __attribute__((format(printf, 2, 3))) void line(FILE *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
}

/* A path is said in both. */
static void at(const char *name, const char *dir, const char *is, const char *becomes)
{
	const char *top = *is == '/' ? "" : dir, *slash = *is == '/' ? "" : "/";

	line(things, "%s %s%s%s", name, top, slash, is);
	line(replaced, "%s %s%s%s", name, top, slash, becomes);
}

static void give(int fd)
{
	given[nr_given++] = good(fd);
}

static void hear(int fd)
{
	heard[nr_heard++] = good(fd);
}

/* Two connections of a kind, of which the container has an end of the first. */
static void pairs(const char *name, int type, bool by_peer)
{
	int a[2], b[2];

	good(socketpair(AF_UNIX, type, 0, a));
	good(socketpair(AF_UNIX, type, 0, b));
	give(a[1]);
	if (by_peer)
		line(things, "%s /proc/%d/fd/%d", name, getpid(), a[0]);
	else
		line(things, "%s socket:[%lu]", name, ino(a[0]));
	line(replaced, "%s /proc/%d/fd/%d", name, getpid(), b[1]);
	hear(a[0]);
	hear(b[0]);
}

static int connected(int l, int *theirs)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	int fd;

	good(getsockname(l, (struct sockaddr *)&a, &len));
	fd = good(socket(a.ss_family, SOCK_STREAM, 0));
	good(connect(fd, (struct sockaddr *)&a, len));
	*theirs = good(accept(l, NULL, NULL));
	return fd;
}

static void tcp(const char *name, const struct sockaddr *a, socklen_t len)
{
	int l = good(socket(a->sa_family, SOCK_STREAM, 0)), theirs, fd;

	good(bind(l, a, len));
	good(listen(l, 4));
	give(connected(l, &theirs));
	line(things, "%s socket:[%lu]", name, ino(given[nr_given - 1]));
	fd = connected(l, &theirs);
	line(replaced, "%s /proc/%d/fd/%d", name, getpid(), fd);
	close(l);
}

static void dgram(const char *dir)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int l = good(socket(AF_UNIX, SOCK_DGRAM, 0));

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/dgram", dir);
	good(bind(l, (struct sockaddr *)&a, sizeof(a)));
	hear(l);
	give(socket(AF_UNIX, SOCK_DGRAM, 0));
	good(connect(given[nr_given - 1], (struct sockaddr *)&a, sizeof(a)));
	at("dgram", dir, "dgram", "dgram");
}

static void file(const char *name)
{
	int fd = good(open(name, O_WRONLY | O_CREAT, 0644));

	good(write(fd, "what is in it\n", 14));
	close(fd);
}

/* What tests/work/fd/external.c knows, 3 to 9, and more. */
static void make(const char *dir)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int p[2], master, slave;
	char tty[64];

	good(pipe(p));
	give(p[1]);
	hear(p[0]);
	line(things, "pipe pipe:[%lu]", ino(p[0]));
	line(replaced, "pipe /proc/%d/fd/%d", getpid(), p[0]);
	good(openpty(&master, &slave, tty, NULL, NULL));
	give(slave);
	hear(master);
	at("terminal", dir, tty, tty);
	pairs("stream", SOCK_STREAM, true);
	dgram(dir);
	give(open("/dev/null", O_RDWR));
	file("file");
	file("file2");
	give(open("file", O_RDONLY));
	at("file", dir, "file", "file2");
	good(mkdir("dir", 0755) | mkdir("dir2", 0755));
	file("dir/inside");
	file("dir2/inside");
	give(open("dir", O_RDONLY));
	at("dir", dir, "dir", "dir2");

	pairs("seqpacket", SOCK_SEQPACKET, false);
	pairs("shut", SOCK_STREAM, false);
	good(shutdown(given[nr_given - 1], SHUT_WR));
	tcp("tcp", (struct sockaddr *)&a, sizeof(a));
	tcp("tcp6", (struct sockaddr *)&a6, sizeof(a6));
	good(mkfifo("fifo", 0644));
	give(open("fifo", O_RDWR));
	at("fifo", dir, "fifo", "fifo");
	give(open("/dev/kmsg", O_WRONLY));
	at("device", dir, "/dev/kmsg", "/dev/null");
	if (!access("/dev/ram1", F_OK)) {
		give(open("/dev/ram1", O_RDWR));
		at("block", dir, "/dev/ram1", "/dev/ram2");
	}
}

static void into(const char *cgroup, const char *log)
{
	char path[256], pid[16];
	int i, fd;

	for (i = 0; i < nr_given; i++)
		good(dup2(given[i], 100 + i));
	for (i = 0; i < nr_given; i++)
		good(dup2(100 + i, FIRST + i));
	good(dup2(good(open("/dev/null", O_RDONLY)), 0));
	fd = good(open(log, O_WRONLY | O_APPEND | O_CREAT, 0600));
	good(dup2(fd, 1));
	good(dup2(fd, 2));
	closefrom(FIRST + nr_given);
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = good(open(path, O_WRONLY));
	good(write(fd, pid, snprintf(pid, sizeof(pid), "%d", getpid())));
	close(fd);
	setsid();
}

/* In the container: what may not be declared, and a pipe with something in it */
static void odd(const char *cgroup, const char *log)
{
	struct sockaddr_un l = { AF_UNIX, "listens" }, n = { AF_UNIX, "named" };
	int p[2], fd[4];

	good(pipe(p));
	good(write(p[1], "hello", 5));
	give(p[0]);
	give(p[1]);
	line(things, "a pipe:[%lu]", ino(p[0]));
	fd[0] = good(socket(AF_UNIX, SOCK_STREAM, 0));
	good(bind(fd[0], (struct sockaddr *)&l, sizeof(l)));
	good(listen(fd[0], 1));
	fd[1] = good(socket(AF_UNIX, SOCK_DGRAM, 0));
	good(bind(fd[1], (struct sockaddr *)&n, sizeof(n)));
	fd[2] = good(socket(AF_INET, SOCK_STREAM, 0));
	fd[3] = good(socket(AF_INET, SOCK_DGRAM, 0));
	for (int i = 0; i < 4; i++) {
		give(fd[i]);
		line(things, "%c socket:[%lu]", 'b' + i, ino(fd[i]));
	}
	fclose(things);
	rename("things.new", "things");
	into(cgroup, log);
	printf("ready\n");
	fflush(stdout);
	while (access(getenv("CRFS_GO"), F_OK))
		usleep(20000);
	printf("pass\n");
}

/* What is asked is answered, all that comes is written down. */
static void serve(void)
{
	char buf[512] = "you said ";
	const size_t len = strlen(buf);
	struct pollfd p[MOST];
	int i, out = good(open("heard", O_WRONLY | O_APPEND | O_CREAT, 0600));
	ssize_t n;

	for (i = 0; i < nr_heard; i++)
		p[i] = (struct pollfd){ .fd = heard[i], .events = POLLIN };
	while (poll(p, nr_heard, -1) > 0)
		for (i = 0; i < nr_heard; i++) {
			if (!p[i].revents)
				continue;
			n = read(p[i].fd, buf + len, sizeof(buf) - len - 1);
			if (n <= 0) {
				p[i].fd = -1;
				continue;
			}
			if (!strncmp(buf + len, "stream", 6))
				good(write(p[i].fd, buf, len + n));
			if (buf[len + n - 1] != '\n')
				buf[len + n++] = '\n';
			good(write(out, buf + len, n));
		}
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 5)
		return 2;
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	good(chdir(argv[2]));
	things = fopen("things.new", "w");
	replaced = fopen("replaced", "w");
	if (!things || !replaced)
		return 1;
	if (!strcmp(argv[4], "odd")) {
		odd(argv[1], argv[3]);
		return 0;
	}
	make(argv[2]);
	fclose(things);
	fclose(replaced);
	if (!good(fork())) {
		signal(SIGCHLD, SIG_DFL);
		signal(SIGPIPE, SIG_DFL);
		into(argv[1], argv[3]);
		execv(argv[4], argv + 4);
		return 127;
	}
	for (i = 2; i < nr_given; i++)	/* the pipe and the terminal would end with the container */
		close(given[i]);
	rename("things.new", "things");
	serve();
	return 0;
}
