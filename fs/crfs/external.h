/* SPDX-License-Identifier: GPL-2.0-only */
/* What stays outside, declared with -o external=NAME=THING. */
#ifndef CRFS_FS_EXTERNAL_H
#define CRFS_FS_EXTERNAL_H

#include "internal.h"

struct crfs_mount;
struct fs_context;

/* external_take() - "NAME=THING" is declared. Return: 0 or a negative errno, which was said */
int external_take(struct mount_info *mi, struct fs_context *fc, const char *value);

void external_free(struct mount_info *mi);

/* external_links() - are there links among them? */
bool external_links(const struct mount_info *mi);

/*
 * external_args() - arguments of the helper: @first, which ends with NULL, and all that is declared; NULL: no memory
 * external_args_end() - free them
 */
char **external_args(const struct mount_info *mi, const char *const *first);
void external_args_end(const struct mount_info *mi, char **argv);

/* external_of() - has @f been declared? Its name, or NULL */
const char *external_of(struct snap *s, const struct cfile *f);

/* external_bind() - if what @c is bound from is declared, or in what is, it has the name instead. Return: 0 or -ENOMEM */
int external_bind(struct snap *s, struct crfs_mount *c);

#endif
