/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mount namespaces: what the files that read them and those that make them again share. */
#ifndef CRFS_NS_MNT_H
#define CRFS_NS_MNT_H

#include "mounts.h"
#include "ns.h"
#include "resource.h"

/** mnt_makeable() - can a mount of this type be made from nothing? */
bool mnt_makeable(const struct crfs_mount *c);
/** mnt_layered() - one that is made of directories that its options name? */
bool mnt_layered(const struct crfs_mount *c);
/** mnt_host_type() - one that only the first user namespace's root can mount? */
bool mnt_host_type(const struct crfs_mount *c);
/** mnt_has_content() - one whose content the tree carries, if it is the container's own? */
bool mnt_has_content(const struct crfs_mount *c);

/**
 * mnt_nsfs_name() - of one that shows a namespace (mnt_nsfs.c): its root becomes the namespace's name in the tree
 * @t: sees it
 *
 * Return: false: it is none that can be
 */
bool mnt_nsfs_name(struct snap *s, const struct task *t, struct crfs_mount *c);
/** mnt_nsfs_known() - is that one there? */
bool mnt_nsfs_known(const struct image *im, const struct crfs_mount *c);
/** mnt_nsfs_new() - a detached mount of it, or a negative errno */
int mnt_nsfs_new(struct restore *rs, const struct crfs_mount *c);

/**
 * struct mntns - a mount namespace of the container, being read
 * @t: a task in it whose root is the namespace's; NULL if there is none
 */
struct mntns {
	struct ns *ns;
	struct task *t;
	struct crfs_mnts m;
};

/** struct mntall - all of them, and the mounter's own mounts */
struct mntall {
	struct mntns *v;
	size_t nr;
	struct crfs_mnts own;
};

/** mnt_all() - read them, once; what mounts show and their groups are found out. NULL: see s->err */
struct mntall *mnt_all(struct snap *s);
/** mnt_sources() - what each mount shows: bind, or of_ns and of (mnt_source.c) */
void mnt_sources(struct snap *s, struct mntall *all);

/** mnt_other_queues() - an mqueue of another IPC namespace than that of the first task in this namespace? (mnt_sysfs.c) */
bool mnt_other_queues(struct snap *s, const struct mntns *n, const struct crfs_mnt *m);

/** mnt_other_net() - a sysfs of another network than that of the first task in this namespace? (mnt_sysfs.c) */
bool mnt_other_net(struct snap *s, const struct mntns *n, const struct crfs_mnt *m);

/**
 * struct mntplan - a mount namespace being made: saved mounts against those that are there
 * @o, @c, @n: the saved ones
 * @cur: those of the mounter
 * @match: per saved mount its index in @cur, or -1
 * @used: per mount of @cur, whether it stays
 * @later: per saved mount: it shows a pid namespace that is not there yet, or needs one that does
 * @done: per saved mount; @led: it leads its peer group (mnt_group.c)
 * @src: per saved mount a detached one that is to be put there, or -1
 * @at: per saved mount its root, once it stands where it shall, or -1
 * @wide: per saved mount that leads its peer group, one for a time that shows more, or -1 (mnt_group.c)
 * @root: the namespace's, O_PATH
 * @gone: what is to be deleted when all mounts stand
 */
struct mntplan {
	struct iobj *o;
	const struct crfs_mount *c;
	size_t n;
	struct crfs_mnts cur;
	int *match, *src, *at, *wide;
	bool *used, *later, *done, *led;
	int root;
	struct gone *gone;
};

/** mntplan_make() - match them; the mounter's namespace is the calling thread's */
int mntplan_make(struct image *im, struct iobj *o, int proc, struct mntplan *p);
/** mntplan_of() - of ns/mnt-<id>, NULL if it is not made yet */
struct mntplan *mntplan_of(const struct image *im, unsigned int id);
/** mntplan_ready() - can saved mount @i be made now? */
bool mntplan_ready(const struct image *im, const struct mntplan *p, size_t i);

void mnt_check(struct image *im, struct iobj *o);
int mnt_make(struct restore *rs, struct iobj *o);

/** mnt_build() - make those mounts that are (@late) or are not to be made later; in the namespace */
int mnt_build(struct restore *rs, struct mntplan *p, bool late);
/** mnt_locate() - the place where saved mount @i shall be, or where it is: O_PATH, or a negative errno */
int mnt_locate(const struct mntplan *p, size_t i);
/** mnt_give_gone() - what was deleted in mount @i and is shown by others: made, and shown (mnt_gone.c) */
int mnt_give_gone(struct restore *rs, struct mntplan *p, size_t i);
/** mnt_has_gone() - was something made in mount @i that is to be deleted? */
bool mnt_has_gone(const struct mntplan *p, size_t i);
/** mnt_finish_gone() - all mounts stand: delete it again */
int mnt_finish_gone(struct restore *rs);
/** mnt_set_super() - make a filesystem read-only, if the saved one was. Return: 0 or -errno */
int mnt_set_super(int fd, const struct crfs_mount *c);
/** mnt_clone() - a detached, private mount of what @fd is open on, or -1 and errno */
int mnt_clone(int fd);
/** mnt_check_gone() - is there what it showed? */
bool mnt_check_gone(const struct image *im, const struct iobj *o, const struct crfs_mount *c);
/** mnt_groups() - peers and slaves, when all are there (mnt_group.c); leaves us at home */
int mnt_groups(struct restore *rs);
/** mnt_whole() - a detached mount of all of the filesystem of saved mount @i, or a negative errno (mnt_fs.c) */
int mnt_whole(struct restore *rs, struct mntplan *p, size_t i);
/** mnt_new() - a detached mount of a filesystem that is made for it (mnt_fs.c) */
int mnt_new(struct restore *rs, struct mntplan *p, size_t i);

#endif
