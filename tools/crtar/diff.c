// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar diff: what is different, by task and object; fields by name, memory by range. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <crfs/format.h>

#include "diff.h"
#include "field.h"

static void say_line(const struct diff *d, const char *object, const char *field, const char *old, const char *new)
{
	const char *red = d->colour ? "\033[31m" : "", *green = d->colour ? "\033[32m" : "", *plain = d->colour ? "\033[m" : "";

	printf("%s%c%s %s%s%s", !old ? green : !new ? red : "", !old ? '+' : !new ? '-' : '~', !old || !new ? plain : "", object,
	       *field ? " " : "", field);
	if (old && new)
		printf(": %s%s%s -> %s%s%s\n", red, old, plain, green, new, plain);
	else
		printf("%s%s\n", *(old ? old : new) ? ": " : "", old ? old : new);
}

void diff_say(struct diff *d, const char *object, const char *field, const char *old, const char *new)
{
	const char *what = !old ? "added" : !new ? "removed" : "changed";

	d->n++;
	if (!d->json) {
		say_line(d, object, field, old, new);
		return;
	}
	json_open(&d->j, NULL, '{');
	json_str(&d->j, "change", what, strlen(what));
	json_str(&d->j, "object", object, strlen(object));
	json_str(&d->j, "field", field, strlen(field));
	if (old)
		json_str(&d->j, "old", old, strlen(old));
	if (new)
		json_str(&d->j, "new", new, strlen(new));
	json_close(&d->j, '}');
}

bool diff_untold(const struct diff *d, bool gone)
{
	return gone ? d->b.live && !d->a.live : d->a.live && !d->b.live;
}

/* What an object is, in a word or two, where it is on one side only. */
static const char *summary(const struct iobj *o, char *buf, size_t size)
{
	const struct crfs_task_status *st = o->kind == IOBJ_TASK ? image_status(o) : NULL;
	char more[512];

	if (st)
		print_str(buf, size, st->comm);
	else if (o->kind == IOBJ_FILE && o->room)
		snprintf(buf, size, "%s %s", o->room->name, file_summary(o, more, sizeof(more)));
	else
		snprintf(buf, size, "%s", o->room ? o->room->name : "");
	return buf;
}

static int order(const struct iobj *a, const struct iobj *b)
{
	if (!a || !b)
		return a ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return strcmp(a->path, b->path);	/* namespaces are numbered by type */
}

static void compare(struct diff *d, const struct iobj *a, const struct iobj *b)
{
	diff_files(d, a, b);
	diff_payloads(d, a, b);
}

static struct iobj *sorted(const struct image *im, int kind)
{
	struct iobj *v = malloc((im->nr[kind] + 1) * sizeof(*v));
	size_t i, k;
	struct iobj x;

	if (!v)
		return NULL;
	memcpy(v, im->objs[kind], im->nr[kind] * sizeof(*v));
	for (i = 1; i < im->nr[kind]; i++)	/* sorted by id already, and alike ids are few */
		for (k = i; k && order(&v[k - 1], &v[k]) > 0; k--) {
			x = v[k];
			v[k] = v[k - 1];
			v[k - 1] = x;
		}
	return v;
}

static void compare_kind(struct diff *d, int kind)
{
	struct iobj *a = sorted(&d->a.im, kind), *b = sorted(&d->b.im, kind);
	size_t i = 0, k = 0, na = d->a.im.nr[kind], nb = d->b.im.nr[kind];
	char buf[1024];
	int o;

	if (!a || !b)
		fail(&d->err, -ENOMEM, "memory for what is compared");
	while (a && b && (i < na || k < nb) && !d->err.code) {
		o = order(i < na ? &a[i] : NULL, k < nb ? &b[k] : NULL);
		if (o < 0)
			diff_say(d, a[i].path, "", summary(&a[i], buf, sizeof(buf)), NULL);
		else if (o > 0)
			diff_say(d, b[k].path, "", NULL, summary(&b[k], buf, sizeof(buf)));
		else
			compare(d, &a[i], &b[k]);
		i += o <= 0;
		k += o >= 0;
	}
	free(a);
	free(b);
}

/* Obstacles are lines, and a line is there or not. */
static void compare_lines(struct diff *d, struct node *a, struct node *b, bool added)
{
	char *p = a && a->text ? strndup(a->text, a->size) : NULL, *line, *save = NULL;
	size_t len;
	char *at;

	for (line = p ? strtok_r(p, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		len = strlen(line);
		at = b && b->text ? memmem(b->text, b->size, line, len) : NULL;
		if (!at)
			diff_say(d, CRFS_UNSUPPORTED, "", added ? NULL : line, added ? line : NULL);
	}
	free(p);
}

static void compare_all(struct diff *d)
{
	struct node *a = source_file(&d->a.src, CRFS_UNSUPPORTED);
	struct node *b = source_file(&d->b.src, CRFS_UNSUPPORTED);
	int kind;

	if (d->json)
		json_open(&d->j, NULL, '[');
	compare(d, d->a.im.objs[IOBJ_ROOT], d->b.im.objs[IOBJ_ROOT]);
	compare_lines(d, a, b, false);
	compare_lines(d, b, a, true);
	for (kind = IOBJ_TASK; kind < NR_IOBJ && !d->err.code; kind++)
		compare_kind(d, kind);
	if (d->json)
		json_close(&d->j, ']');
}

static int compare_both(struct diff *d, const char *old, const char *new)
{
	int bad;

	if (look_open(&d->a, old) < 0)
		return EXIT_TROUBLE;
	if (look_open(&d->b, new) < 0) {
		look_close(&d->a);
		return EXIT_TROUBLE;
	}
	compare_all(d);
	if (d->err.code)
		say(&d->err);
	bad = look_close(&d->a);
	bad |= look_close(&d->b);
	return bad || d->err.code ? EXIT_TROUBLE : d->n ? EXIT_NO : EXIT_YES;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' }, { NULL, 0, NULL, 0 }
	};
	struct source src = { .bytes = BYTES_NONE, .tap = pages_tap, .apart = true, .dir = -1, .cg.dir = -1 };
	struct diff d = { .a.src = src, .b.src = src, .old.fd = -1, .new.fd = -1 };
	int o, end, r;

	while ((o = cmd_option(c, argc, argv, "j", longs, &end)) != -1) {
		if (!o)
			return end;
		d.json = true;
	}
	if (optind + 2 != argc)
		return cmd_wrong(c, "it takes two checkpoints");
	d.colour = !d.json && isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	d.a.src.arg = &d.old;
	d.b.src.arg = &d.new;
	r = compare_both(&d, argv[optind], argv[optind + 1]);
	pages_store_free(&d.old);
	pages_store_free(&d.new);
	return r;
}

const struct cmd cmd_diff = {
	.name = "diff",
	.args = "[--json] CHECKPOINT CHECKPOINT",
	.what = "say what is different: fields by name, memory by range",
	.help = "      --json           for programs\n"
		"\nExit status: 0 nothing is, 1 something is, 2 they could not be compared.\n",
	.run = run,
};
