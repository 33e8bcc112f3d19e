// SPDX-License-Identifier: GPL-2.0-or-later
/* Address spaces in odd states: huge and hollow, cut and moved, over files that changed below them. */
#include <pthread.h>
#include <setjmp.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "tests/work/odd/odd.h"

#define PG 4096UL
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf out;
static volatile int died_of;

static void died(int sig)
{
	died_of = sig;
	siglongjmp(out, 1);
}

/* touches() - the signal that reading (or writing) the byte at @p gives, or 0 */
static int touches(volatile char *p, bool write)
{
	signal(SIGBUS, died);
	signal(SIGSEGV, died);
	died_of = 0;
	if (!sigsetjmp(out, 1)) {
		if (write)
			*p = 'w';
		else
			(void)*p;
	}
	return died_of;
}

static char *map(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	char *p = mmap(at, n, prot, flags, fd, off);

	if (p == MAP_FAILED)
		work_fail(__FILE__, __LINE__, "mmap of %zu", n);
	return p;
}

#define RW (PROT_READ | PROT_WRITE)

static int file_of(const char *name, int pages)
{
	int fd = odd_open(name, O_CREAT | O_RDWR), i;
	char b[PG];

	for (i = 0; i < pages; i++) {
		work_fill(b, PG, 1000 + i);
		CHECK(write(fd, b, PG) == (ssize_t)PG);
	}
	return fd;
}

/* 30,000 borders of mappings, every tenth page with data. */
ODD(sixty_thousand_mappings)
{
	const size_t n = 60000;
	char *p = map(NULL, n * PG, RW, ANON | MAP_NORESERVE, -1, 0);
	size_t i;

	for (i = 0; i < n; i += 10)
		p[i * PG] = i / 10 % 251 + 1;
	for (i = 0; i < n; i += 2)
		CHECK(mprotect(p + i * PG, PG, PROT_READ) == 0);
	work_ready();
	for (i = 0; i < n; i += 10)
		CHECK_EQ((unsigned char)p[i * PG], i / 10 % 251 + 1);
	CHECK_EQ(touches(p + 40 * PG, true), SIGSEGV);
	CHECK_EQ(touches(p + 41 * PG, true), 0);
}

