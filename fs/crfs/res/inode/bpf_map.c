// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF maps: what one is made with, whether it is frozen, and its entries, in the order of their keys, since each map
 * has an order of its own.
 *
 * A map is the kernel's too while a program uses it, so then it is refused, and so is one that somebody outside has, or
 * a bpffs: the map counts both. Lost: its number; which entries of an LRU map were used last.
 */
#include <linux/bpf.h>
#include <linux/cpumask.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include <crfs/bpf_map.h>

#include "res/inode/bpf_map.h"

#define LARGEST (64U << 20)	/* bytes of entries */
#define KEY_MAX 4096
#define MADE (BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_ZERO_SEED | \
	      BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_MMAPABLE)

/** struct content - @data: the entries, @btf: the types, until the tree has them */
struct content {
	struct crfs_inode_bpf_map r;
	struct text *data, *btf;
};

/** struct walk - through a map; @next behind @key; @entry: one of @size bytes, of which @keys are its key */
struct walk {
	struct bpf_map *map;
	char *key, *next, *entry;
	size_t size, keys;
};

static bool refuse(struct snap *s, const struct cfile *f, const char *why)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
			 "%s: %s: unload the BPF program, or keep its loader outside the container", f->link, why);
	return false;
}

static bool only_here(struct snap *s, const struct cfile *f, const struct bpf_map *map)
{
	const s64 users = atomic64_read(&map->usercnt), all = atomic64_read(&map->refcnt);
	s64 here = 0;
	size_t i;

	for (i = 0; i < s->nr_files; i++)
		here += s->files[i]->file->f_op == f->file->f_op && s->files[i]->file->private_data == map;
	if (all > users)
		snap_unsupported(s, -EXDEV, file_obj(s, f), "%s: a program uses it, which is the kernel's: unload it",
				 f->link);
	else if (users > here)
		snap_unsupported(s, -EXDEV, file_obj(s, f),
				 "%s: a process outside the container has it, too, or a bpffs: end that, or unpin it",
				 f->link);
	return all <= users && users <= here;
}

/* A network card has those that cannot be walked through. */
static bool can(struct snap *s, const struct cfile *f, const struct bpf_map *map)
{
	if (!crfs_bpf_map_known(map->map_type))
		return refuse(s, f, "of a kind that cannot be carried");
	if (map->btf_vmlinux_value_type_id)
		return refuse(s, f, "of a kind that cannot be carried");
	if (map->map_flags & ~(u32)MADE || map->map_extra || map->key_size > KEY_MAX || !map->ops->map_lookup_elem ||
	    !map->ops->map_get_next_key)
		return refuse(s, f, "with flags that cannot be carried");
	return only_here(s, f, map);
}

/* The values of an entry; under rcu_read_lock(). Return: 0 or a negative errno */
static int look_up(const struct walk *w, char *to)
{
	const size_t one = round_up(w->map->value_size, 8);
	const struct bpf_map_ops *ops = w->map->ops;
	const void *value;
	int cpu;

	if (!crfs_bpf_map_percpu(w->map->map_type)) {
		value = ops->map_lookup_elem_sys_only ? ops->map_lookup_elem_sys_only(w->map, w->key) :
							ops->map_lookup_elem(w->map, w->key);
		if (value)
			memcpy(to, value, w->map->value_size);
		return IS_ERR_OR_NULL(value) ? -ENOENT : 0;
	}
	for_each_possible_cpu(cpu) {
		value = ops->map_lookup_percpu_elem ? ops->map_lookup_percpu_elem(w->map, w->key, cpu) : NULL;
		if (!value)
			return -ENOENT;
		memcpy(to, value, one);
		to += one;
	}
	return 0;
}

/* Return: 0 and an entry, -ENOENT: there are no more, or another error */
static int step(struct walk *w, bool first)
{
	int rc;

	rcu_read_lock();
	rc = w->map->ops->map_get_next_key(w->map, first ? NULL : w->key, w->next);
	if (!rc) {
		memcpy(w->key, w->next, w->map->key_size);
		memcpy(w->entry, w->key, w->keys);
		rc = look_up(w, w->entry + w->keys) ? -ESTALE : 0;
	}
	rcu_read_unlock();
	return rc;
}

static int by_key(const void *a, const void *b, const void *keys)
{
	return memcmp(a, b, *(const size_t *)keys);
}

