// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The session keyring of a process, session-keyring(7): lost, with a line if there are keys in it. So are those that a
 * user namespace has for its users, user-keyring(7), persistent-keyring(7), which end with it.
 *
 * A process cannot be asked: keyctl(2) installs one for who has none. So it is looked for in the kernel's memory, if
 * /proc/key-users and /proc/keys say that there may be any: keys of other users, or of ours that the kernel does not make
 * by itself. Not lost is one that is the mounter's, too, and one in which nothing is but the keyring of its user, which
 * everybody finds there anyway.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "keyring.h"
#include "kmem_pid.h"
#include "proc.h"

#define SLOTS 16	/* ASSOC_ARRAY_FAN_OUT */
#define DEPTH 16

/** struct seen - a keyring that has been named; the last one stands at the first task */
struct seen {
	uint64_t ring;
	const struct seen *next;
};

static const char gate_key, seen_key;

/* Does the kernel make one like that for every user? A line of /proc/keys ends with what a key is called. */
static bool is_usual(const char *line)
{
	return strstr(line, " _uid.") || strstr(line, " _uid_ses.") || strstr(line, " .user_reg");
}

/* Of our own keys we see all that others may have hidden from us: those that count are in the quota. */
static bool own_keys(struct snap *s, unsigned int counted)
{
	char *text = proc_read(s->proc, NULL, "keys"), *line, *save = NULL;
	unsigned int usual = 0;
	char flags[16];

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%*x %15s", flags) == 1 && strchr(flags, 'Q') && is_usual(line))
			usual++;
	free(text);
	return counted > usual;
}

static bool may_have_keys(struct snap *s)
{
	char *text = proc_read(s->proc, NULL, "key-users"), *line, *save = NULL;
	unsigned int uid, counted;
	bool may = false;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line && !may; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%u: %*d %*d/%*d %u/", &uid, &counted) == 2 && counted)
			may = uid != geteuid() || own_keys(s, counted);
	free(text);
	return may;
}

static bool gate(struct snap *s)
{
	static const char yes = 1, no;
	struct task *first = &s->tasks[0];

	if (!snap_noted(first, &gate_key))
		snap_note(s, first, &gate_key, (void *)(may_have_keys(s) ? &yes : &no));
	return snap_noted(first, &gate_key) == &yes;
}

static int session_of(struct kmem *k, uint64_t task, uint64_t *ring)
{
	uint64_t cred;
	int rc = kmem_get(k, task, K_TASK_CRED, &cred, sizeof(cred));

	return rc ?: kmem_get(k, cred, K_CRED_SESSION, ring, sizeof(*ring));
}

static void called(struct kmem *k, uint64_t key, char name[64])
{
	uint64_t at;
	size_t i;

	memset(name, 0, 64);
	if (!kmem_get(k, key, K_KEY_DESCRIPTION, &at, sizeof(at)))
		kmem_read(k, at, name, 63);
	for (i = 0; name[i]; i++)
		if (name[i] <= ' ' || name[i] > '~')
			name[i] = '?';
}

/* Is its one key the keyring of a user? A pointer with its last bit set leads to no key. */
static bool only_user(struct kmem *k, uint64_t ring)
{
	uint64_t root = 0, slots[SLOTS];
	char name[64];
	size_t i;

	if (k->at[K_KEY_KEYS] < 0 || kmem_get(k, ring + k->at[K_KEY_KEYS], K_ARRAY_ROOT, &root, sizeof(root)) ||
	    kmem_get(k, root & ~3ULL, K_NODE_SLOTS, slots, sizeof(slots)))
		return false;
	for (i = 0; i < SLOTS; i++)
		if (slots[i] && !(slots[i] & 1)) {
			called(k, slots[i] & ~3ULL, name);
			return !strncmp(name, "_uid.", 5);
		}
	return false;
}

