// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crtar report: all that can be seen of a checkpoint, as one HTML file that needs no other.
 *
 * Nothing in it comes from elsewhere when it is opened, and nothing of the container is taken for
 * markup. What the script adds (sorting, a filter, how many rows there are) is not needed to read it.
 */
#include <errno.h>
#include <string.h>

#include <crfs/format.h>

#include "field.h"
#include "lists.h"
#include "memory.h"
#include "outfile.h"
#include "picture.h"

static const struct part {
	const char *id, *title;
	const struct list *list;
} parts[] = {
	{ "ps", "Processes", &list_of_tasks },
	{ "mem", "Memory", &list_of_mem },
	{ "fds", "Open files", &list_of_fds },
	{ "sockets", "Sockets", &list_of_sockets },
	{ "maps", "Mappings", &list_of_maps },
};

static const char style[] =
	"body{font:14px sans-serif;margin:1.5em;color:#222;background:#fff}\n"
	"table{border-collapse:collapse;margin:.5em 0} th,td{padding:1px 8px;text-align:left;vertical-align:top}\n"
	"th{border-bottom:1px solid #888;cursor:pointer;position:sticky;top:0;background:#fff}\n"
	"td{font-family:monospace;white-space:pre;border-bottom:1px solid #eee} td.n{text-align:right}\n"
	"h2{margin:1.2em 0 .2em} nav a{margin-right:1em} .bad{color:#b00} .count{color:#777;font-weight:normal}\n"
	"dl{display:grid;grid-template-columns:max-content auto;gap:1px 1em} dd{margin:0;font-family:monospace}\n"
	"svg{max-width:100%;height:auto}\n";

static const char script[] =
	"'use strict';\n"
	"const rows = t => [...t.tBodies[0].rows];\n"
	"function count(t) {\n"
	"  const all = rows(t), n = all.filter(r => !r.hidden).length;\n"
	"  document.getElementById(t.id + '-count').textContent =\n"
	"    n == all.length ? n + ' rows' : n + ' of ' + all.length + ' rows';\n"
	"}\n"
	"function sort(t, i) {\n"
	"  const up = t.dataset.by != i, v = r => r.cells[i].textContent;\n"
	"  const num = rows(t).every(r => r.cells[i].className == 'n');\n"
	"  const key = num ? (a, b) => v(a) - v(b) : (a, b) => v(a).localeCompare(v(b));\n"
	"  t.tBodies[0].append(...rows(t).sort((a, b) => up ? key(a, b) : key(b, a)));\n"
	"  t.dataset.by = up ? i : '';\n"
	"}\n"
	"function filter(word) {\n"
	"  for (const t of document.querySelectorAll('table')) {\n"
	"    rows(t).forEach(r => r.hidden = !r.textContent.includes(word));\n"
	"    count(t);\n"
	"  }\n"
	"}\n"
	"for (const t of document.querySelectorAll('table')) {\n"
	"  [...t.tHead.rows[0].cells].forEach((h, i) => h.onclick = () => sort(t, i));\n"
	"  count(t);\n"
	"}\n"
	"document.getElementById('filter').oninput = e => filter(e.target.value);\n"
	"if (location.hash.startsWith('#find='))\n"
	"  filter(document.getElementById('filter').value = decodeURIComponent(location.hash.slice(6)));\n";

static void put(FILE *f, const char *text)
{
	put_xml(f, text, strlen(text));
}

static int put_table(const struct look *l, const struct part *p, FILE *f)
{
	const struct cell *c;
	struct table t;
	size_t i;
	int r;

	table_begin(&t, p->list->keys, false);
	p->list->add(l, &t);
	fprintf(f, "<h2 id=\"%s-head\">%s <span class=\"count\" id=\"%s-count\"></span></h2>\n<table id=\"%s\"><thead><tr>",
		p->id, p->title, p->id, p->id);
	for (i = 0; i < t.nr; i++)
		fprintf(f, "<th>%s</th>", t.keys[i]);
	fputs("</tr></thead>\n<tbody>\n", f);
	for (i = 0; i < t.cells; i++) {
		c = &t.v[i];
		fprintf(f, "%s<td%s>", i % t.nr ? "" : "<tr>", c->kind == CELL_NUMBER ? " class=\"n\"" : "");
		put(f, c->text);
		fputs(i % t.nr == t.nr - 1 ? "</td></tr>\n" : "</td>", f);
	}
	fputs("</tbody></table>\n", f);
	r = t.failed ? -ENOMEM : 0;
	table_drop(&t);
	return r;
}

