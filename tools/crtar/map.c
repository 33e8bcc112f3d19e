// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar map: the memory as a picture, or as rows for programs. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "outfile.h"
#include "picture.h"

static const char *const keys[] = { "mm", "start", "end", "bytes", "shade", "what", NULL };

static void rows_of(struct table *t, struct imem *m, const struct iobj *mm, const struct crfs_vma *v)
{
	uint64_t at, end;
	enum shade shade;

	for (at = v->start; at < v->end; at = end) {
		end = shade_run(m, mm, v, at, &shade);
		table_num(t, mm->id);
		table_text(t, "0x%" PRIx64, at);
		table_text(t, "0x%" PRIx64, end);
		table_num(t, end - at);
		table_text(t, "%s", shadings[shade].name);
		if (v->inode)
			table_text(t, "inodes/%u", v->inode);
		else
			table_str(t, v->path.p, v->path.len);
	}
}

static int print_rows(const struct look *l)
{
	struct imem *m = imem_new(&l->im);
	const struct crfs_vma *v;
	struct table t;
	size_t i, k, n;

	table_begin(&t, keys, true);
	for (i = 0; m && i < l->im.nr[IOBJ_MM]; i++) {
		v = look_maps(&l->im.objs[IOBJ_MM][i], &n);
		for (k = 0; k < n; k++)
			rows_of(&t, m, &l->im.objs[IOBJ_MM][i], &v[k]);
	}
	t.failed |= !m || imem_failed(m);
	imem_free(m);
	return table_end(&t);
}

static int draw(const struct look *l, const char *name)
{
	struct outfile out = { .name = name };
	struct err e = { .code = 0 };
	int r = outfile_open(&out, &e);

	if (r < 0)
		return say(&e);
	r = picture_draw(l, out.f);
	if (r < 0)
		fail(&e, r, "memory for the picture: look at less");
	r = outfile_done(&out, r, &e);
	return r < 0 ? say(&e) : 0;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' }, { "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 }
	};
	struct look l = { .src = { .bytes = BYTES_NONE, .dir = -1, .cg.dir = -1 } };
	const char *name = NULL;
	bool json = false;
	int o, end, r;

	while ((o = cmd_option(c, argc, argv, "jo:", longs, &end)) != -1) {
		if (!o)
			return end;
		if (o == 'j')
			json = true;
		else
			name = optarg;
	}
	if (optind + 1 != argc || (json && name))
		return cmd_wrong(c, "it takes one checkpoint, and -o FILE or --json");
	if (look_open(&l, argv[optind]) < 0)
		return EXIT_NO;
	r = json ? print_rows(&l) : draw(&l, name);
	return look_close(&l) || r ? EXIT_NO : EXIT_YES;
}

const struct cmd cmd_map = {
	.name = "map",
	.args = "[-o FILE | --json] CHECKPOINT",
	.what = "draw a picture of the memory, in SVG",
	.help = "  -o, --output FILE    where to; else standard output\n"
		"      --json           the runs of pages that it would draw, for programs\n",
	.run = run,
};
