// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing what crtar reads of CRIU's images: those of golden trees, with bytes, ends and names changed.
 *
 * fuzz_criu [SECONDS [FIRST]]: as fuzz_crtar. Whatever comes in becomes a tree whose every byte can be
 * read, or is refused with a sentence, and nothing is left open.
 */
#include <signal.h>
#include <sys/mman.h>
#include <time.h>

#include "check.h"
#include "criu.h"
#include "golden.h"

#define ROUND_MAX 60
#define IMAGES 64
#define IMAGE_MOST (1 << 20)

static unsigned long round_nr;

#define CHECK(c) do { \
	if (!(c)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #c); \
		abort(); \
	} \
} while (0)

void __sanitizer_set_death_callback(void (*f)(void)) __attribute__((weak));

static void say_round(void)
{
	fprintf(stderr, "in round %lu: fuzz_criu 0 %lu\n", round_nr, round_nr);
}

static void on_signal(int sig)
{
	fprintf(stderr, sig == SIGALRM ? "no end\n" : "aborted\n");
	say_round();
	_exit(1);
}

static size_t below(size_t n)
{
	return n ? check_random() % n : 0;
}

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
	if (!image_read(t, tree_root(t), &opts, &why, &im))
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

static int open_files(void)
{
	struct dirent **v;
	int i, n = scandir("/proc/self/fd", &v, NULL, NULL);

	for (i = 0; i < n; i++)
		free(v[i]);
	free(v);
	return n;
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

	image_read(t, tree_root(t), &opts, &why, &im);
	CHECK(!why.count || *why.text == 'E');
	image_free(&im);
	errlist_clear(&why);
	for (n = tree_root(t); n; n = tree_next(n, NULL))
		for (off = 0, got = 1; n->kind != NODE_DIR && off < n->size && got > 0 && off < IMAGE_MOST; off += got)
			got = node_pread(n, buf, sizeof(buf), off);
}

static void one_round(const struct images *m, struct images *work)
{
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
	unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
	unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	time_t end = time(NULL) + seconds;
	struct images *m, work = { .n = 0 };
	struct gtree *g;
	size_t n = golden_load(&g), i, nr = 0;

	signal(SIGALRM, on_signal);
	signal(SIGABRT, on_signal);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(say_round);
	round_nr = first;
	m = golden_mem(calloc(n, sizeof(*m)));
	for (i = 0; i < n; golden_free(&g[i++]))
		nr += export(&g[i], &m[nr]);
	free(g);
	CHECK(nr > 0);
	make_dir(&work);
	do {
		check_seed = (round_nr + 1) * 0x9e3779b97f4a7c15ULL;
		alarm(ROUND_MAX);
		one_round(&m[below(nr)], &work);
		round_nr++;
	} while (time(NULL) < end);
	printf("%lu rounds of %zu trees\n", round_nr - first, nr);
	while (nr--)
		remove_dir(&m[nr]);
	free(m);
	remove_dir(&work);
	return 0;
}
