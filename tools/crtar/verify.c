// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar verify: every digest, and whether the tree agrees with itself. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "image_check.h"
#include "json.h"
#include "look.h"
#include "sign.h"
#include "verify.h"

/* An extent belongs to mappings, all of it. */
static bool is_mapped(const struct crfs_vma *v, size_t n, uint64_t start, uint64_t end)
{
	size_t i;

	for (i = 0; i < n && start < end; i++)
		if (v[i].start <= start && start < v[i].end)
			start = v[i].end;
	return start >= end;
}

static void check_extents(struct image *im, const struct iobj *mm)
{
	size_t n;
	const struct crfs_vma *v = look_maps(mm, &n);
	struct node *x = NULL;
	uint64_t start;

	while ((x = image_extent(mm, x, &start)))
		if (x->size <= 0 || !is_mapped(v, n, start, start + x->size))
			image_mismatch(im, -EINVAL, mm->path, "pages/%s: %jd bytes that no mapping has: copy "
				       "the checkpoint again", x->name, (intmax_t)x->size);
}

static void check_maps(struct image *im, const struct iobj *mm)
{
	size_t i, n;
	const struct crfs_vma *v = look_maps(mm, &n);

	for (i = 0; i < n; i++) {
		if (v[i].start >= v[i].end || (i && v[i].start < v[i - 1].end))
			image_mismatch(im, -EINVAL, mm->path, "maps: 0x%" PRIx64 ": not a range behind the "
				       "one before: copy the checkpoint again", (uint64_t)v[i].start);
		if (v[i].inode && !image_obj(im, IOBJ_INODE, v[i].inode))
			image_mismatch(im, -ENOENT, mm->path, "maps: inode %u: there is no inodes/%u: copy "
				       "the checkpoint again", v[i].inode, v[i].inode);
	}
	check_extents(im, mm);
}

static void check_fds(struct image *im, const struct iobj *task)
{
	size_t i, n;
	const struct crfs_fd *f = look_fds(task, &n);

	for (i = 0; i < n; i++)
		if (!image_obj(im, IOBJ_FILE, f[i].file))
			image_mismatch(im, -ENOENT, task->path, "fds: file %u: there is no files/%u: copy the "
				       "checkpoint again", f[i].file, f[i].file);
}

int verify_tree(struct source *s, struct errlist *why)
{
	struct image im = { .tree = NULL };
	struct options opts = { .lossy = true };
	struct plan p;
	size_t i;

	if (!image_read(s->tree, s->top, &opts, why, false, &im)) {
		image_relate(&im, &p);
		for (i = 0; i < im.nr[IOBJ_MM]; i++)
			check_maps(&im, &im.objs[IOBJ_MM][i]);
		for (i = 0; i < im.nr[IOBJ_TASK]; i++)
			check_fds(&im, &im.objs[IOBJ_TASK][i]);
	}
	image_free(&im);
	return why->first;
}

static int verify(struct source *s, const char *key, const char *sig, struct errlist *why)
{
	struct err e = { .code = 0 };

	progress_begin(&s->progress, false);
	if (source_open(s, why) < 0)
		return why->first;
	if (s->kind == SOURCE_CGROUP) {
		errlist_add(why, -EINVAL, s->name, "a container has no digests yet: name a copy of it");
		return why->first;
	}
	if (!source_manifest(s, why)) {
		if (key && signature_check(s, key, sig, &e) < 0)
			errlist_take(why, &e);
		source_verify(s, why);
	}
	if (s->top && (!s->man || !s->man->missing))
		verify_tree(s, why);
	return why->first;
}

static void print_json(const struct source *s, const struct errlist *why)
{
	struct json j = { .depth = 0 };
	char number[24];

	json_open(&j, NULL, '{');
	json_str(&j, "checkpoint", s->name, strlen(s->name));
	json_plain(&j, "intact", why->first ? "false" : "true", why->first ? 5 : 4);
	json_plain(&j, "files", number, snprintf(number, sizeof(number), "%zu", s->man ? s->man->n : 0));
	json_reasons(&j, why);
	json_close(&j, '}');
}

static int run(const struct cmd *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "quiet", no_argument, NULL, 'q' }, { "key", required_argument, NULL, 'k' },
		{ "signature", required_argument, NULL, 's' }, { "base", required_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 }
	};
	struct source s = { .bytes = BYTES_DIGEST, .dir = -1, .cg.dir = -1 };
	struct errlist why = { .text = NULL };
	const char *key = NULL, *sig = NULL;
	bool quiet = false, json = false;
	int o, end, r;

	while ((o = cmd_option(c, argc, argv, "qk:s:", longs, &end)) != -1) {
		if (!o)
			return end;
		if (o == 'k')
			key = optarg;
		else if (o == 's')
			sig = optarg;
		else if (o == 'b' && source_base(&s, optarg) < 0)
			return cmd_wrong(c, "--base: not so many");
		else if (o == 'b')
			continue;
		else if (o == 'j')
			json = true;
		else
			quiet = true;
	}
	if (optind + 1 != argc)
		return cmd_wrong(c, "it takes one checkpoint");
	if (sig && !key)
		return cmd_wrong(c, "--signature: say with --key whose it is");
	s.name = argv[optind];
	r = verify(&s, key, sig, &why);
	if (json)
		print_json(&s, &why);
	else if (!r && !quiet)
		printf("%s: %zu files, all as the manifest says\n", s.name, s.man->n);
	source_close(&s);
	say_all(&why);
	errlist_clear(&why);
	return r < 0 ? EXIT_NO : EXIT_YES;
}

const struct cmd cmd_verify = {
	.name = "verify",
	.args = "[-q | --json] [--base FILE] [--key FILE [--signature FILE]] CHECKPOINT",
	.what = "hold a checkpoint against its manifest and against itself",
	.help = "  -q, --quiet          say nothing when all is well\n"
		"      --json           for programs\n"
		"  -k, --key FILE       and the manifest must be signed; public key of minisign, or PEM\n"
		"  -s, --signature FILE its signature; else CHECKPOINT.minisig, or .sig for PEM\n"
		"      --base FILE      what it was made since; several from the newest to the oldest\n",
	.run = run,
};
