/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of crfs share.
 *
 * A mount (struct mount_info) has a generation (struct gen) for as long as the cgroup stays
 * frozen: a snapshot of its tasks and the tree that rooms have made of it. All texts are made
 * when the generation is: a frozen container does not change. Pages are read when they are
 * asked for.
 */
#ifndef CRFS_INTERNAL_H
#define CRFS_INTERNAL_H

#include <linux/cgroup.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/uio.h>

#include <crfs/xstate.h>
#include <crfs/digest.h>
#include <crfs/extent.h>
#include <crfs/format.h>
#include <crfs/shape.h>
#include <crfs/text.h>

#include "compat.h"
#include "fault.h"

struct cnode;
struct digester;
struct digesting;
struct gen;
struct snap;

/* ---- text.c: a text while it is made ---- */

/** text_done() - @t, a line of @out, is not wanted any more; if it is not whole, neither is @out */
void text_done(struct text *t, struct text *out);

static inline struct crfs_str str_of(const char *p)
{
	return (struct crfs_str){ .p = p, .len = p ? strlen(p) : 0 };
}

/* ---- tree.c ---- */

/**
 * struct payload_ops - where the bytes of a payload are
 * @read: up to iov_iter_count() bytes from @pos on, all of them in the file. Return: bytes, or a
 *	negative errno
 *	@d, unless NULL, gets them, too, if @digests
 * @hole: the first offset >= @pos that is data (@data) or hole, as lseek(2); NULL: all is data
 */
struct payload_ops {
	ssize_t (*read)(struct cnode *n, struct iov_iter *to, loff_t pos, struct digesting *d);
	loff_t (*hole)(struct cnode *n, loff_t pos, bool data);
	bool digests;
};

enum node_kind { NODE_DIR, NODE_TEXT, NODE_PAYLOAD };

/**
 * struct cnode - a directory, a text or a payload
 * @ino: grows in readdir order over the whole tree
 * @text: NODE_TEXT: @size bytes
 * @priv, @arg: NODE_PAYLOAD: of its @ops
 */
struct cnode {
	struct gen *gen;
	struct cnode *parent, *child, *last, *next, *hash_next;
	u64 ino;
	enum node_kind kind;
	loff_t size;
	char *text;
	const struct payload_ops *ops;
	void *priv;
	u64 arg;
	u64 digest;
	bool digest_known;
	char name[];
};

/** struct tree - @slots: hash of (directory, name); a power of two, @mask + 1 of them */
struct tree {
	struct cnode *root, **slots;
	size_t mask, count;
};

int tree_init(struct tree *t, struct gen *gen);
void tree_free(struct tree *t);
struct cnode *tree_dir(struct tree *t, struct cnode *dir, const char *name);
struct cnode *tree_text(struct tree *t, struct cnode *dir, const char *name, char *text,
			size_t size);
struct cnode *tree_payload(struct tree *t, struct cnode *dir, const char *name, loff_t size,
			  const struct payload_ops *ops, void *priv, u64 arg);
struct cnode *tree_find(struct tree *t, struct cnode *dir, const char *name, size_t len);
struct cnode *tree_next(struct cnode *n);
size_t tree_path(const struct cnode *n, char *buf, size_t size);
void tree_number(struct tree *t);

/* ---- a snapshot ---- */

enum { NS_PID, NS_MNT, NS_UTS, NS_NET, NS_IPC, NS_USER, NS_TIME, NS_CGROUP, CRFS_NS_KINDS };

/**
 * struct ctask - a thread or a zombie of the container
 * @task: with a reference; everything else is found through it
 * @tid, @tgid: as the mounter has them; @v...: as the tree has them, 0: outside
 * @switches: how often it has run: another number, and it has run since
 * @ns: numbers of its namespaces in the tree, by kind
 * @mm, @files, @fs, @sighand: what it shares, and the first task that has it
 */
