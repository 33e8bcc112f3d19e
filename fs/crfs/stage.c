// SPDX-License-Identifier: GPL-2.0-only
/* Staging: the names, who sees them, and for how long. */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/stringhash.h>
#include <linux/uio.h>

#include "stage.h"
#include "stage_pages.h"

#define SLOT_BITS 13
#define NAME_COST 1536		/* about what a node, an inode and a dentry take */

static struct hlist_head *slot_of(struct stage *st, const struct snode *dir, const char *name,
				  size_t len)
{
	return &st->slots[hash_32(full_name_hash(dir, name, len), SLOT_BITS)];
}

struct snode *stage_find(struct stage *st, struct snode *dir, const char *name, size_t len)
{
	struct snode *n;

	if (!st->slots)
		return NULL;
	hlist_for_each_entry(n, slot_of(st, dir, name, len), hash)
		if (n->parent == dir && n->len == len && !memcmp(n->name, name, len))
			return n;
	return NULL;
}

/* The node of a directory; NULL: it is in the stage no more */
struct snode *stage_dir(struct stage *st, struct inode *dir)
{
	if (dir == d_inode(st->sb->s_root))
		return &st->root;
	return list_first_entry_or_null(&sfile_of(dir)->names, struct snode, same);
}

static int make_slots(struct stage *st)
{
	if (!st->slots)
		st->slots = kvcalloc(1 << SLOT_BITS, sizeof(*st->slots), GFP_KERNEL_ACCOUNT);
	return st->slots ? 0 : -ENOMEM;
}

/**
 * stage_add() - a name for an inode
 * @st: the stage
 * @dir: where
 * @name: which, and no other there has it
 * @inode: without a reference of the caller's: the node takes one itself
 */
int stage_add(struct stage *st, struct snode *dir, const struct qstr *name, struct inode *inode)
{
	struct snode *n;

	if (make_slots(st))
		return -ENOMEM;
	if (atomic64_read(&st->used) + NAME_COST > st->limit)
		return -ENOSPC;
	n = kzalloc(sizeof(*n), GFP_KERNEL_ACCOUNT);
	if (n)
		n->name = kmemdup_nul(name->name, name->len, GFP_KERNEL_ACCOUNT);
	if (!n || !n->name) {
		kfree(n);
		return -ENOMEM;
	}
	atomic64_add(NAME_COST, &st->used);
	n->len = name->len;
	n->parent = dir;
	n->seq = ++st->seq;
	n->inode = inode;
	ihold(inode);
	INIT_LIST_HEAD(&n->children);
	list_add_tail(&n->sibling, &dir->children);
	list_add_tail(&n->same, &sfile_of(inode)->names);
	hlist_add_head(&n->hash, slot_of(st, dir, n->name, n->len));
	return 0;
}

void stage_remove(struct stage *st, struct snode *n)
{
	list_del(&n->sibling);
	list_del(&n->same);
	hlist_del(&n->hash);
	atomic64_sub(NAME_COST, &st->used);
	iput(n->inode);
	kfree(n->name);
	kfree(n);
}

int stage_move(struct stage *st, struct snode *n, struct snode *dir, const struct qstr *name)
{
	char *copy = kmemdup_nul(name->name, name->len, GFP_KERNEL_ACCOUNT);

	if (!copy)
		return -ENOMEM;
	hlist_del(&n->hash);
	kfree(n->name);
	n->name = copy;
	n->len = name->len;
	if (n->parent != dir) {
		n->parent = dir;
		n->seq = ++st->seq;
		list_move_tail(&n->sibling, &dir->children);
	}
	hlist_add_head(&n->hash, slot_of(st, dir, n->name, n->len));
	return 0;
}

/* The node behind @n, depth first, within @top. */
struct snode *stage_next(struct snode *n, const struct snode *top)
{
	if (!list_empty(&n->children))
		return list_first_entry(&n->children, struct snode, sibling);
	while (n != top && list_is_last(&n->sibling, &n->parent->children))
		n = n->parent;
	return n == top ? NULL : list_next_entry(n, sibling);
}

/* Is there room for @f to be @size bytes long? Then it is taken. */
bool stage_room(struct stage *st, struct sfile *f, loff_t size)
{
	loff_t more = PAGE_ALIGN(size) - f->charged;

	if (more <= 0)
		return true;
	if (more > st->limit - atomic64_read(&st->used))
		return false;
	atomic64_add(more, &st->used);
	f->charged += more;
	return true;
}

void stage_truncate(struct inode *inode, loff_t size)
{
	struct spages *own = sfile_of(inode)->own;

	if (!own) {
		truncate_setsize(inode, size);
		return;
	}
	if (size < i_size_read(inode))
		spages_cut(own, size);
	i_size_write(inode, size);
}

/* The bytes of all files go, the names stay: what they were for is done. */
void stage_spend(struct stage *st)
{
	struct snode *n;

	for (n = stage_next(&st->root, &st->root); n; n = stage_next(n, &st->root))
		if (S_ISREG(n->inode->i_mode))
			stage_truncate(n->inode, 0);
}

static void forget_writers(struct stage *st)
{
	int i;

	for (i = 0; i < STAGE_WRITERS; i++) {
		put_pid(st->writers[i]);
		st->writers[i] = NULL;
	}
}

