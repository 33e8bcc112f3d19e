// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Something to measure: load mem MIB | procs N | threads N | vmas N | fds N | unix N | tcp N; says ready and sleeps.
 *
 * load warm MIB writes so much memory and ends. A virtual machine's free memory may be its host's by now (free page
 * reporting, two seconds after it was freed), and who takes it first pays five times for it, whoever that is.
 */
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int warm(size_t mib)
{
	size_t n = mib << 20, i;
	volatile char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	for (i = 0; i < n; i += 4096)
		p[i] = 1;
	return 0;
}

/* Pages that neither compress nor merge, written once. */
static void mem(size_t mib)
{
	size_t n = mib << 17, i;
	uint64_t *p = mmap(NULL, n * 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), x = 88172645463325252;

	if (p == MAP_FAILED)
		err(1, "mmap");
	for (i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = x;
	}
}

static void procs(long n)
{
	while (--n > 0) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (!pid)
			sleeper(NULL);
	}
}

static void threads(long n)
{
	pthread_attr_t a;
	pthread_t t;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 64 << 10);
	while (--n > 0)
		if (pthread_create(&t, &a, sleeper, NULL))
			errx(1, "pthread_create");
}

static void vmas(long n)
{
	char *p = mmap(NULL, n * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long i;

	if (p == MAP_FAILED)
		err(1, "mmap");
	for (i = 0; i < n; i += 2) {
		if (mprotect(p + i * 4096, 4096, PROT_READ | PROT_WRITE))
			err(1, "mprotect");
		p[i * 4096] = i;
	}
}

static void fds(long n)
{
	struct rlimit r = { n + 100, n + 100 };

	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	while (n-- > 0)
		if (open("/dev/null", O_RDONLY) < 0)
			err(1, "open");
}

static void many_files(long n)
{
	struct rlimit r;

	getrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_max < (rlim_t)n + 100)
		r.rlim_max = n + 100;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

static void unixes(long n)
{
	int p[2];

	for (many_files(n); n > 0; n -= 2)
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, p) < 0)
			err(1, "socketpair");
}

static void tcps(long n)
{
	int l = socket(AF_INET, SOCK_STREAM, 0), c;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);

	if (bind(l, (void *)&a, len) < 0 || listen(l, 16) < 0 || getsockname(l, (void *)&a, &len) < 0)
		err(1, "listen");
	for (many_files(n); n > 0; n -= 2) {
		c = socket(AF_INET, SOCK_STREAM, 0);
		if (c < 0 || connect(c, (void *)&a, len) < 0 || accept(l, NULL, NULL) < 0)
			err(1, "connect");
	}
}

int main(int argc, char **argv)
{
	long n = argc == 3 ? atol(argv[2]) : 0;

	if (n < 1)
		errx(2, "usage: load mem|procs|threads|vmas|fds|unix|tcp|warm N");
	if (argv[1][0] == 'w')
		return warm(n);
	switch (argv[1][0]) {
	case 'm': mem(n); break;
	case 'p': procs(n); break;
	case 't': (argv[1][1] == 'c' ? tcps : threads)(n); break;
	case 'u': unixes(n); break;
	case 'v': vmas(n); break;
	case 'f': fds(n); break;
	}
	if (write(1, "ready\n", 6) != 6)
		return 1;
	sleeper(NULL);
}