struct ctask {
	struct task_struct *task;
	pid_t tid, tgid;
	pid_t vtid, vtgid, vppid, vpgid, vsid;
	struct ctask *leader, *parent;
	bool zombie, stopped, in_vfork;
	u64 switches;
	struct cmm *mm;
	struct ctask *files, *fs, *sighand;
	u32 ns[CRFS_NS_KINDS], children_pid_ns;
	struct cnode *dir;
	/* of a leader, once a thread was compared with it */
	const struct text *creds, *sched;
};

/** struct cmm - an address space; @mm: to tell it, not to use it: cmm_get() */
struct cmm {
	u32 id;
	struct ctask *task;
	struct mm_struct *mm;
	struct rows *rows;
	struct caio *aio;		/* res/mm/aio.c */
	struct extent_source *source;
	struct cnode *dir;
};

/**
 * struct cfile - an open file description
 * @file: with a reference while the snapshot is taken, then only to tell it
 * @link: what /proc/<pid>/fd shows; @room: what kind it is
 * @flight: no task has it: it is in a message that nobody has received yet; @task has what it is in
 */
struct cfile {
	u32 id;
	struct ctask *task;
	int fd;
	struct file *file;
	const char *link;
	u32 flags;
	struct kstat st;
	const struct room *room;
	struct cfile *hash_next;
	bool leak_named, flight;
};

/**
 * struct cinode - something that travels
 * @file: our own description of it, or NULL
 * @net: in which it was met
 * @vmas: how many mappings show it
 */
struct cinode {
	u32 id;
	const struct room *room;
	const void *key;
	struct file *file;
	struct net *net;
	struct cnode *dir;
	void *priv;
	unsigned long vmas;
};

/**
 * struct cns - a namespace of the container's own
 * @leaked: that somebody outside is in it was named
 * @task: the first in it; NULL: there is none, and it is @held while the snapshot is taken (res/ns/held.c)
 * @root: of one for mounts, while the snapshot is taken: as a task has it whose root it is, if one does
 */
struct cns {
	u32 id, inum;
	const char *kind;
	int nr_kind;
	bool leaked;
	struct path root;
	const struct room *room;
	struct ctask *task;
	struct ns_common *held;
	struct cns *next;
};

struct chunk;

/**
 * struct snap - the whole
 * @nets: where the container has sockets, that of its first task first; @net: that of the socket that is looked at
 * @level: of the tree's pids below @pid_ns, the mounter's namespace
 * @live: the container runs: there is no more than the header
 * @cg: the cgroup, with a reference while the snapshot is taken: that of the mount may be removed and made again
 */
struct snap {
	struct gen *gen;
	struct mount_info *mi;
	struct cgroup *cg;
	struct tree *tree;
	bool live;
	struct pid_namespace *pid_ns;
	struct sock_net *nets;		/* res/fd/sock_net.c */
	struct net *net;
	unsigned int level;
	struct ctask *tasks;
	size_t nr_tasks;
	struct cmm **mms;
	size_t nr_mms;
	struct cfile **files, **file_hash;
	size_t nr_files, files_cap;
	struct cinode **inodes;
	size_t nr_inodes, inodes_cap;
	struct crfs_chain *chains;		/* res/task/seccomp.c */
	struct mapped **mapped;		/* res/mm/rows.c */
	struct undos *undos;		/* res/task/semundo.c */
	struct ring_seen *rings;	/* res/task/keyring.c */
	struct cgroup_seen *cgroups;	/* res/task/hierarchies.c */
	struct usual *usual;		/* res/fd/sockopt.c */
	struct unixes *unixes;		/* res/fd/unix_scan.c */
	struct tcp_known *tcp;		/* res/fd/tcp_look.c */
	struct kept *kept;
	struct crfs_xlayout xlayout;	/* res/task/regs.c */
	struct cns *ns, **ns_end;
	u32 nr_ns;
	struct held **held;		/* res/ns/held.c */
	bool again;			/* more of these were met */
	struct mntall *mounts;		/* res/ns/mnt.c */
	size_t looked;			/* other_name.c: entries of directories */
	struct crfs_thing *externals;	/* external.c: what stands behind what is declared */
	s64 flying;			/* res/inode/uring.c: requests of all tasks */
	struct text unsupported, lost;
	struct chunk *pool;
	const char *why;		/* what failed, if taking it did */
	bool nomem;			/* something was not found for want of memory */
};

