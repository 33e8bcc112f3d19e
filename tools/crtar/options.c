// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said to the engine with -o, as to a mount. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crtar.h"
#include "external.h"

enum { OPT_DIGEST, OPT_FILES, OPT_TCP, OPT_LOSSY, OPT_EXTERNAL };

static char *const names[] = { "digest", "files", "tcp", "lossy", "external", NULL };

static const char *const words[][4] = {
	[OPT_DIGEST] = { "xxh64", "sha256", NULL },
	[OPT_FILES] = { "same", "strict", "lax", NULL },
	[OPT_TCP] = { "refuse", "guard", NULL },
};

static int word(int which, const char *value, struct err *e)
{
	int i;

	for (i = 0; value && words[which][i]; i++)
		if (!strcmp(value, words[which][i]))
			return i;
	return fail_on(e, -EINVAL, names[which], "%s: no such value: see crfs(8)",
		       value ? value : "");
}

static int take_external(const char *value, struct options *o, struct err *e)
{
	const char *why = external_add(o, value ? value : "");

	return why ? fail_on(e, -EINVAL, "external", "%s: %s", value ? value : "", why) : 0;
}

long long number(const char *text, long long min, long long max)
{
	long long n;
	char *end;

	errno = 0;
	n = strtoll(text, &end, 10);
	return *text && !*end && !errno && n >= min && n <= max ? n : -1;
}

/* Is it one of @known? */
static bool is_known(const char *name, const char *known)
{
	const char *p = strstr(known, name);

	return p && (p == known || p[-1] == ' ') && p[strlen(name)] == ' ';
}

int options_parse(char *text, const char *known, struct options *o, struct err *e)
{
	char *value, *given;
	int which, r = 0;

	while (*text && r >= 0) {
		given = text;
		which = getsubopt(&text, names, &value);
		if (which >= 0 && !is_known(names[which], known))
			return fail_on(e, -EINVAL, "-o", "%s: it is not for this command", names[which]);
		if (which == OPT_LOSSY) {
			o->lossy = true;
			continue;
		}
		if (which == OPT_EXTERNAL) {
			r = take_external(value, o, e);
			continue;
		}
		r = which < 0 ? fail_on(e, -EINVAL, "-o", "%s: no such option: see crfs(8)", given) :
				word(which, value, e);
		if (which == OPT_DIGEST)
			o->digest = r;
		else if (which == OPT_FILES)
			o->files = r;
		else if (which == OPT_TCP)
			o->tcp = r;
	}
	return r < 0 ? r : 0;
}