/* Everything goes. Leaves first. */
static void empty(struct stage *st)
{
	struct snode *n = &st->root, *up;

	trigger_reset(st);
	while (n != &st->root || !list_empty(&n->children)) {
		if (!list_empty(&n->children)) {
			n = list_first_entry(&n->children, struct snode, sibling);
			continue;
		}
		up = n->parent;
		if (S_ISREG(n->inode->i_mode))
			stage_truncate(n->inode, 0);
		stage_remove(st, n);
		n = up;
	}
	forget_writers(st);
	st->over = st->failed = st->changed = st->fresh = st->recheck = false;
}

static bool has_task(struct pid *pid)
{
	bool has;

	rcu_read_lock();
	has = pid_task(pid, PIDTYPE_TGID);
	rcu_read_unlock();
	return has;
}

/* Forgets the writers that are gone. Return: how many are left */
static unsigned int live_writers(struct stage *st)
{
	unsigned int i, n = 0;

	for (i = 0; i < STAGE_WRITERS; i++) {
		if (!st->writers[i])
			continue;
		if (has_task(st->writers[i])) {
			n++;
			continue;
		}
		put_pid(st->writers[i]);
		st->writers[i] = NULL;
	}
	return n;
}

static struct pid **writer(struct stage *st)
{
	int i;

	for (i = 0; i < STAGE_WRITERS; i++)
		if (st->writers[i] == task_tgid(current))
			return &st->writers[i];
	return NULL;
}

/* Does this process fill the stage? */
bool stage_wrote_it(struct stage *st)
{
	return writer(st);
}

/* Does another process, which still lives? */
bool stage_others(struct stage *st)
{
	return live_writers(st) > !!writer(st);
}

void stage_wrote(struct stage *st)
{
	struct pid **w;

	if (writer(st) || current->flags & PF_KTHREAD)
		return;
	w = &st->writers[st->next_writer++ % STAGE_WRITERS];
	put_pid(*w);
	*w = get_pid(task_tgid(current));
}

/* Whoever looks at what it made sees from now on what all see. */
void stage_leave(struct stage *st)
{
	struct pid **w = writer(st);

	if (!w)
		return;
	put_pid(*w);
	*w = NULL;
}

/**
 * stage_look() - see what the cgroup decides; with the lock held
 * @st: the stage
 *
 * A stage ends when the cgroup gets tasks, and begins anew when it has none any more; if it has
 * become these tasks, those who filled it may finish.
 *
 * Return: is the stage what the mount shows to this process?
 */
bool stage_look(struct stage *st)
{
	bool staging;

	if (st->busy)
		return true;
	staging = mount_state(st->mi) == STATE_STAGING;
	if (staging ? st->over : !st->over || !live_writers(st))
		empty(st);
	return staging || (st->over && writer(st));
}

/* stage_look() for those who hold nothing. */
bool stage_shown(struct mount_info *mi)
{
	struct stage *st = mi->stage;
	bool shown;

	mutex_lock(&st->lock);
	shown = stage_look(st);
	mutex_unlock(&st->lock);
	return shown;
}

/* Of a file that is being written, too. */
ssize_t stage_pread(struct inode *inode, char *buf, size_t size)
{
	struct spages *own = sfile_of(inode)->own;
	struct kvec vec = { buf, size };
	struct iov_iter to;
	size_t pos, n;
	struct page *page;
	loff_t at = 0;

	if (own) {
		iov_iter_kvec(&to, ITER_DEST, &vec, 1, size);
		return spages_read(own, size, &at, &to);
	}
	for (pos = 0; pos < size; pos += n) {
		page = read_mapping_page(inode->i_mapping, pos >> PAGE_SHIFT, NULL);
		if (IS_ERR(page))
			return PTR_ERR(page);
		n = min_t(size_t, size - pos, PAGE_SIZE);
		memcpy_from_page(buf + pos, page, 0, n);
		put_page(page);
	}
	return size;
}

/* The word in .crfs/state, where it is none of the cgroup's; or NULL */
const char *stage_word(struct mount_info *mi)
{
	struct stage *st = mi->stage;
	const char *word = NULL;

	mutex_lock(&st->lock);
	stage_look(st);
	if (st->busy)
		word = st->restoring ? "restoring\n" : "staging\n";
	else if (st->failed && mount_state(mi) == STATE_STAGING)
		word = "failed\n";
	mutex_unlock(&st->lock);
	return word;
}

int stage_init(struct mount_info *mi)
{
	struct stage *st = kzalloc(sizeof(*st), GFP_KERNEL);

	if (!st)
		return -ENOMEM;
	mutex_init(&st->lock);
	init_waitqueue_head(&st->idle);
	INIT_LIST_HEAD(&st->root.children);
	st->root.name = "";
	st->mi = mi;
	st->limit = (u64)(totalram_pages() / 4 * 3) << PAGE_SHIFT;
	st->files = "same";
	mi->stage = st;
	return 0;
}

/* Return: is it an option of ours, with such a value? */
bool stage_option(struct mount_info *mi, const char *key, const char *value)
{
	static const char *const policies[] = { "same", "strict", "lax" };
	struct stage *st = mi->stage;
	char *end;
	int i;

	if (!strcmp(key, "size")) {
		st->limit = min_t(u64, memparse(value, &end), S64_MAX);
		return end != value && !*end;
	}
	i = match_string(policies, ARRAY_SIZE(policies), value);
	if (i >= 0)
		st->files = policies[i];
	return i >= 0;
}

/* Before the inodes go. */
void stage_end(struct mount_info *mi)
{
	if (mi->stage)
		empty(mi->stage);
}

void stage_free(struct mount_info *mi)
{
	if (!mi->stage)
		return;
	kvfree(mi->stage->slots);
	mutex_destroy(&mi->stage->lock);
	kfree(mi->stage);
}
