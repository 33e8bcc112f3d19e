// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BPF maps, by bpf(2): what one is made with (BPF_OBJ_GET_INFO_BY_FD), whether it is frozen (fdinfo), and its entries,
 * in the order of their keys, since each map has an order of its own. They are read through a descriptor that is made by the
 * map's number, as those of the container may not be for reading (CAP_SYS_ADMIN).
 *
 * A map is the kernel's too while a program uses it, so then it is refused, as are programs. Lost: its number; which entries
 * of an LRU map were used last; that it is pinned in a bpffs outside, which nothing tells.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <crfs/bpf_map.h>

#include "bpf.h"
#include "bpf_map.h"
#include "cpus.h"
#include "fdroom.h"
#include "proc.h"
#include "rooms.h"

#define NOWHERE ((dev_t)-3)	/* the device of maps: their inode is everybody's, so it is the number that counts */
#define LARGEST (64U << 20)	/* bytes of entries */
#define KEY_MAX 4096
#define MADE (BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_ZERO_SEED | \
	      BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_MMAPABLE)

/** struct content - @data: the entries, @btf: the types, malloc'ed until the tree has them */
struct content {
	struct crfs_inode_bpf_map r;
	char *data, *btf;
	size_t len;
	uint32_t btf_len;
};

/* Bytes of an entry */
static uint64_t entry(const struct crfs_inode_bpf_map *r)
{
	return crfs_bpf_map_values(r) + crfs_bpf_map_keys(r);
}

static bool refuse(struct snap *s, const struct file *f, const char *why)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%s: %s: unload the BPF program, or keep its loader outside the container",
			 f->link, why);
	return false;
}

/* Has process @pid a descriptor of it? */
static bool has_it(struct snap *s, pid_t pid, uint32_t id)
{
	int at = proc_open(s->proc, O_RDONLY | O_DIRECTORY, "%d/fd", pid);
	DIR *d = at < 0 ? NULL : fdopendir(at);
	struct file f = { .fd = -1 };
	struct dirent *e;
	bool has = false;
	char link[32];
	uint64_t is;
	ssize_t n;
	char *info;

	while (d && !has && (e = readdir(d))) {
		n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		if (strcmp(link, "anon_inode:bpf-map"))
			continue;
		info = proc_read(s->proc, NULL, "%d/fdinfo/%s", pid, e->d_name);
		f.info = info;
		has = info && file_info_num(&f, "map_id", 10, &is) && is == id;
		free(info);
	}
	if (d)
		closedir(d);
	else if (at >= 0)
		close(at);
	return has;
}

static bool only_here(struct snap *s, const struct file *f, uint32_t id)
{
	int user = bpf_map_user(id);
	size_t i;

	if (user < 0) {
		snap_unsupported(s, user, file_obj(s, f), "%s: who uses it cannot be asked: mount with CAP_SYS_ADMIN", f->link);
		return false;
	}
	if (user) {
		snap_unsupported(s, -EXDEV, file_obj(s, f), "%s: program %d uses it, which is the kernel's: unload it",
				 f->link, user);
		return false;
	}
	for (i = 0; i < s->nr_outside; i++)
		if (s->outside[i] != getpid() && has_it(s, s->outside[i], id)) {
			snap_unsupported(s, -EXDEV, file_obj(s, f), "%s: process %d outside the container has it, too: end that",
					 f->link, s->outside[i]);
			return false;
		}
	return true;
}

static bool can(struct snap *s, const struct file *f, const struct bpf_map_info *m)
{
	if (!crfs_bpf_map_known(m->type))
		return refuse(s, f, "of a kind that cannot be carried");
	if (m->btf_vmlinux_value_type_id)
		return refuse(s, f, "of a kind that cannot be carried");
	if (m->map_flags & ~(uint32_t)MADE || m->map_extra || m->ifindex || m->key_size > KEY_MAX)
		return refuse(s, f, "with flags that cannot be carried");
	return only_here(s, f, m->id);
}

static int by_key(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(const uint64_t *)size);
}

static int more_room(struct content *c, size_t *size, size_t n)
{
	char *more;

	if (c->len + n <= *size)
		return 0;
	*size = 2 * *size + n + 4096;
	more = realloc(c->data, *size);
	if (!more)
		return -ENOMEM;
	c->data = more;
	return 0;
}

