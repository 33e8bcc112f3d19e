// SPDX-License-Identifier: GPL-2.0-or-later
/* The yardstick: read through /proc/<pid>/mem the pages that a mounted tree holds; prints bytes. */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1 << 20)

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

static size_t pages(const char *top, const char *id, int pid, char *buf)
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
		for (off = 0; off < st.st_size; off += CHUNK) {
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
	char path[4096], *buf = malloc(CHUNK);
	int *pid = calloc(MMS, sizeof(*pid));
	struct dirent *d;
	size_t sum = 0;
	DIR *dir;

	if (argc != 2 || !buf || !pid)
		errx(2, "usage: yard TREE");
	find_tasks(argv[1], pid);
	snprintf(path, sizeof(path), "%s/mms", argv[1]);
	dir = opendir(path);
	if (!dir)
		err(1, "%s", path);
	while ((d = readdir(dir)))
		if (d->d_name[0] != '.' && atol(d->d_name) < MMS)
			sum += pages(argv[1], d->d_name, pid[atol(d->d_name)], buf);
	printf("%zu\n", sum);
	return 0;
}
