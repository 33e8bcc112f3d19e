// SPDX-License-Identifier: GPL-2.0-or-later
/* A table as people read it, or as JSON: an array with an object a row. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "table.h"

void table_begin(struct table *t, const char *const *keys, bool json)
{
	*t = (struct table){ .keys = keys, .json = json };
	while (keys[t->nr])
		t->nr++;
}

static void add(struct table *t, char *text, enum cell_kind kind)
{
	struct cell *v = t->v;

	if (text && t->cells == t->room) {
		t->room = t->room ? 2 * t->room : 256;
		v = realloc(t->v, t->room * sizeof(*v));
	}
	if (!text || !v) {
		t->failed = true;
		free(text);
		return;
	}
	t->v = v;
	t->v[t->cells++] = (struct cell){ .text = text, .kind = kind };
}

void table_str(struct table *t, const char *p, size_t n)
{
	char *text = malloc(4 * n + 8);

	if (text && t->json) {
		memcpy(text, p, n);
		text[n] = '\0';
	} else if (text) {
		print_str(text, 4 * n + 8, (struct crfs_str){ p, n });
	}
	add(t, text, CELL_TEXT);
}

void table_text(struct table *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	add(t, text, CELL_TEXT);
}

void table_num(struct table *t, long long n)
{
	char *text = NULL;

	if (asprintf(&text, "%lld", n) < 0)
		text = NULL;
	add(t, text, CELL_NUMBER);
}

void table_list(struct table *t, char *list)
{
	add(t, list, CELL_LIST);
}

static void print_list(struct json *j, const char *key, const char *list)
{
	const bool numbers = !list[strspn(list, "0123456789,")];
	size_t len;

	json_open(j, key, '[');
	for (; *list; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (numbers)
			json_plain(j, NULL, list, len);
		else
			json_str(j, NULL, list, len);
	}
	json_close(j, ']');
}

static void print_json(const struct table *t)
{
	struct json j = { .depth = 0 };
	const struct cell *c;
	size_t i;

	json_open(&j, NULL, '[');
	for (i = 0; i < t->cells; i++) {
		c = &t->v[i];
		if (i % t->nr == 0)
			json_open(&j, NULL, '{');
		if (c->kind == CELL_LIST)
			print_list(&j, t->keys[i % t->nr], c->text);
		else if (c->kind == CELL_NUMBER)
			json_plain(&j, t->keys[i % t->nr], c->text, strlen(c->text));
		else
			json_str(&j, t->keys[i % t->nr], c->text, strlen(c->text));
		if (i % t->nr == t->nr - 1)
			json_close(&j, '}');
	}
	json_close(&j, ']');
}

static void print_cell(const char *text, int width, bool right, bool last)
{
	if (last)
		printf("%s\n", text);
	else
		printf("%*s ", right ? width : -width, text);
}

static void print_text(const struct table *t)
{
	int width[TABLE_COLUMNS] = { 0 };
	bool right[TABLE_COLUMNS] = { false };
	char head[32];
	size_t i, k;

	for (i = 0; i < t->nr; i++)
		width[i] = strlen(t->keys[i]);
	for (i = 0; i < t->cells; i++) {
		k = i % t->nr;
		right[k] |= t->v[i].kind == CELL_NUMBER;
		if ((int)strlen(t->v[i].text) > width[k])
			width[k] = strlen(t->v[i].text);
	}
	for (i = 0; i < t->nr; i++) {
		for (k = 0; t->keys[i][k] && k + 1 < sizeof(head); k++)
			head[k] = toupper((unsigned char)t->keys[i][k]);
		head[k] = '\0';
		print_cell(head, width[i], right[i], i + 1 == t->nr);
	}
	for (i = 0; i < t->cells; i++)
		print_cell(t->v[i].text, width[i % t->nr], t->v[i].kind == CELL_NUMBER, i % t->nr == t->nr - 1);
}

void table_drop(struct table *t)
{
	size_t i;

	for (i = 0; i < t->cells; i++)
		free(t->v[i].text);
	free(t->v);
	*t = (struct table){ .keys = NULL };
}

int table_end(struct table *t)
{
	int r = t->failed ? -ENOMEM : 0;

	if (r < 0)
		fprintf(stderr, "crtar: ENOMEM table: memory for its rows: look at less\n");
	else if (t->json)
		print_json(t);
	else
		print_text(t);
	table_drop(t);
	return r;
}
