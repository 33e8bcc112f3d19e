// SPDX-License-Identifier: GPL-2.0-or-later
/* Mappings of every kind, protection and flag; holes between them stay holes. */
#include "tests/work/work.h"

#define SZ (64 << 10)
#define MAPS 14

static void *m[MAPS];

static void *map(int prot, int flags, int fd, off_t off)
{
	void *p = mmap(NULL, SZ, prot, flags, fd, off);

	CHECK(p != MAP_FAILED);
	return p;
}

/*
 * What /proc/self/smaps says the mappings are: addresses, rights, flags. Neighbours that differ in
 * nothing are one (whether the kernel merges them depends on their history), and the kernel's own
 * mappings are left out: they move with its version.
 */
static size_t maps(char *buf, size_t size)
{
	char line[4096], attr[4096] = "", flags[256] = "", prev[4096] = "";
	unsigned long lo = 0, hi = 0, plo = 0, phi = 0, off, poff = 0;
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long ino = 0, a, b;
	char perms[8], *p;
	size_t n = 0;
	int k;

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		/* other lines may begin with a hex digit too: nothing of them may be kept */
		if (sscanf(line, "%lx-%lx %7s %lx %*s %lu %n", &a, &b, perms, &off, &ino, &k) >= 5) {
			lo = a;
			hi = b;
			/* the number of a deleted file is the kernel's to give */
			snprintf(attr, sizeof(attr), "%s %lu %.3000s", perms,
				 strstr(line + k, " (deleted)") ? 0 : ino, line + k);
			if (!ino)
				off = 0;
			continue;
		}
		if (sscanf(line, "VmFlags: %255[^\n]", flags) != 1 || strstr(attr, "[v"))
			continue;
		/* "ac", accounted: once a mapping was written to; relro is, by its linker */
		p = strstr(flags, "ac ");
		if (p)
			memmove(p, p + 3, strlen(p + 3) + 1);
		strncat(attr, flags, sizeof(attr) - strlen(attr) - 1);
		if (lo == phi && (!ino || off == poff + (lo - plo)) && !strcmp(attr, prev)) {
			phi = hi;
		} else {
			n += snprintf(buf + n, size - n, "%lx-%lx %lx %s\n", plo, phi, poff, prev);
			plo = lo;
			poff = off;
			phi = hi;
			strcpy(prev, attr);
		}
		CHECK(n < size);
	}
	n += snprintf(buf + n, size - n, "%lx-%lx %lx %s\n", plo, phi, poff, prev);
	CHECK(n < size);
	fclose(f);
	return n;
}

/* The kernel's answer, so that no handler is needed. */
static bool readable(void *p)
{
	return syscall(SYS_access, p, F_OK) == 0 || errno != EFAULT;
}

static char before[256 << 10], after[256 << 10];

int main(void)
{
	int fd = open("vmas.bin", O_RDWR | O_CREAT | O_TRUNC, 0600), i;
	char *big;

	CHECK(fd >= 0 && ftruncate(fd, 4 * SZ) == 0);
	for (i = 0; i < 4 * SZ; i += 4096)
		CHECK(pwrite(fd, &i, sizeof(i), i) == sizeof(i));
	m[0] = map(PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m[1] = map(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m[2] = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m[3] = map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m[4] = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	m[5] = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	m[6] = map(PROT_READ, MAP_SHARED, fd, 0);
	m[7] = map(PROT_READ | PROT_WRITE, MAP_SHARED, fd, SZ);
	m[8] = map(PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 2 * SZ);
	m[9] = map(PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 3 * SZ);
	m[10] = map(PROT_NONE, MAP_SHARED, fd, 0);
	m[11] = map(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	m[12] = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	/* One that was cut into pieces with different rights, and a hole. */
	big = m[13] = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(big, 'b', SZ);
	CHECK(mprotect(big + 8192, 4096, PROT_READ) == 0);
	CHECK(mprotect(big + 16384, 4096, PROT_NONE) == 0);
	CHECK(munmap(big + 32768, 4096) == 0);
	/* Written, then no longer writable; written, then not even readable. */
	CHECK(mprotect(m[1], SZ, PROT_READ | PROT_WRITE) == 0);
	memset(m[1], '1', SZ);
	CHECK(mprotect(m[1], SZ, PROT_READ) == 0);
	CHECK(mprotect(m[0], SZ, PROT_READ | PROT_WRITE) == 0);
	memset(m[0], '0', SZ);
	CHECK(mprotect(m[0], SZ, PROT_NONE) == 0);
	for (i = 2; i < 6; i++)
		work_fill(m[i], SZ, i);
	work_fill(m[7], SZ, 7);
	work_fill(m[8] + 4096, 4096, 8);
	work_fill(m[11], SZ, 11);
	close(fd);
	maps(before, sizeof(before));	/* once to warm stdio's memory */
	maps(before, sizeof(before));

	work_ready();

	maps(after, sizeof(after));
	if (strcmp(before, after)) {
		size_t k = 0, l = 0;

		for (; before[k] && before[k] == after[k]; k++)
			if (before[k] == '\n')
				l = k + 1;
		before[l + strcspn(before + l, "\n")] = 0;
		after[l + strcspn(after + l, "\n")] = 0;
		work_fail(__FILE__, __LINE__, "smaps: \"%s\" is now \"%s\"", before + l, after + l);
	}
	CHECK(!readable(m[0]) && readable(m[1]) && !readable(m[10]));
	CHECK(!readable(big + 16384) && !readable(big + 32768) && readable(big + 36864));
	CHECK(mprotect(m[0], SZ, PROT_READ) == 0);
	for (i = 0; i < SZ; i++)
		CHECK(((char *)m[0])[i] == '0' && ((char *)m[1])[i] == '1');
	for (i = 2; i < 6; i++)
		CHECK(work_same(m[i], SZ, i));
	CHECK(work_same(m[7], SZ, 7));
	CHECK(work_same(m[8] + 4096, 4096, 8));
	CHECK(*(int *)m[8] == 2 * SZ && *(int *)(m[8] + 8192) == 2 * SZ + 8192);
	CHECK(*(int *)m[9] == 3 * SZ);
	CHECK(work_same(m[11], SZ, 11));
	for (i = 0; i < SZ; i++)
		CHECK(((char *)m[12])[i] == 0);
	work_pass();
}