/* Terabytes of nothing, with pages far apart. */
ODD(hollow_terabytes)
{
	const size_t n = 16UL << 40;
	char *p = map(NULL, n, RW, ANON | MAP_NORESERVE, -1, 0), *s = map(NULL, 1UL << 40, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t i;

	for (i = 0; i < 64; i++)
		p[(n / 64) * i + i * PG] = i + 1;
	for (i = 0; i < 16; i++)
		s[(1UL << 36) * i + i * PG] = i + 1;
	work_ready();
	for (i = 0; i < 64; i++)
		CHECK_EQ(p[(n / 64) * i + i * PG], i + 1);
	for (i = 0; i < 16; i++)
		CHECK_EQ(s[(1UL << 36) * i + i * PG], i + 1);
	CHECK_EQ(p[n - 1] + s[(1UL << 40) - 1], 0);
}

/* The file was cut below private and shared mappings: what is behind its end is SIGBUS until it grows. */
ODD(cut_below)
{
	int fd = file_of("f", 8), i;
	char *priv = map(NULL, 8 * PG, RW, MAP_PRIVATE, fd, 0), *sh = map(NULL, 8 * PG, RW, MAP_SHARED, fd, 0);

	for (i = 0; i < 8; i++)
		priv[i * PG] = 'a' + i;
	CHECK(ftruncate(fd, 3 * PG + 100) == 0);
	work_ready();
	for (i = 0; i < 3; i++) {
		CHECK_EQ(priv[i * PG], 'a' + i);
		CHECK(work_same(sh + i * PG, PG, 1000 + i));
	}
	CHECK_EQ(priv[3 * PG], 'd');
	CHECK_EQ(touches(priv + 5 * PG, false), SIGBUS);
	CHECK_EQ(touches(sh + 4 * PG, false), SIGBUS);
	CHECK(ftruncate(fd, 8 * PG) == 0);
	CHECK_EQ(touches(priv + 5 * PG, true), 0);
	CHECK_EQ(sh[4 * PG], 0);
}

/* Written through a shared mapping and never synced; seen by read(2), by another mapping, and after its fd is gone. */
ODD(written_not_synced)
{
	int fd = file_of("f", 4), own = odd_open("f", O_RDONLY);
	char *w = map(NULL, 4 * PG, RW, MAP_SHARED, fd, 0), *r = map(NULL, 2 * PG, PROT_READ, MAP_SHARED, own, PG);

	close(fd);
	memcpy(w + PG, "new", 4);
	work_ready();
	CHECK_STR(r, "new");
	CHECK(lseek(own, PG, SEEK_SET) == (off_t)PG);
	odd_got(own, "new");
	memcpy(w + PG, "NEW", 4);
	CHECK_STR(r, "NEW");
	CHECK(mprotect(r, PG, RW) == -1 && errno == EACCES);	/* of a description that only reads */
}

/* The library was replaced under the program, as an upgrade does it; and its directory was renamed. */
ODD(upgraded_below)
{
	int fd, other;
	char *p, *q;

	CHECK(mkdir("lib", 0755) == 0 && mkdir("lib2", 0755) == 0);
	fd = file_of("lib/one", 3);
	other = file_of("lib2/two", 3);
	p = map(NULL, 3 * PG, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	q = map(NULL, 3 * PG, RW, MAP_PRIVATE, other, 0);
	q[PG] = 'q';
	close(fd);
	close(other);
	fd = odd_open("lib/new", O_CREAT | O_RDWR);
	odd_put(fd, "another one");
	close(fd);
	CHECK(rename("lib/new", "lib/one") == 0);
	CHECK(rename("lib2", "lib3") == 0);
	work_ready();
	CHECK(work_same(p, PG, 1000) && work_same(p + 2 * PG, PG, 1002));
	CHECK(work_same(q, PG, 1000) && q[PG] == 'q');
	fd = odd_open("lib/one", O_RDONLY);
	odd_got(fd, "another one");
	CHECK(access("lib3/two", R_OK) == 0);
}

ODD(brk_grown_and_shrunk)
{
	char *start = sbrk(0), *p;
	size_t i;

	CHECK(sbrk(1 << 20) == start);
	memset(start, 'b', 1 << 20);
	CHECK(sbrk(-(1 << 19) - 100) != (void *)-1);
	work_ready();
	p = sbrk(0);
	CHECK_EQ(p - start, (1 << 19) - 100);
	for (i = 0; i < (1 << 19) - 100; i++)
		CHECK(start[i] == 'b');
	CHECK(sbrk(1 << 20) == p);
	CHECK_EQ(start[(1 << 19) + PG], 0);
	CHECK(brk(start) == 0 && sbrk(0) == start);
}

/* Moved, grown, cut into pieces, and left behind empty: pages stand at offsets that are not theirs. */
ODD(moved)
{
	char *p = map(NULL, 16 * PG, RW, ANON, -1, 0), *q, *r, *hole;
	int fd = file_of("f", 8), i;
	char *f = map(NULL, 8 * PG, RW, MAP_PRIVATE, fd, 0);

	for (i = 0; i < 16; i++)
		memset(p + i * PG, i + 1, PG);
	f[3 * PG] = 'f';
	hole = map(NULL, 64 * PG, PROT_NONE, ANON, -1, 0);
	q = mremap(p + 4 * PG, 4 * PG, 8 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, hole + 16 * PG);
	CHECK(q == hole + 16 * PG);
	/* Not where the kernel likes: that may be what was just left. */
	r = mremap(p + 8 * PG, 4 * PG, 4 * PG, MREMAP_MAYMOVE | MREMAP_FIXED | 4 /* MREMAP_DONTUNMAP */, hole + 28 * PG);
	CHECK(r == hole + 28 * PG);
	CHECK(mremap(f + 2 * PG, 3 * PG, 3 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, hole + 40 * PG) == hole + 40 * PG);
	work_ready();
	for (i = 0; i < 4; i++)
		CHECK(p[i * PG] == i + 1 && q[i * PG] == i + 5 && r[i * PG] == i + 9 && p[(12 + i) * PG] == i + 13 && p[(8 + i) * PG] == 0);
	CHECK_EQ(q[5 * PG], 0);
	CHECK(hole[41 * PG] == 'f' && work_same(hole + 40 * PG, PG, 1002) && work_same(f + 5 * PG, PG, 1005));
	CHECK_EQ(touches(p + 4 * PG, false), SIGSEGV);
	CHECK_EQ(touches(hole + 15 * PG, false), SIGSEGV);
}

/* What cannot be read has data all the same. */
ODD(forbidden_with_data)
{
	char *p = map(NULL, 8 * PG, RW, ANON, -1, 0);
	int fd = file_of("f", 2);
	char *f = map(NULL, 2 * PG, RW, MAP_PRIVATE, fd, 0);
	char *x;

	work_fill(p, 8 * PG, 5);
	f[0] = 'z';
	CHECK(mprotect(p, 8 * PG, PROT_NONE) == 0 && mprotect(f, PG, PROT_NONE) == 0);
	CHECK(mprotect(p + 4 * PG, PG, PROT_WRITE) == 0);
	x = map(NULL, PG, RW, ANON, -1, 0);
	memcpy(x, "\xb8\x2a\0\0\0\xc3", 6);
	CHECK(mprotect(x, PG, PROT_EXEC) == 0);
	work_ready();
	CHECK_EQ(touches(p, false), SIGSEGV);
	CHECK_EQ(touches(f, false), SIGSEGV);
	CHECK_EQ(((int (*)(void))x)(), 42);
	CHECK(mprotect(p, 8 * PG, PROT_READ) == 0 && mprotect(f, PG, PROT_READ) == 0);
	CHECK(work_same(p, 8 * PG, 5));
	CHECK_EQ(f[0], 'z');
}

static int deep(int n)
{
	volatile char page[PG];

	memset((char *)page, n, PG);
	return n ? deep(n - 1) + page[7] - n % 256 : page[7];
}

/* The stack grows further, to its limit, and ends there with SIGSEGV. */
ODD(stack_grows_on)
{
	struct rlimit l = { 4 << 20, RLIM_INFINITY };
	static char alt[65536];
	stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt) };
	int st;
	pid_t p;

	CHECK(setrlimit(RLIMIT_STACK, &l) == 0);
	deep(20);
	work_ready();
	deep(900);
	p = fork();
	if (!p) {
		CHECK(sigaltstack(&ss, NULL) == 0);
		deep(1200);
		_exit(0);
	}
	CHECK(waitpid(p, &st, 0) == p && WIFSIGNALED(st) && WTERMSIG(st) == SIGSEGV);
}