void *snap_alloc(struct snap *s, size_t n);
char *snap_printf(struct snap *s, const char *fmt, ...) __printf(2, 3);
__printf(4, 5) void snap_unsupported(struct snap *s, int code, const char *object,
				     const char *fmt, ...);
__printf(3, 4) void snap_lost(struct snap *s, const char *object, const char *fmt, ...);
const char *snap_obj(struct snap *s, const char *dir, u32 id);
struct text *snap_text(struct snap *s);
int snap_fail(struct snap *s, int rc, const char *what);
int snap_tried(struct snap *s, int rc);
void *snap_grow(struct snap *s, void *old, size_t nr, size_t *cap, size_t size);

int snap_take(struct snap *s);
void snap_free(struct snap *s);

/* tasks.c */
int tasks_list(struct snap *s);
int tasks_frozen(struct snap *s);
int tasks_share(struct snap *s);
void tasks_end(struct cgroup *cg);
void tasks_put(struct snap *s);
struct ctask *snap_task(const struct snap *s, const struct task_struct *t);
pid_t snap_vpid(const struct snap *s, struct pid *pid);
struct pid *snap_pid(struct ctask *t, unsigned int type);
u64 task_switches(const struct task_struct *t);
const struct pt_regs *task_hold_regs(struct task_struct *t);
void task_let_go(struct task_struct *t);
bool task_rests(struct task_struct *t);
struct mm_struct *cmm_get(const struct cmm *mm);
const char *task_obj(struct snap *s, const struct ctask *t);

/* files.c */
int snap_file(struct snap *s, struct ctask *t, int fd, struct file *file, struct cfile **f);
struct cfile *files_known(const struct snap *s, const struct file *file);
struct cinode *snap_inode(struct snap *s, const struct room *room, const void *key,
			  struct file *file);
int files_emit(struct snap *s);
void files_put(struct snap *s);
const char *file_obj(struct snap *s, const struct cfile *f);
void locks_read(struct snap *s, const struct cfile *f, struct text *out);
void file_refuse_flight(struct snap *s, const struct cfile *f, const char *what);
bool file_leased(const struct cfile *f);
bool file_is_mqueue(const struct cfile *f);
bool file_is_memfd(const struct file *file, const char *link);
bool kernel_named(const struct file *file);
/* file_room() - the row of @f */
const struct room *file_room(struct snap *s, const struct cfile *f);
bool file_plain(const struct cfile *f);
void locks_posix(struct snap *s, struct ctask *t, struct text *out);

/* leaks.c */
void leaks_tasks(struct snap *s);
void leaks_files(struct snap *s);
/* Processes outside that have descriptors, with references, in the pool. Return: how many */
size_t leaks_outside(struct snap *s, struct task_struct ***list);

/* place.c: where files are */
struct place {
	struct crfs_str path;
	u32 mnt_ns;
	bool gone;
};

extern const char path_too_long[];
char *path_text(struct snap *s, const struct path *path);
int place_lookup(struct snap *s, u32 mnt_ns, const char *name, unsigned int flags, struct path *at);
bool path_leads(struct snap *s, u32 mnt_ns, const char *name, const struct path *path, bool proc);
char *path_dir(struct snap *s, const char *path);
char *path_other(struct snap *s, u32 mnt_ns, const char *path, const struct path *at, u64 ino);
unsigned int path_names(struct snap *s, const struct place *p, const struct path *at, u64 ino);
int path_place(struct snap *s, const char *obj, const struct ctask *t, const char *link,
	       const struct path *at, const struct kstat *st, struct place *p);
