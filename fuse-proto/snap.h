/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot being taken: the container's objects as rooms see them when they read. */
#ifndef CRFS_SNAP_H
#define CRFS_SNAP_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/user.h>

#include "engine.h"
#include "pool.h"
#include "tape.h"
#include "text.h"

struct dispatch;
struct held;
struct resource;
struct snap;

/**
 * struct task - a thread, or a zombie
 * @tid, @tgid: as our pid namespace has them
 * @made_by: the thread of its parent that it is a child of, as far as known; 0: none in the cgroup
 * @vtid, @vtgid, @vppid, @vpgid, @vsid: as the tree has them; @vppid 0: the parent is outside
 * @leader: the thread-group leader's task
 * @parent: the parent's leader if in the container
 * @status, @stat: /proc/<tid>/status and stat, NUL-terminated; snap_status() finds a line
 * @zombie: it has exited; only status can be read of it
 * @stopped: in a group stop
 * @seized: we are its tracer (false in a live view)
 * @regs, @sigmask: as they were at the freeze; regs.ax may hold -ERESTART codes
 * @dispatch: its syscall user dispatch (res/task/dispatch.h), NULL: none
 * @rseq: address of its struct rseq, once attrs has asked for it; 0: none
 * @mm, @files, @fs, @sighand: mm, and owner tasks of the shared tables (maybe itself)
 * @mm_next: the next task that has this mm
 * @tape: what it was asked, with the results; NULL if it was not
 * @notes: see snap_note()
 */
struct task {
	pid_t tid, tgid, made_by;
	pid_t vtid, vtgid, vppid, vpgid, vsid;
	struct task *leader, *parent;
	char *status, *stat;
	bool zombie, stopped, seized;
	struct user_regs_struct regs;
	uint64_t sigmask;
	uint64_t rseq;
	const struct dispatch *dispatch;
	struct mm *mm;
	struct task *mm_next;
	struct task *files, *fs, *sighand;
	struct task *same, *first;	/* share.c, while it compares */
	struct tape *tape;
	struct note *notes;
	struct node *dir;
};

/**
 * struct vma - a mapping, parsed from smaps
 * @prot: PROT_*; @flags: MAP_SHARED or MAP_PRIVATE
 * @name: path or "[heap]" ..., "" if anonymous, as the kernel prints it, unescaped
 * @vmflags: the VmFlags line ("rd wr mr mw me ac sd")
 * @rss, @anon, @swap: bytes (Rss, Anonymous, Swap)
 * @shared: bytes of pages that others have mapped, too (Shared_Clean and Shared_Dirty)
 */
struct vma {
	uint64_t start, end, pgoff;
	int prot, flags;
	dev_t dev;
	ino_t ino;
	const char *name;
	const char *vmflags;
	uint64_t rss, anon, swap, shared, locked, pagesize;
	int pkey;
};

/**
 * struct mm - an address space
 * @task: a live thread that has it; @tasks: all of them, that one first
 * @place: where its threads may play tapes (ask.c); NULL if nowhere
 */
struct mm {
	unsigned int id;
	struct task *task, *tasks;
	struct place *place;
	struct vma *vmas;
	size_t nr_vmas;
	struct node *dir;
	void *priv;		/* res/mm's own */
};

/**
 * struct sock_kind - what a socket is, asked for once; @domain 0: it is none, or was not asked yet
 */
struct sock_kind {
	int domain, type, protocol, listens;
};

/**
 * struct file - an open file description
 * @id: its number in the tree
 * @task, @fd: where it was met first
 * @dup: our duplicate of it, open while its room reads it, and before that if kept (files_keep()), else -1
 * @st, @link, @info: fstat of it, /proc/<tid>/fd/<fd> link, /proc/<tid>/fdinfo/<fd>, NUL-terminated
 * @flags: open flags as in fdinfo, without O_CLOEXEC; @pos: the file position
 * @mnt_id: as in fdinfo
 * @sock: what kind of socket it is, as soon as it was open here (file_sock())
 * @flight: no task has it: it is in a message that nobody has received yet; @task is then ourselves
 * @carrier: and this one has the socket which the message is in
 */
struct file {
	unsigned int id;
	struct task *task;
	int fd, dup;
	struct stat st;
	const char *link, *info;
	unsigned int flags;
	uint64_t pos;
	int mnt_id;
	bool flight;
	struct task *carrier;
	struct sock_kind sock;
	const struct resource *room;
};

/**
 * struct inode - something that travels with the container
 * @id: its number; @room: the PER_INODE row
 * @dup: a descriptor of it, held as long as the view lives; -1 if its room needs none
 * @net: where the socket was that it was met in (sock_net.h); NULL: elsewhere
 * @dir: inodes/<id>/
 */
