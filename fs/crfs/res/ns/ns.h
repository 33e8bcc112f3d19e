/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the rooms of namespaces. */
#ifndef CRFS_NS_H
#define CRFS_NS_H

/*
 * ns_by_inum() - the number of the pid namespace @inum in the tree; 0: the mounter's, or
 * outside
 */
u32 ns_by_inum(struct snap *s, u32 inum);

/* ns_kind() - NS_* of that name; CRFS_NS_KINDS: none */
int ns_kind(struct crfs_str name);
/* ns_known() - is namespace @inum the mounter's (then *@id is 0), or one that a task is in? */
bool ns_known(struct snap *s, struct crfs_str kind, u64 inum, u32 *id);
/* ns_user_known() - the same of the user namespace @inum */
bool ns_user_known(struct snap *s, u32 inum, u32 *id);
/* ns_owner() - the user namespace that @n belongs to; false: it is neither the container's nor the mounter's */
bool ns_owner(struct snap *s, const struct cns *n, u32 *id);
/* ns_net_of() - the network namespace of @t, with a reference; NULL: it has let go of it */
struct net *ns_net_of(struct task_struct *t);
/* ns_net() - the network namespace @n, in the same way */
struct net *ns_net(const struct cns *n);
/* ns_mnt_inum() - that of the mount namespace that @t is in; 0: none */
u32 ns_mnt_inum(struct task_struct *t);
/* ns_obj() - what it is called in messages */
const char *ns_obj(struct snap *s, const struct cns *n);

/* ipc_of() - the IPC namespace of @t, to be given back with ipc_drop(); NULL: it has none any more */
struct ipc_namespace *ipc_of(const struct ctask *t);
/* ipc_in() - the same of the namespace @n */
struct ipc_namespace *ipc_in(const struct cns *n);
void ipc_drop(struct ipc_namespace *ns);
/* ipc_any_in_mounters() - is any task in the mounter's? */
bool ipc_any_in_mounters(const struct snap *s);

/* ns_at_root() - a task whose root is that of mount namespace @id; NULL: all are in a chroot */
struct ctask *ns_at_root(struct snap *s, u32 id);

/* user_obstacles() - name what cannot be born again (user.c) */
void user_obstacles(struct snap *s);

#endif
