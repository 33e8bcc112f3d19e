/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The samples of Documentation/crfs.txt are what the rooms print, to the byte; no room lacks one. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <unistd.h>

#include <crfs/res/fd/common.h>

#include "check.h"
#include "resource.h"

#define SECTIONS 16

/* A room as crfs.txt names it: its path below res/. */
static const char *const places[NR_SCOPES] = {
	[PER_ROOT] = "root", [PER_THREAD] = "task", [PER_PROCESS] = "task",
	[PER_SIGHAND] = "task", [PER_FDTABLE] = "task", [PER_FS] = "task", [PER_MM] = "mm",
	[PER_FILE] = "fd", [PER_INODE] = "inode", [PER_NS] = "ns",
};

static void room_path(const struct resource *r, char *path, size_t size)
{
	const char *place = places[r->scope];

	/* The descriptor table is a file of a task, but stands with the descriptors. */
	if (r->scope == PER_FDTABLE)
		place = "fd";
	snprintf(path, size, "%s/%s", place, r->name);
}

static const struct resource *room_find(const char *name, size_t len, size_t *at)
{
	char path[128];

	for (*at = 0; resources[*at]; ++*at) {
		room_path(resources[*at], path, sizeof(path));
		if (strlen(path) == len && !memcmp(path, name, len))
			return resources[*at];
	}
	return NULL;
}

/* The sections of its file: the common one that says the type, then its own. */
static int shapes_of(const struct resource *r, const struct crfs_shape **s)
{
	int n = 0, i;

	if (r->scope == PER_FILE)
		s[n++] = &crfs_file_shape;
	if (r->scope == PER_INODE)
		s[n++] = &crfs_inode_shape;
	for (i = 0; r->shapes && r->shapes[i] && n < SECTIONS; i++)
		s[n++] = r->shapes[i];
	return n;
}

static int again_section(struct crfs_reader *rd, const struct crfs_shape *s, struct text *out)
{
	void *rec = calloc(1, s->size);
	int rc = rec ? crfs_read_section(rd, s) : -ENOMEM;

	if (!rc)
		text_section(out, s);
	while (!rc && (rc = crfs_read_rec(rd, s, rec)) > 0) {
		text_rec(out, s, rec);
		memset(rec, 0, s->size);
		rc = 0;
	}
	free(rec);
	return rc;
}

/* Parse @text, which is written to, and print what was read. */
static int again(const struct resource *r, struct crfs_reader *rd, char *text, size_t len,
		 struct text *out)
{
	const struct crfs_shape *shapes[SECTIONS];
	int n = shapes_of(r, shapes), i, rc = 0;

	crfs_reader_init(rd, text, len);
	for (i = 0; i < n && !rc; i++)
		rc = again_section(rd, shapes[i], out);
	return rc ? rc : crfs_read_end(rd);
}

/* A sample of another type would parse as well: "type eventfd" is its first line. */
static int typed(const struct resource *r, const char *text, size_t len)
{
	char first[64];
	size_t n;

	if (r->scope != PER_FILE && r->scope != PER_INODE)
		return 1;
	n = snprintf(first, sizeof(first), "type %s\n", r->name);
	return len >= n && !memcmp(text, first, n);
}

static void sample(const struct resource *r, const char *name, unsigned int line,
		   const struct text *t)
{
	struct text out = { .failed = false };
	struct crfs_reader rd;
	size_t len = t->w.len;
	char *copy = malloc(len + 1);
	int rc;

	if (!copy)
		exit(EXIT_FAILURE);
	memcpy(copy, t->w.buf, len);
	rc = again(r, &rd, copy, len, &out);
	if (rc)
		check(0, "%s: sample in line %u: %s%s%s", name, line + rd.line - 1, rd.why ?: "no memory",
		      rd.key ? " " : "", rd.key ?: "");
	else
		check(out.w.len == len && !memcmp(out.w.buf, t->w.buf, len) &&
		      typed(r, t->w.buf, len), "%s: sample in line %u", name, line);
	text_free(&out);
	free(copy);
}

/* One more line of a sample; where it grows it is printed the plain way. */
static void add(struct text *t, const char *p, size_t n)
{
	char *buf = realloc(t->w.buf, t->w.len + n);

	if (!buf)
		exit(EXIT_FAILURE);
	memcpy(buf + t->w.len, p, n);
	t->w.buf = buf;
	t->w.len += n;
}

/*
 * The lines behind a heading that are indented by four blanks; an empty line belongs to the sample
 * if it goes on after it.
 */
static void take(FILE *f, struct text *t, unsigned int *line)
{
	char *buf = NULL;
	size_t size = 0, empty = 0;
	long at = ftell(f);
	ssize_t n;

	while ((n = getline(&buf, &size, f)) > 0) {
		if (n == 1) {
			empty++;
			at = ftell(f);
			++*line;
			continue;
		}
		if (strncmp(buf, "    ", 4))
			break;
		for (; empty; empty--)
			if (t->w.len)
				add(t, "\n", 1);
		add(t, buf + 4, n - 4);
		at = ftell(f);
		++*line;
	}
	fseek(f, at, SEEK_SET);
	free(buf);
}

/* "Sample (task/creds):", to the colon */
static int heading(const char *line, const char **name, size_t *len)
{
	if (strncmp(line, "Sample (", 8))
		return 0;
	*name = line + 8;
	*len = strcspn(*name, ")");
	return !strcmp(*name + *len, "):\n");
}

static void every_sample(FILE *f, char *seen)
{
	char *buf = NULL;
	const struct resource *r;
	unsigned int line = 0;
	const char *name;
	size_t size = 0, len, at;

	while (getline(&buf, &size, f) > 0) {
		struct text t = { .failed = false };
		char path[128];
		unsigned int first;

		line++;
		if (!heading(buf, &name, &len) || len >= sizeof(path))
			continue;
		memcpy(path, name, len);
		path[len] = '\0';
		r = room_find(name, len, &at);
		first = line + 1;
		take(f, &t, &line);
		if (r) {
			seen[at] = 1;
			sample(r, path, first, &t);
		} else {
			check(0, "%s: sample in line %u: a room of that name", path, first);
		}
		text_free(&t);
	}
	free(buf);
}

/* Without an argument: beside the source, where the build (build/unit/samples_test) finds it. */
static FILE *document(int argc, char **argv)
{
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n;
	FILE *f;

	if (argc > 1)
		return fopen(argv[1], "re");
	f = fopen("Documentation/crfs.txt", "re");
	if (f)
		return f;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return NULL;
	self[n] = '\0';
	snprintf(path, sizeof(path), "%s/../../Documentation/crfs.txt", dirname(self));
	return fopen(path, "re");
}

int main(int argc, char **argv)
{
	FILE *f = document(argc, argv);
	char seen[256] = { 0 }, path[128];
	size_t i;

	if (!f) {
		check(0, "Documentation/crfs.txt can be opened: %s", strerror(errno));
		return check_exit();
	}
	every_sample(f, seen);
	fclose(f);
	for (i = 0; resources[i] && i < sizeof(seen); i++) {
		room_path(resources[i], path, sizeof(path));
		if (resources[i]->shapes)
			check(seen[i], "%s has a sample", path);
	}
	return check_exit();
}
