// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The yardsticks: read through /proc/<pid>/mem the pages that a mounted tree holds; or copy them to a file,
 * with process_vm_readv(2) and write(2) in pieces of 2 MiB. Prints bytes.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define CHUNK (1 << 20)
#define PIECE (2 << 20)

#define MMS 100000

/* By address space: the first task that has it. */
static void find_tasks(const char *top, int *pid)
{
	char path[4096], line[256];
	struct dirent *d;
	DIR *dir;
	long mm;

	snprintf(path, sizeof(path), "%s/tasks", top);
	dir = opendir(path);
	if (!dir)
		err(1, "%s", path);
	while ((d = readdir(dir))) {
		FILE *f;

		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/tasks/%s/status", top, d->d_name);
		f = fopen(path, "r");
		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "mm %ld", &mm) == 1 && mm > 0 && mm < MMS && !pid[mm])
				pid[mm] = atoi(d->d_name);
		if (f)
			fclose(f);
	}
	closedir(dir);
}

/* An extent is no longer than a piece. */
static size_t copy(int pid, unsigned long at, size_t size, char *buf, int out)
{
	struct iovec here = { buf, size }, there = { (void *)at, size };
	ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);

	if (got > 0 && write(out, buf, got) != got)
		err(1, "writing the copy");
	return got > 0 ? got : 0;
}

static size_t pages(const char *top, const char *id, int pid, char *buf, int out)
{
	char path[4096];
	struct dirent *d;
	size_t sum = 0;
	DIR *dir;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDONLY);
	if (mem < 0)
		err(1, "%s", path);
	snprintf(path, sizeof(path), "%s/mms/%s/pages", top, id);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		unsigned long at = strtoul(d->d_name, NULL, 16);
		struct stat st;
		off_t off;

		if (d->d_name[0] == '.' || fstatat(dirfd(dir), d->d_name, &st, 0))
			continue;
		if (out >= 0)
			sum += copy(pid, at, st.st_size < PIECE ? st.st_size : PIECE, buf, out);
		for (off = 0; off < st.st_size && out < 0; off += CHUNK) {
			size_t n = st.st_size - off < CHUNK ? st.st_size - off : CHUNK;
			ssize_t got = pread(mem, buf, n, at + off);

			sum += got > 0 ? got : 0;
		}
	}
	if (dir)
		closedir(dir);
	close(mem);
	return sum;
}

int main(int argc, char **argv)
{
	char path[4096], *buf = malloc(PIECE);
	int *pid = calloc(MMS, sizeof(*pid));
	struct dirent *d;
	size_t sum = 0;
	int out = -1;
	DIR *dir;

	if (argc < 2 || argc > 3 || !buf || !pid)
		errx(2, "usage: yard TREE [COPY]");
	if (argc == 3)
		out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (argc == 3 && out < 0)
		err(1, "%s", argv[2]);
	find_tasks(argv[1], pid);
	snprintf(path, sizeof(path), "%s/mms", argv[1]);
	dir = opendir(path);
	if (!dir)
		err(1, "%s", path);
	while ((d = readdir(dir)))
		if (d->d_name[0] != '.' && atol(d->d_name) < MMS)
			sum += pages(argv[1], d->d_name, pid[atol(d->d_name)], buf, out);
	printf("%zu\n", sum);
	return 0;
}