int file_place(struct snap *s, struct cfile *f, struct place *p);
struct file *file_reopen(struct file *file);

/* proc.c: what only other files tell */
int show_fdinfo(struct file *file, struct text *out);
int proc_show(struct snap *s, const struct ctask *t, const char *name, struct text *out);
const char *info_line(const struct text *t, const char *key);
const char *next_line(const char *p, const char *key);
int user_page(int (*call)(void *arg, unsigned long at), void *arg);
int ask_ioctl(struct file *file, unsigned int cmd, void *buf, size_t size);
bool info_num(const struct text *t, const char *key, int base, u64 *v);
ssize_t read_open(struct file *file, struct text *out);
ssize_t read_whole(const char *path, struct text *out);

/* extents.c */
u64 entries_next(struct mm_struct *mm, u64 at, u64 end);
int entries_read(struct mm_struct *mm, struct vm_area_struct *vma, u64 at, size_t n, u64 *e);
int extent_node(struct snap *s, struct cmm *mm, struct cnode *dir, u64 from, u64 to);
int shmem_extents(struct snap *s, struct cinode *i, u64 size);
bool page_zero(struct mm_struct *mm, u64 at);

/* ---- rooms ---- */

enum scope {
	PER_ROOT,
	PER_THREAD,
	PER_PROCESS,
	PER_SIGHAND,
	PER_FDTABLE,
	PER_FS,
	PER_MM,
	PER_FILE,
	PER_INODE,
	PER_NS,
};

/**
 * struct room - a room; what fuse-proto/resource.h says of the same fields holds
 * @name: the file's name, or the type
 * @locks: a PER_FILE room that has a section of locks
 * @fires: the restore has it ready for a moment
 * @zombies: it is there for zombies too
 * @match: PER_FILE: is this description of our kind? Exact
 * @read: write the sections into @out; nothing written: there is no file. Obstacles are named
 *	with snap_unsupported() and are no failure
 */
struct room {
	const char *name;
	enum scope scope;
	bool zombies, locks, fires;
	bool (*match)(const struct cfile *f);
	int (*read)(struct snap *s, void *obj, struct text *out);
};

extern const struct room *const rooms[];

#define ROOM(name) extern const struct room res_##name
ROOM(root_header); ROOM(root_cgroup);
ROOM(ns_user); ROOM(ns_pid); ROOM(ns_uts); ROOM(ns_ipc); ROOM(ns_time); ROOM(ns_net); ROOM(ns_cgroup); ROOM(ns_mnt);
ROOM(task_status); ROOM(task_regs); ROOM(task_wait); ROOM(task_creds); ROOM(task_sched); ROOM(task_attrs);
ROOM(task_dispatch); ROOM(task_segments); ROOM(task_breakpoints); ROOM(mm_ldt); ROOM(mm_aio);
ROOM(task_signals); ROOM(task_seccomp); ROOM(task_semundo); ROOM(task_parent);
ROOM(task_limits); ROOM(task_process); ROOM(task_timers); ROOM(task_timens);
ROOM(task_sigpending); ROOM(task_sigactions); ROOM(task_fs); ROOM(fd_fds);
ROOM(mm_status); ROOM(mm_maps); ROOM(mm_flags); ROOM(mm_mempolicy); ROOM(mm_program);
ROOM(inode_pipe); ROOM(inode_ghost); ROOM(inode_ghost_dir); ROOM(inode_memfd); ROOM(inode_shm);
ROOM(inode_vdso); ROOM(inode_pty); ROOM(inode_filter); ROOM(inode_unix_queue); ROOM(inode_tcp_queue);
ROOM(inode_datagrams); ROOM(inode_tmpfs); ROOM(inode_sysv_shm); ROOM(inode_sysv_sem);
ROOM(inode_sysv_msg); ROOM(inode_mqueue); ROOM(inode_packet_header); ROOM(inode_corked);
ROOM(inode_bpf_map); ROOM(fd_bpf_map);
ROOM(inode_uring); ROOM(fd_uring); ROOM(inode_packet_ring); ROOM(fd_tun);
ROOM(fd_regular); ROOM(fd_unlinked); ROOM(fd_dir); ROOM(fd_opath); ROOM(fd_chardev);
ROOM(fd_pipe); ROOM(fd_fifo); ROOM(fd_eventfd); ROOM(fd_epoll); ROOM(fd_timerfd);
ROOM(fd_signalfd);
ROOM(fd_fanotify);
ROOM(fd_procfs); ROOM(fd_nsfd); ROOM(fd_hungup);
ROOM(fd_inotify); ROOM(fd_memfd); ROOM(fd_mqueue); ROOM(fd_pidfd); ROOM(fd_ptm); ROOM(fd_pts);
ROOM(fd_listener); ROOM(fd_unix_listener); ROOM(fd_tcp); ROOM(fd_unix); ROOM(fd_udp); ROOM(fd_raw);
ROOM(fd_ping); ROOM(fd_packet); ROOM(fd_netlink); ROOM(fd_unknown); ROOM(fd_external);

