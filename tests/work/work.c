// SPDX-License-Identifier: GPL-2.0-or-later
/* What every workload shares: say ready, wait to be told, check from inside, say pass. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "work.h"

static int up_fd = -1;

/* One write(2) a line, so that lines of several processes do not mix; no stdio buffer to fork. */
static void say(const char *fmt, va_list ap, const char *prefix)
{
	char buf[512];
	int n = snprintf(buf, sizeof(buf), "%s", prefix);

	n += vsnprintf(buf + n, sizeof(buf) - n - 1, fmt, ap);
	if (n > (int)sizeof(buf) - 2)
		n = sizeof(buf) - 2;
	buf[n++] = '\n';
	if (write(STDOUT_FILENO, buf, n) != n)
		_exit(2);
}

static void line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, "");
	va_end(ap);
}

bool work_told(void)
{
	/* Kept from the start: a workload may change its environment. */
	static const char *go;

	if (!go)
		go = getenv("CRFS_GO");
	return go && syscall(SYS_access, go, F_OK) == 0;
}

void work_wait(void)
{
	int err = errno;

	while (!work_told())
		work_sleep(10);
	errno = err;
}

void work_ready(void)
{
	work_told();
	line("ready");
	work_wait();
}

void work_pass(void)
{
	line("pass");
	_exit(0);
}

void work_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, "skip: ");
	va_end(ap);
	_exit(77);
}

/* What a workload sets in a namespace may not become the machine's. */
void work_own(const char *kind)
{
	const char *own = getenv("WORK_OWN");

	if (!own || strcmp(own, kind))
		work_skip("in no %s namespace of its own", kind);
}

void work_fail(const char *file, int lineno, const char *fmt, ...)
{
	int err = errno;
	char where[128];
	va_list ap;

	snprintf(where, sizeof(where), "fail: %s:%d: [errno %d] ", file, lineno, err);
	va_start(ap, fmt);
	say(fmt, ap, where);
	va_end(ap);
	_exit(1);
}

pid_t work_fork(void)
{
	int p[2];
	pid_t pid;
	char c;

	CHECK(pipe2(p, O_CLOEXEC) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		close(p[0]);
		up_fd = p[1];
		return 0;
	}
	close(p[1]);
	CHECK(read(p[0], &c, 1) == 1);
	close(p[0]);
	return pid;
}

void work_up(void)
{
	CHECK(write(up_fd, "", 1) == 1);
	close(up_fd);
	up_fd = -1;
}

void work_join(pid_t pid, int status)
{
	int st;

	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFEXITED(st));
	CHECK_EQ(WEXITSTATUS(st), status);
}

bool work_survives(void (*f)(void))
{
	int st;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		f();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return WIFEXITED(st);
}

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

void work_fill(void *buf, size_t len, uint64_t seed)
{
	unsigned char *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = mix(seed ^ (i >> 3)) >> (i % 8 * 8);
}

bool work_same(const void *buf, size_t len, uint64_t seed)
{
	const unsigned char *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != (unsigned char)(mix(seed ^ (i >> 3)) >> (i % 8 * 8)))
			return false;
	return true;
}

long work_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void work_sleep(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/*
 * Each CPU has a queue of its own, first come, first served; one of ours behind all. What answers (TCP) is behind
 * ours: hence several times.
 */
static void settle_here(int fd)
{
	struct timeval limit = { .tv_sec = 10 };
	int i;
	char c;

	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
	for (i = 0; i < 4; i++) {
		CHECK(send(fd, "", 1, 0) == 1);
		CHECK(recv(fd, &c, 1, 0) == 1);
	}
}

void work_settle(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = errno, i;
	socklen_t len = sizeof(a);
	cpu_set_t all, one;

	CHECK(fd >= 0 && bind(fd, (void *)&a, sizeof(a)) == 0 && getsockname(fd, (void *)&a, &len) == 0);
	CHECK(connect(fd, (void *)&a, sizeof(a)) == 0);
	CHECK(sched_getaffinity(0, sizeof(all), &all) == 0);
	for (i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(i, &one);
		CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
		settle_here(fd);
	}
	CHECK(sched_setaffinity(0, sizeof(all), &all) == 0);
	close(fd);
	errno = err;
}

const char *work_field(const char *file, const char *key)
{
	static char buf[4096];
	size_t n = strlen(key);
	FILE *f = fopen(file, "re");

	CHECK(f);
	while (fgets(buf, sizeof(buf), f)) {
		char *v = buf + n;

		if (strncmp(buf, key, n) || *v != ':')
			continue;
		fclose(f);
		v[strcspn(v, "\n")] = 0;
		return v + 1 + strspn(v + 1, " \t");
	}
	fclose(f);
	return "";
}
