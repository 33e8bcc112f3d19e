// SPDX-License-Identifier: GPL-2.0-only
/*
 * Credentials of a thread: ids, groups, capability sets, securebits, no_new_privs.
 *
 * Ids are those of the mounter's user namespace. Lost: keys in a keyring of the thread's or
 * process's own, and in the session keyring (keyring.c). A label that a security module gave the task and the mounter
 * does not have is refused.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <linux/uidgid.h>

#include <crfs/res/task/creds.h>

#include "internal.h"
#include "res/task/keyring.h"

static void groups(const struct cred *cred, struct user_namespace *ns, struct text *list)
{
	int i;

	for (i = 0; i < cred->group_info->ngroups; i++)
		text_list(list, from_kgid_munged(ns, cred->group_info->gid[i]));
}

static void name_losses(struct snap *s, const struct ctask *t, const struct cred *cred)
{
#ifdef CONFIG_KEYS
	if (cred->thread_keyring)
		snap_lost(s, task_obj(s, t), "its thread keyring: keys are not carried");
	if (t == t->leader && cred->process_keyring)
		snap_lost(s, task_obj(s, t), "its process keyring: keys are not carried");
#endif
	keyring_name(s, t, cred);
}

static void name_label(struct snap *s, const struct ctask *t, const struct cred *cred)
{
	u32 own = 0, its = 0, len = 0;
	char *text = NULL;

	if (t != t->leader)
		return;
	security_cred_getsecid(s->mi->cred, &own);
	security_cred_getsecid(cred, &its);
	if (own == its)
		return;
	if (security_secid_to_secctx(its, &text, &len))
		text = NULL;
	snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
			 "security label %.*s, which cannot be carried: run it and crfs under the same",
			 text ? (int)len : 1, text ? text : "?");
	if (text)
		security_release_secctx(text, len);
}

static int creds_fill(struct snap *s, struct ctask *t, struct text *out)
{
	struct user_namespace *ns = s->mi->cred->user_ns;
	const struct cred *cred = get_task_cred(t->task);
	struct text list = { .failed = false };
	struct crfs_creds c = {
		.uid = from_kuid_munged(ns, cred->uid), .euid = from_kuid_munged(ns, cred->euid),
		.suid = from_kuid_munged(ns, cred->suid),
		.fsuid = from_kuid_munged(ns, cred->fsuid),
		.gid = from_kgid_munged(ns, cred->gid), .egid = from_kgid_munged(ns, cred->egid),
		.sgid = from_kgid_munged(ns, cred->sgid),
		.fsgid = from_kgid_munged(ns, cred->fsgid),
		.cap_inheritable = crfs_cap(cred->cap_inheritable),
		.cap_permitted = crfs_cap(cred->cap_permitted),
		.cap_effective = crfs_cap(cred->cap_effective),
		.cap_bounding = crfs_cap(cred->cap_bset),
		.cap_ambient = crfs_cap(cred->cap_ambient),
		.securebits = cred->securebits,
		.no_new_privs = task_no_new_privs(t->task),
	};

	groups(cred, ns, &list);
	c.groups = text_str(&list);
	text_section(out, &crfs_creds_shape);
	text_rec(out, &crfs_creds_shape, &c);
	text_done(&list, out);
	put_cred(cred);
	return 0;
}

static int creds_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	const struct cred *cred = get_task_cred(t->task);

	name_losses(s, t, cred);
	name_label(s, t, cred);
	put_cred(cred);
	return same_emit(s, t, &t->leader->creds, creds_fill, out);
}

const struct room res_task_creds = {
	.name = "creds",
	.scope = PER_THREAD,
	.read = creds_read,
};
