// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing what crtar reads of CRIU's images: those of golden trees, with bytes, ends and names changed.
 *
 * fuzz_criu [SECONDS [FIRST]]: as fuzz_crtar. Whatever comes in becomes a tree whose every byte can be
 * read, or is refused with a sentence, and nothing is left open.
 */
#include "criu.h"
#include "fuzz.h"
#include "golden.h"

#define ROUND_MAX 60
#define IMAGES 64
#define IMAGE_MOST (1 << 20)

/** struct images - a directory of them: @dir, and the names of what is in it */
struct images {
	char path[64];
	int dir;
	char *names[IMAGES];
	size_t n;
};

static void empty(const char *path)
{
	struct dirent **v;
	char file[512];
	int i, n = scandir(path, &v, NULL, NULL);

	for (i = 0; i < n; free(v[i++])) {
		snprintf(file, sizeof(file), "%s/%s", path, v[i]->d_name);
		if (*v[i]->d_name != '.')
			unlink(file);
	}
	if (n >= 0)
		free(v);
}

static void make_dir(struct images *m)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(m->path, sizeof(m->path), "%.40s/fuzz_criu.XXXXXX", tmp ? tmp : "/tmp");
	CHECK(mkdtemp(m->path));
	m->dir = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(m->dir >= 0);
}

static void remove_dir(struct images *m)
{
	empty(m->path);
	rmdir(m->path);
	close(m->dir);
	while (m->n)
		free(m->names[--m->n]);
}

/* Return: do images have a place for all of it? */
static bool export(const struct gtree *g, struct images *m)
{
	struct options opts = { .lossy = true };
	struct errlist why = { .text = NULL };
	struct tree *t = golden_stage(g);
	struct image im = { .tree = NULL };
	struct dirent **v;
	int i, n;

	*m = (struct images){ .n = 0 };
	make_dir(m);
	if (!image_read(t, tree_root(t), &opts, &why, false, &im))
		criu_export(&im, m->dir, &why);
	image_free(&im);
	tree_free(t);
	n = why.first ? 0 : scandir(m->path, &v, NULL, alphasort);
	for (i = 0; i < n; free(v[i++]))
		if (*v[i]->d_name != '.' && m->n < IMAGES)
			m->names[m->n++] = golden_mem(strdup(v[i]->d_name));
	if (n > 0)
		free(v);
	if (why.first)
		remove_dir(m);
	errlist_clear(&why);
	return m->n;
}

/* Changes what is in an image, in a copy of its own. */
static void change(const struct images *m, const struct images *to)
{
	const char *name = m->names[below(m->n)], *other = m->names[below(m->n)];
	static char buf[IMAGE_MOST];
	int fd = openat(m->dir, below(8) ? name : other, O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, buf, sizeof(buf));
	size_t i, n = below(4);

	CHECK(len >= 0);
	close(fd);
	for (i = 0; i < n && len; i++)
		switch (below(4)) {
		case 0:
			len = below(len);
			break;
		case 1:
			buf[below(len)] = below(2) ? 0xff : 0;
			break;
		default:
			buf[below(len)] ^= 1 << below(8);
		}
	unlinkat(to->dir, name, 0);
	if (!below(16))
		return;
	fd = openat(to->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, buf, len) == len);
	close(fd);
}

static void read_all(struct tree *t)
{
	struct options opts = { .lossy = true };
	struct errlist why = { .text = NULL };
	struct image im = { .tree = NULL };
	static char buf[64 << 10];
	struct node *n;
	off_t off;
	ssize_t got;

	image_read(t, tree_root(t), &opts, &why, false, &im);
	CHECK(!why.count || *why.text == 'E');
	image_free(&im);
	errlist_clear(&why);
	for (n = tree_root(t); n; n = tree_next(n, NULL))
		for (off = 0, got = 1; n->kind != NODE_DIR && off < n->size && got > 0 && off < IMAGE_MOST; off += got)
			got = node_pread(n, buf, sizeof(buf), off);
}

/** struct rounds - images to be changed, of @nr trees; @work: where they are when they are */
struct rounds {
	struct images *m, work;
	size_t nr;
};

static void one_round(void *arg)
{
	struct rounds *r = arg;
	const struct images *m = &r->m[below(r->nr)], *work = &r->work;
	struct tree *t = golden_mem(tree_new());
	struct pool pool = { .chunks = NULL };
	struct errlist why = { .text = NULL };
	size_t i, n = below(4);
	int before;

	for (i = 0; i < m->n; i++)
		CHECK(!linkat(m->dir, m->names[i], work->dir, m->names[i], 0));
	for (i = 0; i < n; i++)
		change(m, work);
	before = open_files();
	criu_import(work->dir, t, &pool, &why);
	CHECK(!why.first == !why.count);
	CHECK(!why.count || (why.text && *why.text == 'E'));
	if (!n && why.first) {
		fprintf(stderr, "nothing was changed, and yet: %s", why.text);
		abort();
	}
	if (!why.first)
		read_all(t);
	CHECK(open_files() == before);
	tree_free(t);
	pool_free(&pool);
	errlist_clear(&why);
	empty(work->path);
}

int main(int argc, char **argv)
{
	struct rounds r = { .nr = 0 };
	struct gtree *g;
	size_t n = golden_load(&g), i;

	r.m = golden_mem(calloc(n, sizeof(*r.m)));
	for (i = 0; i < n; golden_free(&g[i++]))
		r.nr += export(&g[i], &r.m[r.nr]);
	free(g);
	CHECK(r.nr > 0);
	make_dir(&r.work);
	printf("%lu rounds of %zu trees\n", fuzz(argc, argv, ROUND_MAX, one_round, &r), r.nr);
	while (r.nr--)
		remove_dir(&r.m[r.nr]);
	free(r.m);
	remove_dir(&r.work);
	return 0;
}