struct inode {
	unsigned int id;
	const struct resource *room;
	dev_t dev;
	ino_t ino;
	int dup;
	struct file *file;
	struct sock_net *net;
	struct node *dir;
	void *priv;		/* its room's own, in the pool */
};

/**
 * struct snap - the whole
 * @proc: O_PATH of /proc in our namespace; every access to /proc goes through it (proc.h)
 * @pool: lives as long as the view; @scratch: until everything is read
 * @stopped: those in a group stop
 * @outside: the processes that are not in the container, kernel threads left out
 * @live: the container runs: nothing is attached to, nothing asked
 * @flat: its cgroup has no others below it
 * @held: res/ns/held.c: namespaces that were met before; @again: one more was, so that all is to be read anew
 * @tasks: sorted by vtid; @by_tid: the same by tid; @level: index in NSpid of the tree's pids
 */
struct snap {
	struct cgroup *cg;
	const struct options *opts;
	struct tree *tree;
	struct pool pool;
	struct pool scratch;
	struct err *err;
	int proc;
	bool live, flat, again;
	struct held **held;
	struct task *tasks;
	struct task **by_tid;
	size_t nr_tasks;
	int level;
	struct mm **mms;
	size_t nr_mms;
	struct file **files;
	size_t nr_files;
	struct inode **inodes;
	size_t nr_inodes, inode_cap;
	struct inode **inode_table;	/* files_emit.c: the same by device and number */
	struct task **stopped;
	size_t nr_stopped;
	pid_t *outside;
	size_t nr_outside;
	struct errlist unsupported, lost;
	void *ids;		/* snap_ids.c: who is who (kcmp) */
	struct filetab *filetab;	/* snap_files.c: descriptions by identity */
	struct placed *placed;		/* fdplace.c: where the last one was */
	size_t looked;			/* fdname.c: entries of directories, for other names */
	struct unixes *unixes;		/* unix_scan.c: the unix sockets among them */
	struct sock_net *nets, *net;	/* sock_net.c: where sockets are, the first task's first; where we are */
	struct kmem_look *kmem;	/* snap_kmem.c: the kernel's memory */
	struct sock_view *sock_view;	/* sock_view.c: the socket that was looked at last */
	struct tcp_look *tcp;	/* res/fd/tcp.c: the connections of this network */
	struct dead *dead;		/* dead.c: processes that tasks may look at */
	struct view *view;
	struct crfs_thing *externals;	/* external.c: what is declared to stay outside */
	struct scout *scouts;		/* scout.c: who looks at mount namespaces from their roots */
	struct tun_link *tuns;		/* res/ns/net_tun.c: links that are tied to descriptors */
	struct ipc_device *ipc_devices;	/* res/ns/ipc.c: on which its IPC namespaces have their queues */
};

/** snap_unsupported() - name an obstacle: the manifest will not be readable; thread-safe */
void snap_unsupported(struct snap *s, int code, const char *object, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** snap_lost() - name a loss: an obstacle too, unless the mount says -o lossy */
void snap_lost(struct snap *s, const char *object, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** snap_note() - keep @p for @key (any unique address) with @t between ->ask and ->read */
void snap_note(struct snap *s, struct task *t, const void *key, void *p);
void *snap_noted(const struct task *t, const void *key);

/** snap_status() - the value of line @key ("SigBlk") of /proc/<tid>/status, or NULL; to '\n' */
const char *snap_status(const struct task *t, const char *key);
uint64_t snap_status_num(const struct task *t, const char *key, int base);

/** snap_stat() - field @n of /proc/<tid>/stat, numbered as in proc(5) from 1; n >= 3 */
long long snap_stat(const struct task *t, int n);

/** snap_task() - the task with this tid (as in our namespace), or NULL */
struct task *snap_task(const struct snap *s, pid_t tid);

/** snap_vpid() - a pid of our namespace as the tree has it; 0 if it is not in the container */
pid_t snap_vpid(const struct snap *s, pid_t pid);

/** snap_file() - the id of the open file description behind @t's descriptor @fd (files/<id>) */
int snap_file(struct snap *s, struct task *t, int fd, struct file **f);

/**
 * snap_inode() - find or make the inode (@room, @dev, @ino); a new one takes over @dup
 * Rooms call it from ->read of a file or a mapping and print its id.
 */
struct inode *snap_inode(struct snap *s, const struct resource *room, dev_t dev, ino_t ino,
			 int dup);

/** snap_kmem() - the kernel's memory, open as long as the snapshot is taken; NULL: @rc says why not */
struct kmem *snap_kmem(struct snap *s, int *rc);

/** snap_obj() - "tasks/42", "files/7", "mms/1" in a ring of static-free pool memory, for messages */
const char *snap_obj(struct snap *s, const char *dir, unsigned int id);

#endif