/* Between rooms. */
int queue_emit(struct snap *s, struct ctask *t, bool shared, struct text *out);
bool queue_has_timer(struct ctask *t, bool shared, int id);
bool timers_has(struct ctask *leader, int id);
int same_emit(struct snap *s, struct ctask *t, const struct text **leaders,
	      int (*fill)(struct snap *s, struct ctask *t, struct text *out), struct text *out);
struct cinode *ghost(struct snap *s, struct file *file, const struct place *p);
struct cinode *ghost_dir(struct snap *s, const struct path *path, const struct place *p);
struct cinode *pipe_inode(struct snap *s, struct cfile *f);
u32 vdso_inode(struct snap *s);
void pty_check_tasks(struct snap *s);
int unix_scan(struct snap *s);
int sock_nets_begin(struct snap *s);
void sock_nets_end(struct snap *s);
int uring_settle(struct snap *s);
int vfork_finish(struct mount_info *mi);
int ns_emit(struct snap *s);
void ns_roots_put(struct snap *s);
const struct path *ns_root(struct snap *s, u32 id);
bool tmpfs_empty(struct snap *s, const struct path *root);
int tmpfs_inode(struct snap *s, const struct path *root, u32 mnt_ns, const struct crfs_str *mountpoint);
bool tmpfs_carried(const struct snap *s, const struct super_block *sb);

/* res/inode/attributes.c: what is lost by name, of @what: "a memfd" */
void lost_xattrs(struct snap *s, const struct cinode *n, const char *what);
void lost_flags(struct snap *s, const struct cinode *n, const struct inode *inode, const char *what);

/** struct ns_numbers - of a task's namespaces, by kind; and of the pid and time namespaces of its children */
struct ns_numbers {
	u32 v[CRFS_NS_KINDS], children, time_children;
};

int ns_own(struct ns_numbers *own);

/* ---- cgroup.c ---- */

struct mount_info;

int cgroup_of(const struct path *path, struct cgroup **cg);
int cgroup_open(const char *dir, struct cgroup **cg);
struct file *cgroup_dir(const struct mount_info *mi);
struct cgroup *cgroup_now(struct mount_info *mi);
struct file *cgroup_hold(const struct mount_info *mi);
void cgroup_let_go(struct file *hold);
bool cgroup_gone(struct mount_info *mi);
void cgroup_again(struct mount_info *mi);
char *cgroup_inner(struct cgroup *cg, gfp_t gfp);
bool cgroup_is_frozen(struct cgroup *cg);
u64 cgroup_told(struct cgroup *cg);

/* ---- super.c, gen.c, file.c ---- */

enum mount_state { STATE_FROZEN, STATE_RUNNING, STATE_STAGING };

