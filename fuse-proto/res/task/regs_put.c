// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registers, set by ptrace in a stop inside get_signal(). What they say of a call that only the kernel can continue
 * is right again by then: regs_rearm.c.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include <crfs/res/root/header.h>
#include <crfs/res/task/regs.h>
#include <crfs/res/task/signals.h>

#include "regs.h"
#include "resource.h"
#include "rooms.h"
#include "xlayout.h"

#define XSTATE_MAX 16384
#define ERESTARTNOHAND 514
#define USER_CS 0x33
#define USER_DS 0x2b
#define TASK_MAX 0x7ffffffff000ULL

const struct crfs_regs *regs_of(const struct iobj *o)
{
	return image_rec(o, resource_find(PER_THREAD, "regs", 4), 0);
}

static bool canonical(uint64_t addr)
{
	return addr < TASK_MAX;
}

/* Trees were made with all of it, too. */
static void check_xstate(struct image *im, struct node *x, const struct crfs_header *h, const char *path)
{
	char buf[CRFS_XSTATE_MIN];
	size_t used;

	if (x->size == h->xstate_size)
		return;
	if (x->size < CRFS_XSTATE_MIN || node_pread(x, buf, sizeof(buf), 0) != sizeof(buf)) {
		image_mismatch(im, -EINVAL, path, "%lld bytes are too few", (long long)x->size);
		return;
	}
	used = xstate_used(buf, h->xstate_size);
	if (x->size != (off_t)used)
		image_mismatch(im, -EINVAL, path, "%lld bytes, and %zu are in use", (long long)x->size, used);
}

void regs_check(struct image *im, struct iobj *o)
{
	const struct crfs_header *h =
		image_rec(im->objs[IOBJ_ROOT], resource_find(PER_ROOT, "header", 6), 0);
	struct node *x = tree_find(im->tree, o->node, "xstate");
	const struct crfs_regs *r = regs_of(o);
	const char *regs = pool_printf(&im->pool, "%s/regs", o->path) ?: o->path;
	const char *xstate = pool_printf(&im->pool, "%s/xstate", o->path) ?: o->path;

	if (r && (r->cs != USER_CS || r->ss != USER_DS))
		image_mismatch(im, -EINVAL, regs, "cs 0x%x, ss 0x%x: only 64-bit code can be put back",
			       r->cs, r->ss);
	if (r && (!canonical(r->fs_base) || !canonical(r->gs_base)))
		image_mismatch(im, -EINVAL, regs, "fs_base or gs_base is no user address");
	if (r && !canonical(r->rip))
		image_mismatch(im, -EINVAL, regs, "rip 0x%llx is no user address",
			       (unsigned long long)r->rip);
	if (!x)
		image_mismatch(im, -ENOENT, o->path, "xstate is missing: copy the checkpoint again");
	else if (h)
		check_xstate(im, x, h, xstate);
}

void regs_to_user(const struct crfs_regs *c, struct user_regs_struct *r)
{
	*r = (struct user_regs_struct){
		.rip = c->rip, .rsp = c->rsp, .rax = c->rax, .orig_rax = c->orig_rax,
		.rbx = c->rbx, .rcx = c->rcx, .rdx = c->rdx, .rsi = c->rsi, .rdi = c->rdi,
		.rbp = c->rbp, .r8 = c->r8, .r9 = c->r9, .r10 = c->r10, .r11 = c->r11,
		.r12 = c->r12, .r13 = c->r13, .r14 = c->r14, .r15 = c->r15,
		.eflags = c->eflags, .fs_base = c->fs_base, .gs_base = c->gs_base,
		.cs = c->cs, .ss = c->ss, .ds = c->ds, .es = c->es, .fs = c->fs, .gs = c->gs,
	};
}

/* The kernel takes all of the area or none; what is not in the tree is in its initial state. */
static int set_xstate(struct image *im, struct rtask *rt)
{
	const struct crfs_header *h =
		image_rec(im->objs[IOBJ_ROOT], resource_find(PER_ROOT, "header", 6), 0);
	struct node *n = tree_find(im->tree, rt->o->node, "xstate");
	char buf[XSTATE_MAX] = { 0 };
	struct iovec io = { buf, 0 };
	ssize_t got;

	if (!n || !h || n->size > h->xstate_size || h->xstate_size > XSTATE_MAX)
		return -EINVAL;
	while ((off_t)io.iov_len < n->size) {
		got = node_pread(n, buf + io.iov_len, n->size - io.iov_len, io.iov_len);
		if (got <= 0)
			return got ? (int)got : -EIO;
		io.iov_len += got;
	}
	io.iov_len = h->xstate_size;
	return ptrace(PTRACE_SETREGSET, rt->pid, (void *)NT_X86_XSTATE, &io) ? -errno : 0;
}

int regs_set(struct image *im, struct rtask *rt)
{
	const struct crfs_signals *s = image_rec(rt->o, resource_find(PER_THREAD, "signals", 7), 0);
	const struct crfs_regs *c = regs_of(rt->o);
	struct user_regs_struct r;
	uint64_t mask = s ? s->blocked : 0;
	int rc = set_xstate(im, rt);

	if (rc)
		return rc;
	regs_to_user(c, &r);
	if (rt->fd >= 0) {	/* see regs_rearm() */
		r.rax = -ERESTARTNOHAND;
		r.orig_rax = rt->fd;
	}
	if (ptrace(PTRACE_SETREGS, rt->pid, 0, &r) ||
	    ptrace(PTRACE_SETSIGMASK, rt->pid, (void *)sizeof(mask), &mask))
		return -errno;
	return 0;
}
