// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar ls: the files of a checkpoint. */
#include <limits.h>
#include <string.h>

#include "look.h"
#include "table.h"

static const char *const keys[] = { "size", "kind", "path", NULL };

static void list(const struct source *s, struct table *t)
{
	static const char *const kinds[] = { "dir", "text", "bytes" };
	char path[PATH_MAX];
	struct node *n;

	for (n = tree_next(s->top, s->top); n; n = tree_next(n, s->top)) {
		table_num(t, n->kind == NODE_DIR ? 0 : n->size);
		table_text(t, "%s", kinds[n->kind]);
		table_text(t, "%s%s", tree_path(n, s->top, path, sizeof(path)),
			   n->kind == NODE_DIR && !t->json ? "/" : "");
	}
}

static int run(const struct cmd *c, int argc, char **argv)
{
	struct source s = { .bytes = BYTES_NONE, .dir = -1, .cg.dir = -1 };
	struct errlist why = { .text = NULL };
	struct table t;
	bool json = false;
	int r = look_args(c, argc, argv, &json, &s.name);

	if (r >= 0)
		return r;
	r = source_open(&s, &why);
	if (!r) {
		table_begin(&t, keys, json);
		list(&s, &t);
		r = table_end(&t);
	}
	source_close(&s);
	say_all(&why);
	errlist_clear(&why);
	return r < 0 ? EXIT_NO : EXIT_YES;
}

const struct cmd cmd_ls = {
	.name = "ls",
	.args = "[--json] CHECKPOINT",
	.what = "list the files of a checkpoint",
	.help = "      --json           for programs\n",
	.run = run,
};
