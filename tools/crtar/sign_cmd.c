// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar sign, and the part of crtar verify that needs a key. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crfs/format.h>

#include "aside.h"
#include "sign.h"

char *signature_name(const char *checkpoint, const struct key *k)
{
	size_t n = strlen(checkpoint);
	char *name;

	while (n > 1 && checkpoint[n - 1] == '/')
		n--;
	return asprintf(&name, "%.*s.%s", (int)n, checkpoint, k->mini ? "minisig" : "sig") < 0 ? NULL : name;
}

/* XXH64 finds what is broken, and not what somebody has forged. */
static int fit_to_sign(const struct source *s, struct err *e)
{
	size_t i;

	for (i = 0; i < s->man->n; i++)
		if (s->man->v[i].line.algorithm != CRFS_SHA256)
			return fail_on(e, -EINVAL, CRFS_MANIFEST, "line %zu: a digest that anybody can forge: make "
				       "it with digest=sha256, or crtar seal -o digest=sha256", i + 1);
	return 0;
}

int signature_check(struct source *s, const char *key_file, const char *file, struct err *e)
{
	char *sig = NULL, *name;
	size_t sig_len;
	struct key k;
	int r = key_read(key_file, false, &k, e);

	if (r < 0)
		return r;
	name = file ? strdup(file) : signature_name(s->name, &k);
	r = fit_to_sign(s, e);
	if (!r)
		r = name ? file_read(name, &sig, &sig_len, e) : fail(e, -ENOMEM, "memory for a name");
	if (!r) {
		r = sign_check(&k, s->man->text, s->man->file->size, sig, sig_len, e);
		if (r < 0)
			fail_on(e, r, name, "verify it");
	}
	key_free(&k);
	free(sig);
	free(name);
	return r;
}

/* The sum of its parts: without sound digests a signature of the manifest says nothing of the files. */
static int whole(struct source *s, struct errlist *why, struct err *e)
{

	if (source_open(s, why) < 0)
		return why->first;
	if (s->kind == SOURCE_CGROUP)
		return fail_on(e, -EINVAL, s->name, "a container has no digests yet: name a copy of it");
	if (source_manifest(s, why) < 0)
		return why->first;
	source_verify(s, why);
	return why->first ? why->first : fit_to_sign(s, e);
}

static int write_file(const char *name, const char *p, size_t n, struct err *e)
{
	struct aside a;
	ssize_t w;
	int r;

	if (!strcmp(name, "-"))
		return fwrite(p, 1, n, stdout) == n ? 0 : fail_on(e, -errno, name, "write it");
	r = aside_file(&a, name, e);
	if (r < 0)
		return r;
	w = write(a.fd, p, n);
	if (w != (ssize_t)n)
		r = fail_on(e, w < 0 ? -errno : -ENOSPC, name, "write it: make room for it");
	if (!r && aside_is_file(&a) && fchmod(a.fd, 0644) < 0)	/* it is for everybody */
		r = fail_on(e, -errno, name, "let others read it");
	return aside_done(&a, r, e);
}

static int sign(struct source *s, const char *key_file, const char *out, struct errlist *why, struct err *e)
{
	char *sig = NULL, *name = NULL;
	size_t sig_len;
	struct key k;
	int r = key_read(key_file, true, &k, e);

	if (r < 0)
		return r;
	if (!out && !strcmp(s->name, "-"))
		r = fail_on(e, -EINVAL, "-", "say with -o where the signature shall be");
	if (!r)
		r = whole(s, why, e);
	if (!r)
		r = sign_bytes(&k, s->man->text, s->man->file->size, s->name, &sig, &sig_len, e);
	if (!r) {
		name = out ? strdup(out) : signature_name(s->name, &k);
		r = name ? write_file(name, sig, sig_len, e) : fail(e, -ENOMEM, "memory for a name");
	}
	key_free(&k);
	free(sig);
	free(name);
	return r;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "key", required_argument, NULL, 'k' }, { "output", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 }
	};
	struct source s = { .bytes = BYTES_DIGEST, .dir = -1, .cg.dir = -1 };
	struct errlist why = { .text = NULL };
	struct err e = { .code = 0 };
	const char *key = NULL, *out = NULL;
	int o, end, r;

	while ((o = cmd_option(c, argc, argv, "k:o:", longs, &end)) != -1) {
		if (!o)
			return end;
		if (o == 'k')
			key = optarg;
		else
			out = optarg;
	}
	if (optind + 1 != argc || !key)
		return cmd_wrong(c, "it takes --key and one checkpoint");
	s.name = argv[optind];
	r = sign(&s, key, out, &why, &e);
	if (e.code)
		errlist_take(&why, &e);
	source_close(&s);
	say_all(&why);
	errlist_clear(&why);
	return r < 0 ? EXIT_NO : EXIT_YES;
}

const struct cmd cmd_sign = {
	.name = "sign",
	.args = "--key FILE [-o FILE] CHECKPOINT",
	.what = "sign the manifest of a checkpoint",
	.help = "  -k, --key FILE       secret Ed25519 key: of minisign, without a password, or PEM\n"
		"  -o, --output FILE    the signature, detached; else CHECKPOINT.minisig, or .sig for PEM\n"
		"\nThe manifest must have SHA-256 digests. minisign -V and openssl pkeyutl verify it, too.\n",
	.run = run,
};