static long locked(void)
{
	return atol(work_field("/proc/self/status", "VmLck"));
}

ODD(locked_for_ever)
{
	long before;
	char *p;

	CHECK(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
	p = map(NULL, 16 * PG, RW, ANON, -1, 0);
	CHECK(munlock(p, 8 * PG) == 0);
	before = locked();
	work_ready();
	CHECK_EQ(locked(), before);
	map(NULL, 32 * PG, RW, ANON, -1, 0);
	CHECK_EQ(locked(), before + 128);
	CHECK(munlockall() == 0);
	before = locked();
	map(NULL, 32 * PG, RW, ANON, -1, 0);
	CHECK_EQ(locked(), before);
}

/* One memfd written here and run there, as compilers do that want no page to be both. */
ODD(jit_two_views)
{
	int fd = syscall(SYS_memfd_create, "jit", 0x10 /* MFD_EXEC */);
	char *w, *x;

	if (fd < 0 && errno == EINVAL)	/* before 6.3 all memfds could be run */
		fd = syscall(SYS_memfd_create, "jit", 0);
	CHECK(fd >= 0 && ftruncate(fd, 4 * PG) == 0);
	w = map(NULL, 4 * PG, RW, MAP_SHARED, fd, 0);
	x = map(NULL, 4 * PG, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	close(fd);
	memcpy(w + PG, "\xb8\x07\0\0\0\xc3", 6);
	CHECK_EQ(((int (*)(void))(x + PG))(), 7);
	work_ready();
	CHECK_EQ(((int (*)(void))(x + PG))(), 7);
	w[PG + 1] = 9;
	CHECK_EQ(((int (*)(void))(x + PG))(), 9);
}

/* The lowest and the highest page that a program may have. */
ODD(last_pages)
{
	char *top = map((void *)0x7fffffffe000, PG, RW, ANON | MAP_FIXED, -1, 0);
	char *low = map((void *)0x10000, PG, RW, ANON | MAP_FIXED, -1, 0);

	strcpy(top, "top");
	strcpy(low, "low");
	work_ready();
	CHECK_STR(top, "top");
	CHECK_STR(low, "low");
}

/* Shared anonymous memory of a family, each with another part of it at another place. */
ODD(shared_by_parts)
{
	char *p = map(NULL, 16 * PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *q;
	pid_t kid[3];
	int i;

	for (i = 0; i < 16; i++)
		p[i * PG] = 'A' + i;
	for (i = 0; i < 3; i++) {
		kid[i] = work_fork();
		if (!kid[i]) {
			q = mremap(p + (4 + i) * PG, 2 * PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, p + 400 * PG);
			CHECK(q == p + 400 * PG);
			CHECK(munmap(p, (4 + i) * PG) == 0);
			CHECK(mprotect(q + PG, PG, PROT_READ) == 0);
			work_up();
			work_wait();
			CHECK(q[0] == 'A' + 4 + i);
			q[1] = '0' + i;
			_exit(touches(q + PG, true) == SIGSEGV ? i : 99);
		}
	}
	CHECK(munmap(p, 4 * PG) == 0);
	work_ready();
	for (i = 0; i < 3; i++) {
		work_join(kid[i], i);
		CHECK_EQ(p[(4 + i) * PG + 1], '0' + i);
	}
	CHECK_EQ(p[15 * PG], 'P');
}

/* Private mappings of a memfd and of /dev/zero, with what was changed; the memfd grows afterwards. */
ODD(private_of_the_nameless)
{
	int fd = memfd_create("m", MFD_ALLOW_SEALING), zero = odd_open("/dev/zero", O_RDWR);
	char *p, *z, *s;

	CHECK(ftruncate(fd, 4 * PG) == 0 && pwrite(fd, "base", 5, PG) == 5);
	p = map(NULL, 4 * PG, RW, MAP_PRIVATE, fd, 0);
	z = map(NULL, 4 * PG, RW, MAP_PRIVATE, zero, PG * 3);
	s = map(NULL, 4 * PG, RW, MAP_SHARED, zero, 0);
	close(zero);
	strcpy(p + 2 * PG, "own");
	strcpy(z + PG, "zero");
	strcpy(s + PG, "shared");
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK) == 0);
	work_ready();
	CHECK_STR(p + PG, "base");
	CHECK_STR(p + 2 * PG, "own");
	CHECK_STR(z + PG, "zero");
	CHECK_STR(s + PG, "shared");
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK);
	CHECK(ftruncate(fd, PG) == -1 && errno == EPERM);
	CHECK(write(fd, "x", 1) == -1 && errno == EPERM);
}

