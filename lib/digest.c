// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* XXH64 as a stream, and the lines of a manifest, in the form xxhsum -c and sha256sum -c read. */
#include "text.h"
#include <crfs/digest.h>

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/xxhash.h>
#define XXH64_state_t struct xxh64_state
#define XXH64_reset xxh64_reset
#define XXH64_update xxh64_update
#define XXH64_digest xxh64_digest
#else
/* Inlined, so that the layout of the state is that of the header and of no shared library. */
#define XXH_INLINE_ALL
#include <xxhash.h>
#endif

_Static_assert(sizeof(struct crfs_xxh64) >= sizeof(XXH64_state_t), "room for the state");

static const struct {
	const char *name;
	size_t size;
} algorithms[] = {
	[CRFS_XXH64]	= { "XXH64",	8 },
	[CRFS_SHA256]	= { "SHA256",	32 },
};

#define NR_ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))
#define PATH_LIMIT 4095

/**
 * crfs_xxh64_init() - begin to digest
 * @x: the state; may be copied and thrown away
 */
void crfs_xxh64_init(struct crfs_xxh64 *x)
{
	XXH64_state_t s;

	memset(&s, 0, sizeof(s));
	XXH64_reset(&s, 0);
	memcpy(x->state, &s, sizeof(s));
}

/**
 * crfs_xxh64_update() - digest the next bytes
 * @x: the state
 * @data: the bytes
 * @len: how many
 */
void crfs_xxh64_update(struct crfs_xxh64 *x, const void *data, size_t len)
{
	XXH64_state_t s;

	if (!len)
		return;
	memcpy(&s, x->state, sizeof(s));
	XXH64_update(&s, data, len);
	memcpy(x->state, &s, sizeof(s));
}

/**
 * crfs_xxh64_final() - the digest of the bytes so far; more may follow
 * @x: the state
 * @digest: 8 bytes, big endian as xxhsum prints them
 */
void crfs_xxh64_final(const struct crfs_xxh64 *x, __u8 digest[8])
{
	XXH64_state_t s;
	__u64 h;
	int i;

	memcpy(&s, x->state, sizeof(s));
	h = XXH64_digest(&s);
	for (i = 7; i >= 0; i--, h >>= 8)
		digest[i] = (__u8)h;
}

/** crfs_digest_size() - bytes of a digest, 0 for an unknown @algorithm */
size_t crfs_digest_size(__u8 algorithm)
{
	return algorithm < NR_ALGORITHMS ? algorithms[algorithm].size : 0;
}

/* A component of a path that leads down, and nowhere else. */
static bool good_name(const char *p, size_t n)
{
	return n && !(n == 1 && p[0] == '.') && !(n == 2 && p[0] == '.' && p[1] == '.');
}

static bool good_path(const char *p, size_t n)
{
	size_t i, from = 0;

	if (!n || n > PATH_LIMIT)
		return false;
	for (i = 0; i < n; i++) {
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f || p[i] == '\\')
			return false;
		if (p[i] != '/')
			continue;
		if (!good_name(p + from, i - from))
			return false;
		from = i + 1;
	}
	return good_name(p + from, n - from);
}

/**
 * crfs_write_digest() - print one line
 * @w: the text
 * @d: what to print
 *
 * Return: 0, or -EINVAL, with nothing printed, if the path is none that a checkpoint may have
 */
int crfs_write_digest(struct crfs_writer *w, const struct crfs_digest *d)
{
	const struct crfs_field hex = {
		.type = CRFS_BLOB,
		.offset = offsetof(struct crfs_digest, digest),
		.size = crfs_digest_size(d->algorithm),
	};

	if (!hex.size || !good_path(d->path.p, d->path.len))
		return -EINVAL;
	crfs_put(w, algorithms[d->algorithm].name, strlen(algorithms[d->algorithm].name));
	crfs_put(w, " (", 2);
	crfs_put(w, d->path.p, d->path.len);
	crfs_put(w, ") = ", 4);
	crfs_values[CRFS_BLOB].put(w, &hex, d);
	crfs_put_char(w, '\n');
	return 0;
}

/* The path may hold ") = " too, so the line is taken apart from both its ends. */
static const char *parse(char *p, size_t n, __u8 algorithm, struct crfs_digest *d)
{
	const char *name = algorithms[algorithm].name;
	struct crfs_field hex = {
		.offset = offsetof(struct crfs_digest, digest),
		.size = algorithms[algorithm].size,
	};
	size_t head = strlen(name) + 2, tail = 4 + 2 * (size_t)hex.size;
	const char *why;

	if (n < head + tail || memcmp(p + head - 2, " (", 2) || memcmp(p + n - tail, ") = ", 4))
		return "not a digest line";
	if (!good_path(p + head, n - head - tail))
		return "a path that no checkpoint has";
	why = crfs_values[CRFS_BLOB].get(&hex, p + n - tail + 4, tail - 4, d);
	if (why)
		return why;
	d->algorithm = algorithm;
	d->path = (struct crfs_str){ .p = p + head, .len = n - head - tail };
	return NULL;
}

static const char *parse_any(char *p, size_t n, struct crfs_digest *d)
{
	__u8 a;

	for (a = 0; a < NR_ALGORITHMS; a++) {
		size_t len = strlen(algorithms[a].name);

		if (n > len && p[len] == ' ' && !memcmp(p, algorithms[a].name, len))
			return parse(p, n, a, d);
	}
	return "unknown digest";
}

/**
 * crfs_read_digest() - parse the next line of a manifest
 * @r: a reader of nothing but such lines
 * @d: what it says; the path stands in the text, which stays as it is
 *
 * Return: 1, or 0 at the end, or -EINVAL with r->why and r->line
 */
int crfs_read_digest(struct crfs_reader *r, struct crfs_digest *d)
{
	struct crfs_digest found = { .algorithm = 0 };
	char *e = r->p;

	if (r->p == r->end)
		return 0;
	while (e < r->end && *e != '\n')
		e++;
	r->key = NULL;
	r->why = e == r->end ? "no newline at the end" : parse_any(r->p, e - r->p, &found);
	if (r->why)
		return -EINVAL;
	*d = found;
	r->p = e + 1;
	r->line++;
	return 1;
}
