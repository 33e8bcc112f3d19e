// SPDX-License-Identifier: GPL-2.0-only
/*
 * Session keyrings, and those that a user namespace has for its users: lost, with a line if there are keys in them;
 * see fuse-proto/res/task/keyring.c.
 */
#include <linux/assoc_array.h>
#include <linux/assoc_array_priv.h>
#include <linux/cred.h>
#include <linux/key.h>

#include "res/task/keyring.h"

#ifdef CONFIG_KEYS

#define DEPTH 16

/** struct ring_seen - a session keyring that has been named */
struct ring_seen {
	const struct key *ring;
	struct ring_seen *next;
};

static const char *called(struct snap *s, const struct key *key)
{
	char *name = snap_printf(s, "%.63s", key->description ?: ""), *p;

	for (p = name; p && *p; p++)
		if (*p <= ' ' || *p > '~')
			*p = '?';
	return name ?: "";
}

/* That of a keyring has bits of its own (security/keys/keyring.c). */
static struct key *leaf(const struct assoc_array_ptr *p)
{
	return (struct key *)((unsigned long)p & ~3UL);
}

/* What is in @ring, and of what it is made, stays as long as its semaphore is held. */
static const struct assoc_array_node *node_of(const struct assoc_array_ptr *p)
{
	if (p && assoc_array_ptr_is_shortcut(p))
		p = assoc_array_ptr_to_shortcut(p)->next_node;
	return p ? assoc_array_ptr_to_node(p) : NULL;
}

/* Is its one key the keyring of a user? */
static bool only_user(struct key *ring)
{
	const struct assoc_array_node *n;
	const struct key *key = NULL;
	bool yes;
	int i;

	down_read(&ring->sem);
	n = node_of(ring->keys.root);
	for (i = 0; n && !key && i < ASSOC_ARRAY_FAN_OUT; i++)
		if (n->slots[i] && assoc_array_ptr_is_leaf(n->slots[i]))
			key = leaf(n->slots[i]);
	yes = key && key->description && !strncmp(key->description, "_uid.", 5);
	up_read(&ring->sem);
	return yes;
}

static bool is_loss(struct key *ring)
{
	unsigned long keys = READ_ONCE(ring->keys.nr_leaves_on_tree);

	return keys && (keys > 1 || !only_user(ring));
}

static bool named_before(struct snap *s, const struct key *ring)
{
	struct ring_seen *n;

	for (n = s->rings; n; n = n->next)
		if (n->ring == ring)
			return true;
	n = snap_alloc(s, sizeof(*n));
	if (n) {
		*n = (struct ring_seen){ .ring = ring, .next = s->rings };
		s->rings = n;
	}
	return false;
}

void keyring_name(struct snap *s, const struct ctask *t, const struct cred *cred)
{
	struct key *ring = cred->session_keyring;

	if (t == t->leader && ring && ring != s->mi->cred->session_keyring && is_loss(ring) && !named_before(s, ring))
		snap_lost(s, task_obj(s, t), "its session keyring %s, with %lu keys: keys are not carried",
			  called(s, ring), ring->keys.nr_leaves_on_tree);
}

static void each_ring(struct snap *s, const struct assoc_array_ptr *p, int depth, const char *obj)
{
	const struct assoc_array_node *n = depth > DEPTH ? NULL : node_of(p);
	struct key *ring;
	int i;

	for (i = 0; n && i < ASSOC_ARRAY_FAN_OUT; i++) {
		if (!n->slots[i])
			continue;
		if (assoc_array_ptr_is_meta(n->slots[i])) {
			each_ring(s, n->slots[i], depth + 1, obj);
			continue;
		}
		ring = leaf(n->slots[i]);
		if (is_loss(ring))
			snap_lost(s, obj, "its keyring %s, with %lu keys: keys are not carried", called(s, ring),
				  ring->keys.nr_leaves_on_tree);
	}
}

static void each_of(struct snap *s, struct key *rings, const char *obj)
{
	if (!rings)
		return;
	down_read(&rings->sem);
	each_ring(s, rings->keys.root, 0, obj);
	up_read(&rings->sem);
}

void keyring_users(struct snap *s, const struct user_namespace *ns, const char *obj)
{
	each_of(s, READ_ONCE(ns->user_keyring_register), obj);
#ifdef CONFIG_PERSISTENT_KEYRINGS
	each_of(s, READ_ONCE(ns->persistent_keyring_register), obj);
#endif
}

#else

void keyring_name(struct snap *s, const struct ctask *t, const struct cred *cred)
{
}

void keyring_users(struct snap *s, const struct user_namespace *ns, const char *obj)
{
}

#endif
