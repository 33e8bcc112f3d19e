// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said to the engine with -o, as to a mount. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crtar.h"

enum { OPT_DIGEST, OPT_FILES, OPT_TCP, OPT_LOSSY };

static char *const names[] = { "digest", "files", "tcp", "lossy", NULL };

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

int options_parse(char *text, struct options *o, struct err *e)
{
	char *value, *given;
	int which, r = 0;

	while (*text && r >= 0) {
		given = text;
		which = getsubopt(&text, names, &value);
		if (which == OPT_LOSSY) {
			o->lossy = true;
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
