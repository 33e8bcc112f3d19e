// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mappings side by side, whose pages travel together: content, protection and holes are each one's own,
 * and nothing that was not there comes to be. A child has some of them copy-on-write.
 */
#include "tests/work/work.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#define R PROT_READ
#define W PROT_WRITE
#define X PROT_EXEC
#define MAX 4096

/**
 * struct row - a mapping; the next one begins where it ends
 * @pages: what is in it; a number repeats what follows. d: bytes, z: zeros that were written, a hole
 *	('.'), one that was read (r), a guard (g); alone u: nothing is mapped, f: a private file,
 *	s: shared memory. '?' in front: it is not said which zeros come back as pages, and which as holes
 */
static const struct row {
	int prot;
	const char *pages;
} rows[] = {
	{ R | W, "2d.d" }, { R, "2dzdr" }, { PROT_NONE, "2d.d" },
	{ R, "4." }, { PROT_NONE, "6." }, { R, "4.d" },		/* 14, and two never touched */
	{ R | W, "d7." }, { R, "8.d" },				/* 15 */
	{ R | W, "d8." }, { R, "8.d" },				/* 16 */
	{ W, "d.d" }, { R | X, "d.d" }, { PROT_NONE, "d" }, { R | W, "." }, { PROT_NONE, "zd" },
	{ R | W, "d20z" }, { R, "20zd" }, { R | W, "2z.2z" }, { R, "16.d" },
	{ R | W, "?d10.z" }, { R, "?9.z9.d" }, { R | W, "?15.d" },
	{ R, "600d" }, { R | W, "d" },
	{ R, "dg" }, { R | W, "d" }, { R, "dg" }, { R | W, "gd" }, { R, "d.g" }, { R | W, "2.d" },
	{ R, "d" }, { R | W, "u" }, { R, "d" }, { R | W, "f" }, { R, "d" }, { R | W, "s" }, { R, "d" },
};
#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

/* What parent and child begin with; then the child has pages of its own, zeros, and holes. */
static const struct row both[] = {
	{ R | W, "d.z2d" }, { R, "d3zd" }, { R | W, "d.2d" }, { PROT_NONE, "2d.d" }, { R | W, "d2zd" },
};
#define BOTH ((int)(sizeof(both) / sizeof(both[0])))

static const char child[] = "d.zcd" "dzz0c" "c.hd" "dd.d" "d0zd";

static char *at[ROWS + 1], *shared_at[BOTH + 1];
static char kind[MAX];
static long was[ROWS];
static bool zero_page;		/* what was only read is no page of its own */

static int expand(const char *p, char *out)
{
	int n, len = 0;

	for (p += *p == '?'; *p; p++) {
		n = *p >= '0' && *p <= '9' ? strtol(p, (char **)&p, 10) : 1;
		CHECK(len + n < MAX);
		memset(out + len, *p, n);
		len += n;
	}
	return len;
}

static void make_page(char *p, char k)
{
	volatile char sum = 0;

	if (k == 'd' || k == 'c')
		work_fill(p, 4096, (uintptr_t)p + k);
	else if (k == 'z' || k == '0')
		memset(p, 0, 4096);
	else if (k == 'r')
		sum += *p;
	else if (k == 'h')
		CHECK(madvise(p, 4096, MADV_DONTNEED) == 0);
	else if (k == 'g' && madvise(p, 4096, MADV_GUARD_INSTALL))
		CHECK_EQ(errno, EINVAL);		/* before 6.13 */
}

static void *map(char *p, size_t n, int flags, int fd)
{
	void *m = mmap(p, n, R | W, flags, fd, 0);

	CHECK(m != MAP_FAILED);
	return m;
}

static void make_row(char *p, const struct row *r, int n)
{
	int i, fd = -1;

	if (*r->pages == 'u') {
		CHECK(munmap(p, 4096) == 0);
		return;
	}
	if (*r->pages == 'f') {
		fd = open("borders.bin", O_RDWR | O_CREAT, 0600);
		CHECK(fd >= 0 && ftruncate(fd, 4096) == 0);
		map(p, 4096, MAP_PRIVATE | MAP_FIXED, fd);
		close(fd);
	} else if (*r->pages == 's') {
		map(p, 4096, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1);
	}
	for (i = 0; i < n; i++)
		make_page(p + i * 4096L, strchr("fs", *r->pages) ? 'd' : kind[i]);
	CHECK(mprotect(p, n * 4096L, r->prot) == 0);
}

static void make(const struct row *r, int nr, char **where)
{
	/* From a page before 2 MiB on, so that every hole is in one extent's reach. */
	char *p = map(NULL, 16 << 20, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1), *base = p;
	int i, n;

	CHECK(madvise(p, 16 << 20, MADV_NOHUGEPAGE) == 0);
	p = (char *)(((uintptr_t)p + (4 << 20)) & ~((2ul << 20) - 1)) - 4096;
	CHECK(munmap(base, p - base) == 0);
	for (i = 0; i < nr; i++, p += n * 4096L) {
		n = expand(r[i].pages, kind);
		where[i] = p;
		make_row(p, &r[i], n);
	}
	where[nr] = p;
	CHECK(munmap(p, base + (16 << 20) - p) == 0);
}

