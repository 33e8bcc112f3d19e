/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A checkpoint opened for looking at it: parsed, by whichever way it comes. */
#ifndef CRTAR_LOOK_H
#define CRTAR_LOOK_H

#include <crfs/res/fd/fds.h>
#include <crfs/res/mm/maps.h>
#include <crfs/res/mm/status.h>
#include <crfs/res/root/header.h>
#include <crfs/res/task/status.h>

#include "image.h"
#include "image_memory.h"
#include "resource.h"
#include "source.h"
#include "table.h"

/**
 * struct look - a checkpoint that somebody looks at
 * @why: what was wrong with it; it is shown as far as it goes all the same
 * @header: NULL if it has none
 * @live: it was, or is, a running container: not everything is known of it
 */
struct look {
	struct source src;
	struct image im;
	struct options opts;
	struct errlist why;
	const struct crfs_header *header;
	bool live;
};

/**
 * look_open() - read and parse it
 * @l: ->src.bytes, keep and arg are set by the caller
 * Return: 0, or a negative errno if there is nothing to look at; the reasons are printed then
 */
int look_open(struct look *l, const char *name);

/** look_close() - print what was wrong. Return: the exit status */
int look_close(struct look *l);

/** look_args() - the arguments of a command that looks: options and one checkpoint */
int look_args(const struct cmd *c, int argc, char **argv, bool *json, const char **name);

/**
 * look_table() - all of a command that looks at one checkpoint and shows rows
 * @list: the table (lists.h)
 * @keep: see struct source; may be NULL
 * Return: the exit status
 */
struct list;
int look_table(const struct cmd *c, int argc, char **argv, const struct list *list,
	       bool (*keep)(struct source *s, struct node *n));

/** look_task() - the task of this tid, or NULL */
const struct iobj *look_task(const struct look *l, unsigned int tid);

/** look_fds(), look_maps() - the rows of a table that task @o has, or of an address space */
const struct crfs_fd *look_fds(const struct iobj *o, size_t *n);
const struct crfs_vma *look_maps(const struct iobj *mm, size_t *n);
const struct crfs_mm_status *look_mm(const struct iobj *mm);

/** look_payload() - bytes of all payloads of an object, and how many of its files are payloads */
uint64_t look_payload(const struct iobj *o);

#endif
