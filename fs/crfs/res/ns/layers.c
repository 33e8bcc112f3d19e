// SPDX-License-Identifier: GPL-2.0-only
/* The directories that an overlay is made of, by its options; as fuse-proto/res/ns/mnt.c looks at them. */
#include <linux/namei.h>
#include <linux/string.h>

#include "internal.h"
#include "res/ns/mounts.h"

static const char *const keys[] = { "lowerdir", "upperdir", "workdir", "datadir" };

/* Is each of the directories in "a:b:c" there, in mount namespace @ns? */
static bool dirs_seen(struct snap *s, u32 ns, char *dirs)
{
	struct path at;
	char *dir;

	while ((dir = strsep(&dirs, ":"))) {
		if (!*dir)
			continue;
		if (place_lookup(s, ns, dir, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &at))
			return false;
		path_put(&at);
	}
	return true;
}

static bool names_dirs(const char *word)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strncmp(word, keys[i], strlen(keys[i])))
			return true;
	return false;
}

/* Names with what the options have escaped are not told apart here. */
bool layers_seen(struct snap *s, u32 ns, const struct crfs_mount *c)
{
	char *options = snap_printf(s, "%.*s", (int)c->super.len, c->super.p), *word, *value;

	if (!options || strchr(options, '\\'))
		return false;
	while ((word = strsep(&options, ","))) {
		value = strchr(word, '=');
		if (value && names_dirs(word) && !dirs_seen(s, ns, value + 1))
			return false;
	}
	return true;
}