/* Pages of its own, and protection, as /proc/self/smaps has them of a mapping that is from @p to @end. */
static long own_pages(const char *p, const char *end, int prot)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	bool here = false;
	char line[4096], perms[8];
	long kb = -1;

	CHECK(f);
	while (kb < 0 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, perms) == 3)
			here = from == (uintptr_t)p;
		if (here && !strncmp(line, "Anonymous:", 10))
			kb = atol(line + 10);
		if (!here || !strchr(line, '-'))
			continue;
		CHECK_EQ(to, (uintptr_t)end);
		CHECK_EQ(perms[0] == 'r', !!(prot & R));
		CHECK_EQ(perms[1] == 'w', !!(prot & W));
		CHECK_EQ(perms[2] == 'x', !!(prot & X));
	}
	fclose(f);
	CHECK(kb >= 0);
	return kb / 4;
}

static bool readable(const char *p)
{
	return syscall(SYS_access, p, F_OK) == 0 || errno != EFAULT;
}

static void check_page(const char *p, char k, bool guards)
{
	int i;

	if (k == 'g' && guards) {
		CHECK(!readable(p));
		return;
	}
	if (k == 'd' || k == 'c') {
		CHECK(work_same(p, 4096, (uintptr_t)p + k));
		return;
	}
	for (i = 0; i < 4096; i++)
		if (p[i])
			work_fail(__FILE__, __LINE__, "byte %d of %p is not zero", i, p);
}

static void check_row(int i, bool guards)
{
	int n = expand(rows[i].pages, kind), k;
	char *p = at[i];

	if (*kind == 'u') {
		CHECK(!readable(p));
		return;
	}
	CHECK(mprotect(p, n * 4096L, R) == 0);
	for (k = 0; k < n; k++)
		check_page(p + k * 4096L, strchr("fs", *kind) ? 'd' : kind[k], guards);
}

static int count(const char *s, int n, char a, char b)
{
	int k, sum = 0;

	for (k = 0; k < n; k++)
		sum += s[k] == a || s[k] == b;
	return sum;
}

/* Not even the page of zeros came into a hole. */
static void check_holes(int i)
{
	unsigned char there[MAX];
	int n = expand(rows[i].pages, kind), k;

	CHECK(mincore(at[i], n * 4096L, there) == 0);
	for (k = 0; k < n; k++)
		if (kind[k] == '.' && there[k] & 1)
			work_fail(__FILE__, __LINE__, "page %d of row %d is there", k, i);
}

/* What there is after is no more than was; in all, where it is not said which zeros are there. */
static void compare(void)
{
	long now, all = 0;
	int i;

	for (i = 0; i < ROWS; i++) {
		if (strchr("us", *rows[i].pages))
			continue;
		now = own_pages(at[i], at[i + 1], rows[i].prot);
		all += now - was[i];
		if (*rows[i].pages != '?')
			check_holes(i);
		if (*rows[i].pages != '?' && now > was[i])
			work_fail(__FILE__, __LINE__, "row %d has %ld pages, had %ld", i, now, was[i]);
	}
	CHECK(all <= 0);
}

/* There are kernels of virtual machines that give everybody pages of zeros of his own. */
static void find_zero_page(void)
{
	char *p = map(NULL, 3 * 4096, MAP_PRIVATE | MAP_ANONYMOUS, -1) + 4096;

	CHECK(munmap(p - 4096, 4096) == 0 && munmap(p + 4096, 4096) == 0);
	make_page(p, 'r');
	zero_page = own_pages(p, p + 4096, R | W) == 0;
	CHECK(munmap(p, 4096) == 0);
}

static void measure(void)
{
	int i, n;

	for (i = 0; i < ROWS; i++) {
		if (strchr("us", *rows[i].pages))
			continue;
		was[i] = own_pages(at[i], at[i + 1], rows[i].prot);
		n = expand(rows[i].pages, kind);
		CHECK_EQ(was[i], *kind == 'f' ? 1 :
			 count(kind, n, 'd', 'z') + (zero_page ? 0 : count(kind, n, 'r', 'r')));
	}
}

static void check_both(const char *changed)
{
	int i, k, n;

	for (i = 0; i < BOTH; i++)
		own_pages(shared_at[i], shared_at[i + 1], both[i].prot);
	for (i = 0; i < BOTH; i++) {
		n = expand(both[i].pages, kind);
		CHECK(mprotect(shared_at[i], n * 4096L, R) == 0);
		for (k = 0; k < n; k++)
			check_page(shared_at[i] + k * 4096L, changed ? *changed++ : kind[k], false);
	}
}

static void run_child(void)
{
	const char *c = child;
	char *p;
	int i;

	for (i = 0; i < BOTH; i++) {
		CHECK(mprotect(shared_at[i], shared_at[i + 1] - shared_at[i], R | W) == 0);
		for (p = shared_at[i]; p < shared_at[i + 1]; p += 4096, c++)
			if (strchr("c0h", *c))
				make_page(p, *c);
		CHECK(mprotect(shared_at[i], shared_at[i + 1] - shared_at[i], both[i].prot) == 0);
	}
	CHECK(!*c);
	work_up();
	work_wait();
	check_both(child);
	_exit(0);
}

int main(void)
{
	char *probe = map(NULL, 4096, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	bool guards = madvise(probe, 4096, MADV_GUARD_INSTALL) == 0;
	pid_t pid;
	int i;

	CHECK(munmap(probe, 4096) == 0);
	find_zero_page();
	make(both, BOTH, shared_at);
	pid = work_fork();
	if (pid == 0)
		run_child();
	make(rows, ROWS, at);
	measure();

	work_ready();

	compare();
	for (i = 0; i < ROWS; i++)
		check_row(i, guards);
	check_both(NULL);
	work_join(pid, 0);
	work_pass();
}
