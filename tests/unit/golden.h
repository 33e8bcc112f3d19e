/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The golden trees as files in memory, and such files as the staged tree that the engine checks. */
#ifndef CRFS_GOLDEN_H
#define CRFS_GOLDEN_H

#include <cpuid.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"

#define GOLDEN "tests/golden"

/** struct gfile - a file: @size may be more than the @len bytes that there are (a payload) */
struct gfile {
	char *path;
	char *p;
	size_t len;
	off_t size;
};

struct gtree {
	char name[256];
	struct gfile *f;
	size_t n, room;
};

static inline void *golden_mem(void *p)
{
	if (!p)
		abort();
	return p;
}

/** golden_add() - a file more; takes over neither */
static inline struct gfile *golden_add(struct gtree *g, const char *path, const char *p, size_t len)
{
	struct gfile *f;

	if (g->n == g->room) {
		g->room = g->room ? 2 * g->room : 64;
		g->f = golden_mem(realloc(g->f, g->room * sizeof(*g->f)));
	}
	f = &g->f[g->n++];
	*f = (struct gfile){ .path = golden_mem(strdup(path)), .p = golden_mem(malloc(len + 1)),
			     .len = len, .size = len };
	memcpy(f->p, p, len);
	return f;
}

static inline void golden_set(struct gfile *f, const char *p, size_t len)
{
	char *copy = golden_mem(malloc(len + 1));

	memcpy(copy, p, len);
	free(f->p);
	f->p = copy;
	f->len = len;
	f->size = len;
}

static inline void golden_free(struct gtree *g)
{
	size_t i;

	for (i = 0; i < g->n; i++) {
		free(g->f[i].path);
		free(g->f[i].p);
	}
	free(g->f);
	*g = (struct gtree){ .f = NULL };
}

static inline void golden_load_file(struct gtree *g, const char *file, const char *path)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *p;

	if (fd < 0 || fstat(fd, &st))
		abort();
	p = golden_mem(malloc(st.st_size + 1));
	if (read(fd, p, st.st_size) != st.st_size)
		abort();
	golden_add(g, path, p, st.st_size);
	free(p);
	close(fd);
}

static inline void golden_load_dir(struct gtree *g, const char *dir, const char *below)
{
	struct dirent **v;
	char *file, *path;
	struct stat st;
	int i, n = scandir(dir, &v, NULL, alphasort);

	for (i = 0; i < n; i++) {
		if (asprintf(&file, "%s/%s", dir, v[i]->d_name) < 0 ||
		    asprintf(&path, "%s%s%s", below, *below ? "/" : "", v[i]->d_name) < 0)
			abort();
		if (*v[i]->d_name != '.' && !stat(file, &st)) {
			if (S_ISDIR(st.st_mode))
				golden_load_dir(g, file, path);
			else
				golden_load_file(g, file, path);
		}
		free(file);
		free(path);
		free(v[i]);
	}
	if (n >= 0)
		free(v);
}

static inline struct gfile *golden_find(struct gtree *g, const char *path)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (!strcmp(g->f[i].path, path))
			return &g->f[i];
	return NULL;
}