/* The clock without a system call goes on, from where the program knows it to be. */
ODD(vdso_at_work)
{
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
	struct timespec a, b;
	int i;

	CHECK(vdso && !memcmp((void *)vdso, "\177ELF", 4));
	clock_gettime(CLOCK_MONOTONIC, &a);
	work_ready();
	CHECK_EQ(getauxval(AT_SYSINFO_EHDR), vdso);
	for (i = 0; i < 1000; i++) {
		clock_gettime(CLOCK_MONOTONIC, &b);
		CHECK(b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec));
		a = b;
	}
	CHECK(b.tv_sec - a.tv_sec < 100);
}

static char *segment(int pages, char *at)
{
	int id = shmget(IPC_PRIVATE, pages * PG, 0600), i;
	char *p = shmat(id, at, 0);

	CHECK(id >= 0 && p != (void *)-1 && shmctl(id, IPC_RMID, NULL) == 0);
	for (i = 0; i < pages; i++)
		p[i * PG] = 'A' + i;
	return p;
}

/* How often the segment at @p, of which nothing else tells any more, is attached */
static int pieces(const char *p)
{
	unsigned long from, to, ino, of = 0;
	char line[512];
	int n = 0, i;

	for (i = 0; i < 2; i++) {
		FILE *f = fopen("/proc/self/maps", "r");

		while (f && fgets(line, sizeof(line), f)) {
			CHECK(sscanf(line, "%lx-%lx %*s %*s %*s %lu", &from, &to, &ino) == 3);
			if (!strstr(line, "/SYSV"))
				continue;
			if (from <= (unsigned long)p && (unsigned long)p < to)
				of = ino;
			n += i && ino == of;
		}
		fclose(f);
	}
	return n;
}