static bool named_before(struct snap *s, uint64_t ring)
{
	const struct seen *first = snap_noted(&s->tasks[0], &seen_key), *n;
	struct seen *mine;

	for (n = first; n; n = n->next)
		if (n->ring == ring)
			return true;
	mine = pool_alloc(&s->scratch, sizeof(*mine));
	if (mine) {
		*mine = (struct seen){ .ring = ring, .next = first };
		snap_note(s, &s->tasks[0], &seen_key, mine);
	}
	return false;
}

void keyring_name(struct snap *s, struct task *t)
{
	uint64_t task, ring = 0, ours = 0, keys = 0;
	struct kmem *k;
	char name[64];
	int rc;

	if (t->leader != t || s->live || !gate(s))
		return;
	k = snap_kmem(s, &rc);
	if (!k || kmem_task_find(k, s->proc, t->tid, &task) || session_of(k, task, &ring) || session_of(k, kmem_task(k), &ours) || !ring ||
	    ring == ours || k->at[K_KEY_KEYS] < 0 ||
	    kmem_get(k, ring + k->at[K_KEY_KEYS], K_ARRAY_LEAVES, &keys, sizeof(keys)) || !keys ||
	    (keys == 1 && only_user(k, ring)) || named_before(s, ring))
		return;
	called(k, ring, name);
	snap_lost(s, task_name(s, t), "its session keyring %s, with %llu keys: keys are not carried", name,
		  (unsigned long long)keys);
}

/** struct users - of a namespace, whose keyrings are named */
struct users {
	struct snap *s;
	struct kmem *k;
	const char *obj;
};

static void name_ring(const struct users *u, uint64_t ring)
{
	uint64_t keys = 0;
	char name[64];

	if (kmem_get(u->k, ring + u->k->at[K_KEY_KEYS], K_ARRAY_LEAVES, &keys, sizeof(keys)) || !keys ||
	    (keys == 1 && only_user(u->k, ring)))
		return;
	called(u->k, ring, name);
	snap_lost(u->s, u->obj, "its keyring %s, with %llu keys: keys are not carried", name, (unsigned long long)keys);
}

/* Its last bit says that a pointer leads to more of them, the other one that something of the way is left out. */
static void each_ring(const struct users *u, uint64_t p, int depth)
{
	uint64_t slots[SLOTS];
	size_t i;

	if (p & 2 && kmem_get(u->k, p & ~3ULL, K_SHORTCUT_NEXT, &p, sizeof(p)))
		return;
	if (!p || depth > DEPTH || kmem_get(u->k, p & ~3ULL, K_NODE_SLOTS, slots, sizeof(slots)))
		return;
	for (i = 0; i < SLOTS; i++)
		if (slots[i] & 1)
			each_ring(u, slots[i], depth + 1);
		else if (slots[i])
			name_ring(u, slots[i] & ~3ULL);
}

/* All rings of a kind are in one that the namespace has, once there are any. */
static void each_of(const struct users *u, uint64_t ns, enum kmember kind)
{
	uint64_t ring = 0, root = 0;

	if (u->k->at[kind] >= 0 && !kmem_get(u->k, ns, kind, &ring, sizeof(ring)) && ring &&
	    !kmem_get(u->k, ring + u->k->at[K_KEY_KEYS], K_ARRAY_ROOT, &root, sizeof(root)))
		each_ring(u, root, 0);
}

void keyring_users(struct snap *s, const struct task *t, const char *obj)
{
	struct users u = { .s = s, .obj = obj };
	uint64_t task, cred, ns;
	int rc;

	if (s->live || !gate(s))
		return;
	u.k = snap_kmem(s, &rc);
	if (!u.k || u.k->at[K_KEY_KEYS] < 0 || u.k->at[K_SHORTCUT_NEXT] < 0 || kmem_task_find(u.k, s->proc, t->tid, &task) ||
	    kmem_get(u.k, task, K_TASK_CRED, &cred, sizeof(cred)) || kmem_get(u.k, cred, K_CRED_USER_NS, &ns, sizeof(ns)))
		return;
	each_of(&u, ns, K_USER_NS_KEYS);
	each_of(&u, ns, K_USER_NS_PERSISTENT);
}