/* The processor is another one than where the tree was taken, and that shall not hide the rest. */
static inline void golden_this_cpu(struct gtree *g)
{
	struct gfile *h = golden_find(g, "header");
	unsigned int lo, hi, a, size, c, d;
	char text[4096], *x, *end;
	size_t i, n;

	if (!h || h->len > 2048)
		return;
	h->p[h->len] = '\0';
	x = strstr(h->p, "xfeatures ");
	end = strstr(h->p, "cgroup ");
	if (!x || !end)
		return;
	__asm__("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	__cpuid_count(0xd, 0, a, size, c, d);
	n = snprintf(text, sizeof(text), "%.*sxfeatures 0x%llx\nxstate_size %u\n%s", (int)(x - h->p),
		     h->p, (unsigned long long)hi << 32 | lo, size, end);
	golden_set(h, text, n);
	for (i = 0; i < g->n; i++) {
		char *name = strrchr(g->f[i].path, '/');

		if (!name || strcmp(name, "/xstate") || g->f[i].len == size)
			continue;
		x = golden_mem(calloc(1, size));
		memcpy(x, g->f[i].p, g->f[i].len < size ? g->f[i].len : size);
		golden_set(&g->f[i], x, size);
		free(x);
	}
}

/** golden_load() - all trees of all formats. Return: how many */
static inline size_t golden_load(struct gtree **out)
{
	struct gtree *v = NULL;
	struct dirent **formats, **trees;
	char *dir, *path;
	size_t nr = 0;
	int i, k, n = scandir(GOLDEN, &formats, NULL, alphasort), m;

	for (i = 0; i < n; free(formats[i++])) {
		if (*formats[i]->d_name != 'v')
			continue;
		if (asprintf(&dir, GOLDEN "/%s", formats[i]->d_name) < 0)
			abort();
		m = scandir(dir, &trees, NULL, alphasort);
		for (k = 0; k < m; free(trees[k++])) {
			if (*trees[k]->d_name == '.')
				continue;
			v = golden_mem(realloc(v, (nr + 1) * sizeof(*v)));
			v[nr] = (struct gtree){ .f = NULL };
			if (asprintf(&path, "%s/%s", dir, trees[k]->d_name) < 0)
				abort();
			snprintf(v[nr].name, sizeof(v[nr].name), "%.200s", path + sizeof(GOLDEN));
			golden_load_dir(&v[nr], path, "");
			free(path);
			golden_this_cpu(&v[nr]);
			nr++;
		}
		if (m >= 0)
			free(trees);
		free(dir);
	}
	if (n >= 0)
		free(formats);
	*out = v;
	return nr;
}

static inline ssize_t golden_pread(struct node *n, void *buf, size_t size, off_t off)
{
	size_t i, len = (uintptr_t)n->arg;
	const char *p = n->priv;

	if (off < 0 || off >= n->size)
		return 0;
	if ((off_t)size > n->size - off)
		size = n->size - off;
	for (i = 0; i < size; i++)
		((char *)buf)[i] = (size_t)off + i < len ? p[off + i] : 0;
	return size;
}

/* As stage_kind() has it. */
static inline bool golden_payload(const char *path)
{
	const char *name = strrchr(path, '/');

	return strstr(path, "/pages/") || (name && !strcmp(name, "/data"));
}

/* What the kernel lets be the name of a file. */
static inline bool golden_name(const char *name)
{
	return *name && strcmp(name, ".") && strcmp(name, "..") && strlen(name) < 256;
}

/** golden_stage() - the files as a staged tree; payloads stay @g's */
static inline struct tree *golden_stage(const struct gtree *g)
{
	static const struct payload_ops ops = { .pread = golden_pread };
	struct tree *t = golden_mem(tree_new());
	size_t i;

	for (i = 0; i < g->n; i++) {
		const struct gfile *f = &g->f[i];
		struct node *dir = tree_root(t), *next;
		char *path = golden_mem(strdup(f->path)), *name = path, *slash;
		char *text;

		for (; dir && (slash = strchr(name, '/')); name = slash + 1) {
			*slash = '\0';
			next = tree_find(t, dir, name);
			if (!golden_name(name) || (next && next->kind != NODE_DIR))
				dir = NULL;
			else if (!next)
				next = tree_dir(t, dir, name);
			dir = dir ? next : NULL;
		}
		if (dir && golden_name(name) && !tree_find(t, dir, name)) {
			if (golden_payload(f->path)) {
				tree_payload(t, dir, name, f->size, &ops, f->p, f->len);
			} else {
				text = golden_mem(malloc(f->len ? f->len : 1));
				memcpy(text, f->p, f->len);
				tree_text(t, dir, name, text, f->len);
			}
		}
		free(path);
	}
	return t;
}

/** golden_check() - restore_check() of it, in a cgroup that is none */
static inline int golden_check(const struct gtree *g, const struct options *opts, struct errlist *why)
{
	struct cgroup cg = { .dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
			     .path = (char *)"/golden", .inner = (char *)"/golden" };
	struct tree *t = golden_stage(g);
	int rc = restore_check(t, tree_root(t), &cg, opts, why);

	tree_free(t);
	close(cg.dir);
	return rc;
}

#endif