/* The header's lines, as they are. */
static void put_facts(const struct look *l, FILE *f)
{
	struct fields t;
	size_t i;

	if (!l->header || fields_of(&crfs_header_shape, l->header, &t) < 0)
		return;
	fputs("<dl id=\"header\">\n", f);
	for (i = 0; i < t.nr; i++) {
		fprintf(f, "<dt>%s</dt><dd>", crfs_header_shape.fields[i].key);
		put_xml(f, t.v[i].p, t.v[i].len);
		fputs("</dd>\n", f);
	}
	fputs("</dl>\n", f);
	fields_free(&t);
}

/* What stands against restoring it, and what is wrong with it. */
static void put_troubles(const struct look *l, FILE *f)
{
	struct node *n = source_file(&l->src, CRFS_UNSUPPORTED);
	bool bad = l->why.text && *l->why.text;

	if (!bad && !(n && n->kind == NODE_TEXT && n->size))
		return;
	fputs("<h2>Obstacles</h2>\n<pre class=\"bad\" id=\"obstacles\">", f);
	if (n && n->kind == NODE_TEXT)
		put_xml(f, n->text, n->size);
	if (bad)
		put(f, l->why.text);
	fputs("</pre>\n", f);
}

static int write_report(const struct look *l, FILE *f)
{
	size_t i;
	int r = 0;

	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
	      "script-src 'unsafe-inline'\">\n<title>", f);
	put(f, l->src.name);
	fprintf(f, "</title>\n<style>\n%s</style></head>\n<body>\n<h1>", style);
	put(f, l->src.name);
	fputs("</h1>\n<nav>", f);
	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		fprintf(f, "<a href=\"#%s-head\">%s</a>", parts[i].id, parts[i].title);
	fputs("<a href=\"#picture\">Picture</a> <input id=\"filter\" type=\"search\" placeholder=\"rows with\"></nav>\n", f);
	put_facts(l, f);
	put_troubles(l, f);
	for (i = 0; i < sizeof(parts) / sizeof(*parts) && !r; i++)
		r = put_table(l, &parts[i], f);
	fputs("<h2 id=\"picture\">Picture of the memory</h2>\n", f);
	if (!r)
		r = picture_draw(l, f);
	fprintf(f, "<script>\n%s</script>\n</body></html>\n", script);
	return r;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' }, { NULL, 0, NULL, 0 }
	};
	struct look l = { .src = { .bytes = BYTES_NONE, .keep = memory_keep_args, .dir = -1, .cg.dir = -1 } };
	struct outfile out = { .name = NULL };
	struct err e = { .code = 0 };
	int o, end, r;

	while ((o = cmd_option(c, argc, argv, "o:", longs, &end)) != -1) {
		if (!o)
			return end;
		out.name = optarg;
	}
	if (optind + 1 != argc)
		return cmd_wrong(c, "it takes one checkpoint");
	if (look_open(&l, argv[optind]) < 0)
		return EXIT_NO;
	r = outfile_open(&out, &e);
	if (!r) {
		r = write_report(&l, out.f);
		if (r < 0)
			fail(&e, r, "memory for the report: look at less");
		r = outfile_done(&out, r, &e);
	}
	if (r < 0)
		say(&e);
	return look_close(&l) || r < 0 ? EXIT_NO : EXIT_YES;
}

const struct cmd cmd_report = {
	.name = "report",
	.args = "[-o FILE] CHECKPOINT",
	.what = "write all of it as one HTML file: tables and picture",
	.help = "  -o, --output FILE    where to; else standard output\n",
	.run = run,
};