static int read_entries(int map, struct content *c)
{
	uint64_t n = entry(&c->r), keys = crfs_bpf_map_keys(&c->r);
	char key[KEY_MAX], next[KEY_MAX];
	size_t size = 0;
	int rc = bpf_map_next(map, NULL, next);

	for (; !rc; rc = bpf_map_next(map, key, next)) {
		memcpy(key, next, c->r.key_size);
		rc = c->len + n > LARGEST ? -E2BIG : more_room(c, &size, n);
		if (rc)
			return rc;
		memcpy(c->data + c->len, key, keys);
		rc = bpf_map_get(map, key, c->data + c->len + keys);
		if (rc)
			return rc;
		c->len += n;
		c->r.entries++;
	}
	if (keys && c->r.entries)
		qsort_r(c->data, c->r.entries, n, by_key, &keys);
	return rc == -ENOENT ? 0 : rc;
}

static int read_map(struct snap *s, const struct file *f, const struct bpf_map_info *m, struct content *c)
{
	const char *name = pool_strndup(&s->pool, m->name, strnlen(m->name, sizeof(m->name)));
	int map = bpf_map_open(m->id, 0), rc;
	uint64_t frozen = 0;

	file_info_num(f, "frozen", 10, &frozen);
	*c = (struct content){ .r = { .kind = m->type, .name = { name, name ? strlen(name) : 0 }, .key_size = m->key_size,
				      .value_size = m->value_size, .max_entries = m->max_entries, .flags = m->map_flags,
				      .frozen = frozen, .cpus = crfs_bpf_map_percpu(m->type) ? cpus_possible() : 1 } };
	rc = map < 0 ? map : name ? read_entries(map, c) : -ENOMEM;
	if (!rc && m->btf_id) {
		rc = bpf_types_get(m->btf_id, &c->btf, &c->btf_len);
		c->r.btf_key = m->btf_key_type_id;
		c->r.btf_value = m->btf_value_type_id;
	}
	if (!rc && c->btf && crfs_bpf_types_alive(c->btf, c->btf_len))
		refuse(s, f, "with timers, locks or pointers among its types, which cannot be carried");
	if (map >= 0)
		close(map);
	return rc;
}

int bpf_map_inode(struct snap *s, const struct file *f, unsigned int *id)
{
	struct bpf_map_info m;
	struct content *c;
	struct inode *n;
	int rc = bpf_map_look(f->dup, &m);

	*id = 0;
	if (rc)
		return fail_on(s->err, rc, file_obj(s, f), "BPF_OBJ_GET_INFO_BY_FD");
	if (!can(s, f, &m))
		return 0;
	n = snap_inode(s, &res_inode_bpf_map, NOWHERE, m.id, -1);
	if (!n)
		return fail(s->err, -ENOMEM, "a BPF map");
	*id = n->id;
	if (n->priv)
		return 0;
	c = pool_alloc(&s->pool, sizeof(*c));
	rc = c ? read_map(s, f, &m, c) : -ENOMEM;
	n->priv = c;
	if (rc)
		snap_unsupported(s, rc, file_obj(s, f), "%s: its entries cannot be read: mount with CAP_SYS_ADMIN, or let it hold less "
				 "than %u bytes", f->link, LARGEST);
	return 0;
}

static int show(struct snap *s, struct inode *n, const char *name, char *bytes, size_t len)
{
	if (len)
		return tree_text(s->tree, n->dir, name, bytes, len) ? 0 : -ENOMEM;
	free(bytes);
	return 0;
}

static int bpf_map_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	struct content *c = n->priv;

	text_section(out, &crfs_inode_bpf_map_shape);
	text_rec(out, &crfs_inode_bpf_map_shape, &c->r);
	return show(s, n, "data", c->data, c->len) ?: show(s, n, "btf", c->btf, c->btf_len);
}

static struct node *part_of(const struct iobj *o, const char *name)
{
	struct node *n = o->node->child;

	while (n && strcmp(n->name, name))
		n = n->next;
	return n;
}

