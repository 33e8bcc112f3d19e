/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stays outside, declared with -o external=NAME=THING: which thing that is, and how to get at it. */
#ifndef EXTERNAL_H
#define EXTERNAL_H

#include <stdbool.h>
#include <sys/stat.h>

#include <crfs/external.h>

#include "image.h"
#include "snap.h"

/** external_add() - "NAME=THING", which is kept as long as we run. Return: NULL, or what is wrong with it */
const char *external_add(struct options *opts, const char *arg);

/** external_thing() - what @name stands for on this mount, or NULL */
const char *external_thing(const struct options *opts, const struct crfs_str *name);

/** external_of() - has @f been declared to stay outside? Its name, or NULL */
const char *external_of(struct snap *s, const struct file *f);

/** external_kind() - what kind of thing it is, enum crfs_external_kind */
__u8 external_kind(const struct file *f);

/** external_bind() - the source of a bind mount, "/srv/x/y", as "@NAME/y" if /srv/x is declared */
struct crfs_str external_bind(struct snap *s, const struct crfs_str *path);

/**
 * external_path() - the opposite, in a tree
 * Return: a path; @path itself if it is none of ours; empty if nobody says what takes its place
 */
struct crfs_str external_path(struct image *im, const struct crfs_str *path);

/** external_stat() - what is @thing? In the front end. Return: 0 or a negative errno */
int external_stat(const char *thing, struct stat *st);

/**
 * external_open() - in the controller: O_PATH of @thing, or, of /proc/<pid>/fd/<n>, that very description
 * @given: it is such a one
 */
int external_open(struct restore *rs, const char *thing, bool *given);

/** external_check_names() - name those that are declared and the tree does not know */
void external_check_names(struct image *im);

#endif