/**
 * struct mount_info - of a mount
 * @dir: the path of the cgroup as it was given; @cg: the cgroup, with a reference
 * @cred: the mounter's; everything is looked at with it
 * @lock: of @gen, the generation at hand
 * @error: why the last one could not be taken, or the last restore failed; @error_lock is its, innermost
 * @taker: who is taking one, and must not wait for itself when a path leads into the mount
 * @stage: what is copied in while there are no tasks
 * @digester: digests taken by another CPU
 * @external: what stays outside, @nr_external of them, the last that was declared first
 * @guards: connections with the world outside are carried and guarded (tcp=guard)
 */
struct mount_info {
	char *dir;
	struct cgroup *cg;
	const struct cred *cred;
	struct pid_namespace *pid_ns;
	struct ns_numbers own;
	struct mutex lock;
	struct task_struct *taker;
	struct gen *gen;
	struct timespec64 last;
	struct mutex error_lock;
	struct text error;
	struct stage *stage;
	struct digester *digester;
	const struct crfs_external *external;
	unsigned int nr_external;
	bool lossy, guards;
	bool vforks_wait, vforks_tried;	/* in this look (vfork.c) */
};

/**
 * struct gen - a generation
 * @ref: of the mount, and of every inode
 * @told: cgroup_told() when all tasks were last found as they were; 0: it could say nothing
 * @freezes: the cgroup runs, and was to be frozen
 */
struct gen {
	struct kref ref;
	struct mount_info *mi;
	struct snap snap;
	struct tree tree;
	struct cnode *manifest;
	struct mutex manifest_lock;
	struct timespec64 time;
	unsigned long born;
	u64 told;
	bool dead, freezes;
};

struct gen *gen_get(struct mount_info *mi);
void gen_put(struct gen *g);
void gen_drop(struct mount_info *mi);
bool gen_valid(struct gen *g);
bool gen_valid_all(struct gen *g);
bool task_stands(const struct ctask *t);
enum mount_state mount_state(struct mount_info *mi);
enum mount_state mount_settled(struct mount_info *mi);

/* manifest.c */
loff_t manifest_size(struct gen *g);
int manifest_make(struct gen *g);

/* digest.c */
void digest_staged(struct inode *inode);
int digester_init(struct mount_info *mi);
void digester_end(struct mount_info *mi);

/* stage*.c, restore.c: what the rest needs of them; stage.h has the rest */
struct stage;
int stage_init(struct mount_info *mi);
void stage_end(struct mount_info *mi);
void stage_free(struct mount_info *mi);
bool stage_option(struct mount_info *mi, const char *key, const char *value);
bool stage_shown(struct mount_info *mi);
bool stage_open_root(struct inode *inode, struct file *file);
const char *stage_word(struct mount_info *mi);
ssize_t stage_ctl(struct mount_info *mi, const char __user *buf, size_t size);
struct dentry *stage_lookup(struct inode *dir, struct dentry *dentry);
int stage_revalidate(struct dentry *dentry, const struct inode *inode);
bool stage_evict(struct inode *inode);
int stage_create(crfs_idmap *idmap, struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
int stage_mkdir(crfs_idmap *idmap, struct inode *dir, struct dentry *dentry, umode_t mode);
int stage_unlink(struct inode *dir, struct dentry *dentry);
int stage_rmdir(struct inode *dir, struct dentry *dentry);
int stage_rename(crfs_idmap *idmap, struct inode *old_dir, struct dentry *old_dentry,
		 struct inode *new_dir, struct dentry *new_dentry, unsigned int flags);
int stage_link(struct dentry *old_dentry, struct inode *dir, struct dentry *dentry);
int stage_setattr_root(crfs_idmap *idmap, struct dentry *dentry, struct iattr *attr);
void run_end(void);

bool may_look(void);
bool may_restore(const struct mount_info *mi);

extern const struct super_operations crfs_super_ops;
extern const struct dentry_operations crfs_dentry_ops;
struct inode *crfs_root_inode(struct super_block *sb);

#endif
