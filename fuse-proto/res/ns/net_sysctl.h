/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is set below /proc/sys/net of the network namespace that one is in. */
#ifndef CRFS_NS_NET_SYSCTL_H
#define CRFS_NS_NET_SYSCTL_H

#include <stddef.h>

/** struct setting - @path below /proc/sys/net, @value without the newline; malloc'ed both */
struct setting {
	char *path, *value;
};

/** struct settings - sorted by path */
struct settings {
	struct setting *v;
	size_t nr, size;
};

/** settings_read() - those that can be read and written. Return: 0 or -ENOMEM */
int settings_read(int proc, struct settings *s);

/** settings_find() - the value of @path, or NULL */
const char *settings_find(const struct settings *s, const char *path);
void settings_free(struct settings *s);

#endif
