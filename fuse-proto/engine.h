/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine as its front ends (fuse.c, crtar) see it. */
#ifndef CRFS_ENGINE_H
#define CRFS_ENGINE_H

#include "cgroup.h"
#include "err.h"
#include "tree.h"

enum files_policy { FILES_SAME, FILES_STRICT, FILES_LAX };
enum tcp_policy { TCP_OUTSIDE_REFUSE, TCP_OUTSIDE_GUARD };
enum digest_kind { DIGEST_XXH64, DIGEST_SHA256 };

struct crfs_external;
struct feed;

/**
 * struct options - what the user said at mount time (-o)
 * @cgroup: as given
 * @files: how much the files at restore must be those of the checkpoint
 * @digest: of the manifest
 * @lossy: allow "lost" lines
 * @tcp: what to do with connections whose peer is outside
 * @external: what stays outside (external.h)
 * @feed: for a restore: who brings the pages that are not staged (feed.h), NULL: all are
 */
struct options {
	const char *cgroup;
	enum files_policy files;
	enum digest_kind digest;
	enum tcp_policy tcp;
	bool lossy;
	const struct crfs_external *external;
	struct feed *feed;
};

/**
 * struct view - one generation of a mount: the tree of a cgroup's tasks, as it was read
 *
 * A view of a frozen cgroup is complete and has a manifest; one of running tasks has neither
 * manifest nor what only a stopped task can tell.
 */
struct view;

/**
 * view_take() - read the container and make its tree
 * @cg: the cgroup; frozen, or running for a live view
 * @opts: the mount's options
 * @v: the view, untouched on failure
 *
 * Stops nothing that runs. Tasks of a frozen cgroup are attached to for a moment, asked, and left
 * as they were.
 *
 * Return: 0, -ESRCH if the cgroup has no task, -ESTALE if it was thawed meanwhile, or another
 * negative errno with the reason in @e
 */
int view_take(struct cgroup *cg, const struct options *opts, struct view **v, struct err *e);

/** view_tree() - its tree; payloads answer -ESTALE once view_expire() was called */
struct tree *view_tree(struct view *v);

/**
 * view_manifest() - may the manifest be read?
 * Return: 0, or -EOPNOTSUPP with the first line of `unsupported` in @e
 */
int view_manifest(struct view *v, struct err *e);

/** view_expire() - the generation is over: from now on its payloads are stale. Thread-safe */
void view_expire(struct view *v);
void view_free(struct view *v);

/**
 * restore_check() - validate a staged tree without making anything
 * @t: the staged tree, @top: the directory that holds its manifest
 * @why: every mismatch, a line each
 *
 * Return: 0 or a negative errno, that of the first line of @why
 */
int restore_check(struct tree *t, struct node *top, struct cgroup *cg, const struct options *opts,
		  struct errlist *why);

/**
 * restore_run() - check, then bring the container back
 *
 * On failure nothing is left of it and the staged tree is whole. On success the tasks are in @cg,
 * running unless cgroup.freeze is 1, and belong to nobody here. Takes as long as it takes; only
 * one may run per cgroup (-EBUSY).
 *
 * Return: 0 or a negative errno, with every reason in @why
 */
int restore_run(struct tree *t, struct node *top, struct cgroup *cg, const struct options *opts,
		struct errlist *why);

#endif