static int walk_all(struct walk *w, struct content *c)
{
	int rc = step(w, true);

	for (; !rc; rc = step(w, false)) {
		if (c->data->w.len + w->size > LARGEST)
			return -E2BIG;
		text_bytes(c->data, w->entry, w->size);
		if (c->data->failed)
			return -ENOMEM;
		c->r.entries++;
		cond_resched();
	}
	if (w->keys && c->r.entries)
		sort_r(c->data->w.buf, c->r.entries, w->size, by_key, NULL, &w->keys);
	return rc == -ENOENT ? 0 : rc;
}

static int read_entries(struct bpf_map *map, struct content *c)
{
	const u64 values = crfs_bpf_map_values(&c->r);
	struct walk w = { .map = map, .keys = crfs_bpf_map_keys(&c->r) };
	int rc = values > LARGEST ? -E2BIG : 0;

	w.size = values + w.keys;
	if (!rc) {
		w.key = kmalloc(2 * KEY_MAX, GFP_KERNEL_ACCOUNT);
		w.entry = kvmalloc(w.size, GFP_KERNEL_ACCOUNT);
		w.next = w.key + KEY_MAX;
		rc = w.key && w.entry ? walk_all(&w, c) : -ENOMEM;
	}
	kvfree(w.entry);
	kfree(w.key);
	return rc;
}

static int read_types(struct snap *s, const struct cfile *f, const struct bpf_map *map, struct content *c)
{
	int rc = bpf_types_read(map->btf, c->btf);

	if (rc == -EOPNOTSUPP) {
		snap_unsupported(s, rc, file_obj(s, f),
				 "%s: with types of its own (BTF), which the kernel filesystem does not know on this kernel: use -t fuse.crfs",
				 f->link);
		return 0;
	}
	c->r.btf_key = map->btf_key_type_id;
	c->r.btf_value = map->btf_value_type_id;
	if (!rc && crfs_bpf_types_alive(c->btf->w.buf, c->btf->w.len))
		refuse(s, f, "with timers, locks or pointers among its types, which cannot be carried");
	return rc;
}

static int read_map(struct snap *s, const struct cfile *f, struct bpf_map *map, struct content *c)
{
	const char *name = snap_printf(s, "%.*s", (int)strnlen(map->name, sizeof(map->name)), map->name);
	int rc;

	*c = (struct content){
		.r = {
			.kind = map->map_type, .name = str_of(name), .key_size = map->key_size,
			.value_size = map->value_size, .max_entries = map->max_entries, .flags = map->map_flags,
			.frozen = READ_ONCE(map->frozen),
			.cpus = crfs_bpf_map_percpu(map->map_type) ? num_possible_cpus() : 1,
		},
		.data = snap_text(s), .btf = snap_text(s),
	};
	rc = name && c->data && c->btf ? read_entries(map, c) : -ENOMEM;
	return rc ?: map->btf ? read_types(s, f, map, c) : 0;
}

int bpf_map_inode(struct snap *s, struct cfile *f, u32 *id)
{
	struct bpf_map *map = f->file->private_data;
	struct content *c;
	struct cinode *n;
	int rc;

	*id = 0;
	if (!can(s, f, map))
		return 0;
	n = snap_inode(s, &res_inode_bpf_map, map, NULL);
	if (!n)
		return -ENOMEM;
	*id = n->id;
	if (n->priv)
		return 0;
	c = snap_alloc(s, sizeof(*c));
	if (!c)
		return -ENOMEM;
	n->priv = c;
	rc = snap_tried(s, read_map(s, f, map, c));
	if (rc == -ENOMEM)
		return rc;
	if (rc)
		snap_unsupported(s, rc, file_obj(s, f),
				 "%s: its entries cannot be read: mount with CAP_SYS_ADMIN, or let it hold less than %u bytes",
				 f->link, LARGEST);
	return 0;
}

static int show(struct snap *s, struct cinode *n, const char *name, struct text *bytes)
{
	size_t len;
	char *data;

	if (!bytes->w.len)
		return 0;
	data = text_take(bytes, &len);
	return tree_text(s->tree, n->dir, name, data, len) ? 0 : -ENOMEM;
}

static int bpf_map_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	struct content *c = n->priv;

	text_section(out, &crfs_inode_bpf_map_shape);
	text_rec(out, &crfs_inode_bpf_map_shape, &c->r);
	return show(s, n, "data", c->data) ?: show(s, n, "btf", c->btf);
}

const struct room res_inode_bpf_map = {
	.name = "bpf_map",
	.scope = PER_INODE,
	.read = bpf_map_read,
};