static void bpf_map_check(struct image *im, struct iobj *o)
{
	const struct crfs_inode_bpf_map *r = image_rec(o, &res_inode_bpf_map, 0);
	const struct node *n = part_of(o, "data"), *btf = part_of(o, "btf");
	uint64_t size = n ? n->size : 0;

	if (!r)
		return;
	if (!crfs_bpf_map_known(r->kind) || !r->key_size || r->key_size > KEY_MAX || !r->value_size || r->value_size > LARGEST ||
	    r->entries > r->max_entries || (!crfs_bpf_map_keys(r) && (r->key_size != 4 || r->entries != r->max_entries)) ||
	    r->name.len >= BPF_OBJ_NAME_LEN || (btf && (!btf->size || btf->size > LARGEST)) || (!btf && (r->btf_key || r->btf_value)) || r->flags & ~(uint32_t)MADE)
		image_mismatch(im, -EINVAL, o->path, "there is no such BPF map");
	else if (size > LARGEST || r->cpus > 65536 || (!crfs_bpf_map_percpu(r->kind) && r->cpus != 1) || size != r->entries * entry(r))
		image_mismatch(im, -EINVAL, o->path, "data has %llu bytes, not those of %u entries", (unsigned long long)size,
			       r->entries);
	else if (crfs_bpf_map_percpu(r->kind) && r->cpus != cpus_possible())
		image_mismatch(im, -EOPNOTSUPP, o->path, "a BPF map with values for %u CPUs, and this machine may have %u", r->cpus,
			       cpus_possible());
}

static int put_entries(int map, const struct crfs_inode_bpf_map *r, const char *data)
{
	const uint64_t n = entry(r), keys = crfs_bpf_map_keys(r);
	uint32_t i;
	int rc = 0;

	for (i = 0; i < r->entries && !rc; i++)
		rc = bpf_map_set(map, keys ? data + i * n : (const char *)&i, data + i * n + keys);
	return rc;
}

static int fill(int map, const struct crfs_inode_bpf_map *r, struct node *n)
{
	char *data = malloc(n ? n->size + 1 : 1);
	int rc = !data ? -ENOMEM : n && node_pread(n, data, n->size, 0) != n->size ? -EIO : put_entries(map, r, data);

	free(data);
	return rc ? rc : r->frozen ? bpf_map_freeze(map) : 0;
}

/* @fd: -1: it has none. Return: 0 or a negative errno */
static int load_types(struct node *n, int *fd)
{
	char *data = n ? malloc(n->size) : NULL;

	*fd = !n ? -1 : !data ? -ENOMEM : node_pread(n, data, n->size, 0) != n->size ? -EIO : bpf_types_load(data, n->size);
	free(data);
	return n && *fd < 0 ? *fd : 0;
}

/* Read-only or write-only is what the first descriptor was made; this one must do more. */
static int bpf_map_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_inode_bpf_map *r = image_rec(o, &res_inode_bpf_map, 0);
	struct bpf_map_info m = { .type = r->kind, .key_size = r->key_size, .value_size = r->value_size,
				  .max_entries = r->max_entries, .map_flags = r->flags,
				  .btf_key_type_id = r->btf_key, .btf_value_type_id = r->btf_value };
	int first, btf, rc = load_types(part_of(o, "btf"), &btf);

	if (rc)
		return fail_on(rs->err, rc, o->path, "the types of a BPF map: use a kernel that knows them");
	memcpy(m.name, r->name.p, r->name.len);
	first = bpf_map_create(&m, btf);
	if (btf >= 0)
		close(btf);
	rc = first < 0 ? first : bpf_map_look(first, &m);
	if (!rc)
		o->fd = bpf_map_open(m.id, 0);
	if (first >= 0)
		close(first);
	if (!rc)
		rc = o->fd < 0 ? o->fd : fill(o->fd, r, part_of(o, "data"));
	return rc ? fail_on(rs->err, rc, o->path, "a BPF map: needs CAP_BPF and CAP_SYS_ADMIN") : 0;
}

const struct resource res_inode_bpf_map = {
	.name = "bpf_map",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_inode_bpf_map_shape, NULL },
	.payloads = (const char *const[]){ "data", "btf", NULL },
	.read = bpf_map_read,
	.check = bpf_map_check,
	.make = bpf_map_make,
};