/* Parts of a System V segment where others were, of pages that no attachment at an address could have there. */
ODD(segment_in_pieces)
{
	char *room = map(NULL, 128 * PG, PROT_NONE, ANON, -1, 0) + 32 * PG, *p;
	char *low = (char *)0x10000, *top = (char *)0x7fffffffe000;
	int n;

	CHECK(munmap(room, 64 * PG) == 0);
	p = segment(32, room);
	CHECK(remap_file_pages(p, 2 * PG, 0, 8, 0) == 0);
	CHECK(remap_file_pages(p + 20 * PG, 4 * PG, 0, 2, 0) == 0);
	CHECK(mremap(p + 4 * PG, 2 * PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, p + 12 * PG) == p + 12 * PG);
	CHECK(mremap(p + 30 * PG, PG, PG, MREMAP_MAYMOVE | MREMAP_FIXED, low) == low);
	CHECK(mremap(p + 2 * PG, PG, PG, MREMAP_MAYMOVE | MREMAP_FIXED, top) == top);
	CHECK(mprotect(p + 21 * PG, PG, PROT_READ) == 0);
	n = pieces(p);
	work_ready();
	CHECK_EQ(pieces(p), n);
	CHECK(p[0] == 'A' + 8 && p[PG] == 'A' + 9 && p[3 * PG] == 'A' + 3 && p[12 * PG] == 'A' + 4 && p[13 * PG] == 'A' + 5);
	CHECK(p[20 * PG] == 'A' + 2 && p[23 * PG] == 'A' + 5 && *low == 'A' + 30 && *top == 'A' + 2);
	p[8 * PG] = 'x';
	*top = 'y';
	CHECK(p[0] == 'x' && p[20 * PG] == 'y');
	CHECK_EQ(touches(p + 4 * PG, false), SIGSEGV);
	CHECK_EQ(touches(p + 2 * PG, false), SIGSEGV);
	CHECK_EQ(touches(p + 21 * PG, true), SIGSEGV);
	/* what is detached is the attachment that began there, and no more */
	CHECK(shmdt(p) == 0);
	CHECK_EQ(touches(p + 6 * PG, false), SIGSEGV);
	CHECK(p[0] == 'x' && p[12 * PG] == 'A' + 4 && *low == 'A' + 30);
}

/* In a gap of a segment there is memory that a child has of its parent. */
ODD(segment_around)
{
	char *p = segment(16, NULL);
	pid_t kid;
	int i;

	map(p + 4 * PG, 4 * PG, RW, ANON | MAP_FIXED, -1, 0);
	work_fill(p + 4 * PG, 4 * PG, 7);
	CHECK(munmap(p + 10 * PG, PG) == 0);
	kid = work_fork();
	if (!kid) {
		work_up();
		work_wait();
		CHECK(work_same(p + 4 * PG, 4 * PG, 7) && p[3 * PG] == 'A' + 3 && p[15 * PG] == 'A' + 15);
		CHECK_EQ(touches(p + 10 * PG, false), SIGSEGV);
		p[PG] = 'c';
		_exit(0);
	}
	work_ready();
	work_join(kid, 0);
	CHECK(work_same(p + 4 * PG, 4 * PG, 7) && p[PG] == 'c');
	for (i = 0; i < 16; i++)
		CHECK((i >= 4 && i < 8) || i == 10 || i == 1 || p[i * PG] == 'A' + i);
}

/* A mapping that has grown further than what it shows: the segment has no such pages. */
ODD(segment_grown)
{
	char *room = map(NULL, 32 * PG, PROT_NONE, ANON, -1, 0), *p;

	CHECK(munmap(room, 32 * PG) == 0);
	p = segment(4, room);
	CHECK(mremap(p, 4 * PG, 8 * PG, 0) == p);
	work_ready();
	CHECK_EQ(p[3 * PG], 'D');
	CHECK_EQ(touches(p + 4 * PG, false), SIGBUS);
}

static void *waits(void *arg)
{
	char b;

	CHECK(read(*(int *)arg, &b, 1) == 0);
	return NULL;
}

/*
 * A child made by the call itself, of a program with threads that have not run since: what libc has of them is shared, and is
 * shared no more when one is asked a question.
 */
ODD(forked_of_threads)
{
	pthread_t t;
	int p[2];
	pid_t kid;

	CHECK(pipe(p) == 0 && pthread_create(&t, NULL, waits, &p[0]) == 0);
	usleep(200000);
	kid = syscall(SYS_fork);
	if (!kid)
		for (;;)
			syscall(SYS_pause);
	work_ready();
	CHECK(kill(kid, SIGKILL) == 0 && waitpid(kid, NULL, 0) == kid);
	close(p[1]);
	CHECK(pthread_join(t, NULL) == 0);
}
