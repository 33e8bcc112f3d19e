// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Credentials of a thread: ids, groups, capability sets, securebits, no_new_privs.
 *
 * From /proc/<tid>/status; securebits from the task itself. Ids are those of the mounter's user
 * namespace. Lost: keys in a keyring of the thread's or process's own, named when there is one, and in
 * the session keyring (keyring.c), which becomes the mounter's; whom a process lets trace it (ptracer.c). A label that a
 * security module gave the task and the mounter does not have is refused; a Landlock domain cannot
 * be seen from anywhere (crfs.txt, "Limits").
 *
 * credentials(7), capabilities(7). CAP_CHECKPOINT_RESTORE is the last capability known here (5.9);
 * bits behind it are carried as numbers.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <crfs/res/task/creds.h>

#include "ask.h"
#include "creds.h"
#include "keyring.h"
#include "ptracer.h"
#include "proc.h"
#include "rooms.h"
#include "same.h"

struct asked {
	unsigned int securebits, thread_keys, process_keys;
};

static const char key, text_key;

static void creds_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct asked *a = pool_alloc(&s->scratch, sizeof(*a));

	if (!a)
		return;
	a->securebits = ask(tape, SYS_prctl, PR_GET_SECUREBITS);
	a->thread_keys = ask(tape, SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_THREAD_KEYRING, 0);
	a->process_keys = ask(tape, SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0);
	snap_note(s, t, &key, a);
}

/* "Uid:" and "Gid:": real, effective, saved, filesystem */
static void four(const struct task *t, const char *line, __u32 *real, __u32 *eff, __u32 *saved,
		 __u32 *fs)
{
	__u32 *to[] = { real, eff, saved, fs };
	const char *p = snap_status(t, line);
	char *end;
	int i;

	for (i = 0; p && i < 4; i++, p = end)
		*to[i] = strtoul(p, &end, 10);
}

static void groups(const struct task *t, struct text *list)
{
	const char *p = snap_status(t, "Groups");
	char *end;

	for (; p && *p != '\n'; p = end) {
		unsigned long g = strtoul(p, &end, 10);

		if (end == p)
			break;
		text_list(list, g);
		while (*end == ' ')
			end++;
	}
}

static void name_losses(struct snap *s, const struct task *t, const struct asked *a)
{
	if (ask_ret(t, a->thread_keys) > 0)
		snap_lost(s, task_name(s, t), "its thread keyring: keys are not carried");
	if (t == t->leader && ask_ret(t, a->process_keys) > 0)
		snap_lost(s, task_name(s, t), "its process keyring: keys are not carried");
}

/* AppArmor, SELinux, Smack: whoever restores gives the task the label he has himself. */
static void name_label(struct snap *s, const struct task *t)
{
	char *own, *its;

	if (t != t->leader)
		return;
	own = proc_read(s->proc, NULL, "self/attr/current");
	if (!own)
		return;
	its = proc_read(s->proc, NULL, "%d/attr/current", t->tid);
	if (its && strcmp(own, its))
		snap_unsupported(s, -EOPNOTSUPP, task_name(s, t),
				 "security label %.*s, which cannot be carried: run it and crfs under the same",
				 (int)strcspn(its, "\n"), its);
	free(own);
	free(its);
}

static int creds_fill(struct snap *s, struct task *t, struct text *out)
{
	struct asked *a = snap_noted(t, &key);
	struct text list = { 0 };
	struct crfs_creds c = {
		.cap_inheritable = snap_status_num(t, "CapInh", 16),
		.cap_permitted = snap_status_num(t, "CapPrm", 16),
		.cap_effective = snap_status_num(t, "CapEff", 16),
		.cap_bounding = snap_status_num(t, "CapBnd", 16),
		.cap_ambient = snap_status_num(t, "CapAmb", 16),
		.no_new_privs = snap_status_num(t, "NoNewPrivs", 10),
	};

	if (!a)
		return fail(s->err, -ENOMEM, "creds");
	four(t, "Uid", &c.uid, &c.euid, &c.suid, &c.fsuid);
	four(t, "Gid", &c.gid, &c.egid, &c.sgid, &c.fsgid);
	groups(t, &list);
	c.groups = text_str(&list);
	c.securebits = ask_ret(t, a->securebits) < 0 ? 0 : ask_ret(t, a->securebits);
	text_section(out, &crfs_creds_shape);
	text_rec(out, &crfs_creds_shape, &c);
	text_free(&list);
	return 0;
}

static int creds_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	struct asked *a = snap_noted(t, &key);

	if (a)
		name_losses(s, t, a);
	keyring_name(s, t);
	ptracer_name(s, t);
	name_label(s, t);
	return same_emit(s, t, &text_key, creds_fill, out);
}

static const struct crfs_shape *const shapes[] = { &crfs_creds_shape, NULL };

const struct resource res_task_creds = {
	.name = "creds",
	.scope = PER_THREAD,
	.shapes = shapes,
	.optional = true,
	.phase = PHASE_CREDS,
	.ask = creds_ask,
	.read = creds_read,
	.check = creds_check,
	.put = creds_put,
};
