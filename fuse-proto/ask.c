// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asking a stopped task: it plays its tape on memory lent from itself, and is put back.
 *
 * The player goes into the zero padding of the task's vdso page, the tape and a signal frame with
 * the task's own registers into the unused end of its stack. The tape's last two calls are a signal
 * to itself that is ignored by default, at which we, its tracer, stop it; and rt_sigreturn on that
 * frame. So a task whose tracer dies anywhere in between finishes its tape and goes on where it
 * was: no tracer, no stop, and the frame brings its registers back.
 */
#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc.h"
#include "stop.h"

#define NT_PRSTATUS 1
#define NT_X86_XSTATE 0x202
#define RED_ZONE 256		/* the ABI's 128 bytes below the stack pointer, and some more */
#define FP_MAGIC1 0x46505853u	/* arch/x86/include/uapi/asm/sigcontext.h */
#define FP_MAGIC2 0x46505845u
#define XSAVE_MAX 16384

/* struct ucontext as the kernel reads it in rt_sigreturn(2), arch/x86/kernel/signal_64.c */
struct frame {
	uint64_t uc_flags, uc_link;
	uint64_t ss_sp;
	uint32_t ss_flags, ss_pad;
	uint64_t ss_size;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags;
	uint16_t cs, gs, fs, ss;
	uint64_t err, trapno, oldmask, cr2, fpstate, reserved[8];
	uint64_t sigmask;
};

#define UC_FP_XSTATE 1
#define UC_SIGCONTEXT_SS 2
#define UC_STRICT_RESTORE_SS 4

static size_t xsave_size(void)
{
	unsigned int a, b, c, d;

	if (!__get_cpuid_count(13, 0, &a, &b, &c, &d))
		return 512;
	return b < XSAVE_MAX ? b : XSAVE_MAX;
}

size_t ask_frame_size(void)
{
	return sizeof(struct frame) + 64 + xsave_size() + 4 + 64;
}

static ssize_t peek(pid_t tid, uint64_t at, void *buf, size_t n)
{
	struct iovec here = { buf, n }, there = { (void *)at, n };

	return process_vm_readv(tid, &here, 1, &there, 1, 0);
}

static ssize_t poke(pid_t tid, uint64_t at, const void *buf, size_t n)
{
	struct iovec here = { (void *)buf, n }, there = { (void *)at, n };

	return process_vm_writev(tid, &here, 1, &there, 1, 0);
}

/* Executable pages are not writable, but for a tracer they are (FOLL_FORCE, a private copy). */
static int poke_code(struct snap *s, pid_t tid, uint64_t at, const void *buf, size_t n)
{
	int fd = proc_open(s->proc, O_RDWR, "%d/mem", tid), rc = 0;

	if (fd < 0)
		return fd;
	if (pwrite(fd, buf, n, at) != (ssize_t)n)
		rc = -EFAULT;
	close(fd);
	return rc;
}

/* Do the last @n bytes before @end hold nothing but padding? */
static bool padding(pid_t tid, uint64_t end, size_t n)
{
	uint8_t buf[1024];
	size_t i;

	if (n > sizeof(buf) || peek(tid, end - n, buf, n) != (ssize_t)n)
		return false;
	for (i = 0; i < n; i++)
		if (buf[i])
			return false;
	return true;
}

struct candidates {
	uint64_t code, stack, stack_end;
};

/* The vdso is first choice: its padding is never run and every process has the same. */
static void look(struct snap *s, pid_t tid, char *maps, struct candidates *c)
{
	size_t need = player_end - player_start;
	char *line, *save = NULL;
	bool vdso;

	for (line = strtok_r(maps, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		uint64_t start, end;
		char prot[8];

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &start, &end, prot) != 3)
			continue;
		if (strstr(line, " [stack]")) {
			c->stack = start;
			c->stack_end = end;
		}
		vdso = strstr(line, " [vdso]");
		if (prot[2] != 'x' || (c->code && !vdso) || strstr(line, "[vsyscall]"))
			continue;
		if (padding(tid, end, need))
			c->code = end - need;
	}
	(void)s;
}

int ask_place(struct snap *s, struct mm *mm, size_t size, struct place **p)
{
	struct task *t = mm->task, *main = t->leader;
	struct candidates c = { 0 };
	struct place *place;
	uint64_t top;
	char *maps = proc_read(s->proc, NULL, "%d/maps", t->tid);

	if (!maps)
		return -errno;
	look(s, t->tid, maps, &c);
	free(maps);
	/* Below the main thread's stack pointer, if it is in there, else anywhere at its end. */
	top = main->regs.rsp >= c.stack && main->regs.rsp < c.stack_end ?
	      main->regs.rsp - RED_ZONE : c.stack_end;
	size += ask_frame_size();
	if (!c.code || !c.stack || c.stack + size > top)
		return -EFAULT;
	place = pool_alloc(&s->scratch, sizeof(*place));
	if (!place)
		return -ENOMEM;
	place->code = c.code;
	place->data = c.stack;
	place->size = size;
	*p = place;
	return 0;
}

static int lend(struct snap *s, struct mm *mm)
{
	struct place *p = mm->place;
	size_t code = player_end - player_start;

	p->saved = pool_alloc(&s->scratch, p->size);
	p->saved_code = pool_alloc(&s->scratch, code);
	if (!p->saved || !p->saved_code)
		return -ENOMEM;
	if (peek(mm->task->tid, p->data, p->saved, p->size) != (ssize_t)p->size)
		return -EFAULT;
	return poke_code(s, mm->task->tid, p->code, player_start, code);
}

static void give_back(struct snap *s, struct mm *mm)
{
	struct place *p = mm->place;

	if (!p->saved_code)
		return;
	poke(mm->task->tid, p->data, p->saved, p->size);
	poke_code(s, mm->task->tid, p->code, p->saved_code, player_end - player_start);
}

/*
 * What the kernel would do with an interrupted call (arch_do_signal_or_restart()), for a task whose
 * tracer has died: in the ordinary case its raw registers come back and the kernel does it itself.
 */
static void restarted(struct user_regs_struct *r)
{
	if ((long long)r->orig_rax < 0)
		return;
	switch ((long long)r->rax) {
	case -512:		/* ERESTARTSYS */
	case -513:		/* ERESTARTNOINTR */
	case -514:		/* ERESTARTNOHAND */
	case -516:		/* ERESTART_RESTARTBLOCK: from its beginning */
		r->rax = r->orig_rax;
		r->rip -= 2;
	}
}

static void frame_regs(struct frame *f, struct user_regs_struct r)
{
	restarted(&r);
	f->r8 = r.r8, f->r9 = r.r9, f->r10 = r.r10, f->r11 = r.r11;
	f->r12 = r.r12, f->r13 = r.r13, f->r14 = r.r14, f->r15 = r.r15;
	f->di = r.rdi, f->si = r.rsi, f->bp = r.rbp, f->bx = r.rbx;
	f->dx = r.rdx, f->ax = r.rax, f->cx = r.rcx, f->sp = r.rsp;
	f->ip = r.rip, f->flags = r.eflags;
	f->cs = r.cs, f->ss = r.ss;
}

/*
 * struct frame at @at, which becomes the stack pointer of rt_sigreturn(2) (which looks 8 bytes below
 * it for the frame's start). ss_flags are made invalid: the kernel then leaves the alternate stack.
 */
static int make_frame(struct task *t, uint64_t at, uint8_t *buf, size_t size)
{
	struct frame *f = (struct frame *)buf;
	uint64_t fp = (at + sizeof(*f) + 63) & ~63ULL;
	struct iovec io = { buf + (fp - at), size - (fp - at) - 4 };
	uint32_t *sw, magic2 = FP_MAGIC2;
	uint64_t xfeatures;

	memset(buf, 0, size);
	f->uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	f->ss_flags = 0x7;
	frame_regs(f, t->regs);
	f->fpstate = fp;
	f->sigmask = t->sigmask;
	if (ptrace(PTRACE_GETREGSET, t->tid, (void *)NT_X86_XSTATE, &io))
		return -errno;
	sw = (uint32_t *)((uint8_t *)io.iov_base + 464);
	memcpy(&xfeatures, sw, 8);	/* XCR0, where the regset has it */
	sw[0] = FP_MAGIC1;
	sw[1] = io.iov_len + 4;
	memcpy(sw + 2, &xfeatures, 8);
	sw[4] = io.iov_len;
	memcpy((uint8_t *)io.iov_base + io.iov_len, &magic2, 4);
	return 0;
}

/* A signal that is ignored unless caught, and that is not on its way already. */
static int pick_signal(const struct task *t)
{
	static const int quiet[] = { SIGURG, SIGWINCH, SIGCONT, SIGCHLD };
	uint64_t caught = snap_status_num(t, "SigCgt", 16);
	uint64_t pending = snap_status_num(t, "SigPnd", 16) | snap_status_num(t, "ShdPnd", 16);
	size_t i;

	for (i = 0; i < 4; i++)
		if (!((caught | pending) >> (quiet[i] - 1) & 1))
			return quiet[i];
	/* All are caught: Go does that, and expects SIGURG out of nowhere. */
	for (i = 0; i < 4; i++)
		if (!(pending >> (quiet[i] - 1) & 1))
			return quiet[i];
	return -EBUSY;
}

/* The end of every tape: see the top of this file. */
static int end_tape(struct task *t, int sig)
{
	unsigned int i;

	for (i = 0; i < t->tape->nr_ops; i++)
		((struct tape_op *)t->tape->mem)[i].want = WANT_ANY;
	tape_call(t->tape, "tgkill", SYS_tgkill, t->tgid, t->tid, sig)->want = WANT_ANY;
	tape_call(t->tape, "rt_sigreturn", SYS_rt_sigreturn)->want = WANT_LAST;
	return t->tape->full ? -ENOBUFS : 0;
}

static int put_tape(struct task *t, const struct place *p, uint64_t *frame)
{
	struct tape *tp = t->tape;
	size_t ops = tp->nr_ops * sizeof(struct tape_op), fsize = ask_frame_size();
	uint8_t *buf = malloc(fsize + 64);
	int rc;

	if (!buf)
		return -ENOMEM;
	*frame = (p->data + tp->size + 15) & ~15ULL;
	rc = make_frame(t, *frame, buf, fsize - 16);
	if (!rc && (poke(t->tid, p->data, tp->mem, ops) != (ssize_t)ops ||
		    poke(t->tid, p->data + tp->data, tp->mem + tp->data, tp->size - tp->data) !=
		    (ssize_t)(tp->size - tp->data) ||
		    poke(t->tid, *frame, buf, fsize - 16) != (ssize_t)(fsize - 16)))
		rc = -EFAULT;
	free(buf);
	return rc;
}

static int set_regs(struct task *t, struct user_regs_struct *regs, uint64_t mask)
{
	struct iovec io = { regs, sizeof(*regs) };

	if (ptrace(PTRACE_SETREGSET, t->tid, (void *)NT_PRSTATUS, &io) ||
	    ptrace(PTRACE_SETSIGMASK, t->tid, (void *)8, &mask))
		return -errno;
	return 0;
}

/* Run until the tape's signal stops it. Other stops on the way are its tracer's own. */
static int run_tape(struct task *t, int sig)
{
	int status;

	for (;;) {
		if (ptrace(PTRACE_CONT, t->tid, 0, 0))
			return -errno;
		if (waitpid(t->tid, &status, __WALL | __WNOTHREAD) != t->tid || !WIFSTOPPED(status))
			return -ESTALE;
		if (WSTOPSIG(status) == sig && !(status >> 16))
			return 0;
	}
}

/*
 * On the way back to user space the kernel clears rseq_cs when the instruction pointer is outside
 * its critical section, as a tape's is: keep it, so that a section that was interrupted is aborted
 * when the task goes on (kernel/rseq.c, rseq_ip_fixup()).
 */
static uint64_t rseq_cs_at(const struct task *t)
{
	struct __ptrace_rseq_configuration c = { 0 };

	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, t->tid, (void *)sizeof(c), &c) < 0 ||
	    !c.rseq_abi_pointer)
		return 0;
	return c.rseq_abi_pointer + 8;
}

static int play(struct task *t, struct place *p)
{
	struct user_regs_struct regs = t->regs;
	uint64_t frame, cs = 0, cs_at = rseq_cs_at(t);
	size_t ops;
	int sig = pick_signal(t), rc = sig < 0 ? sig : end_tape(t, sig);

	if (!rc)
		rc = put_tape(t, p, &frame);
	if (rc)
		return rc;
	if (cs_at && peek(t->tid, cs_at, &cs, 8) != 8)
		cs_at = 0;
	regs.rip = p->code;
	regs.rbx = p->data;
	regs.rsp = frame;
	regs.orig_rax = -1;
	rc = set_regs(t, &regs, ~(1ULL << (sig - 1)));
	if (!rc)
		rc = run_tape(t, sig);
	if (rc)
		return rc;
	ops = t->tape->nr_ops * sizeof(struct tape_op);
	if (peek(t->tid, p->data, t->tape->mem, ops) != (ssize_t)ops ||
	    peek(t->tid, p->data + t->tape->data, t->tape->mem + t->tape->data,
		 t->tape->size - t->tape->data) != (ssize_t)(t->tape->size - t->tape->data))
		rc = -EFAULT;
	if (cs_at && cs)
		poke(t->tid, cs_at, &cs, 8);
	return set_regs(t, &t->regs, t->sigmask) ?: rc;
}

int ask_tasks(struct snap *s)
{
	struct mm *mm;
	size_t i, k;
	int rc = 0;

	for (i = 0; i < s->nr_mms && !rc; i++) {
		mm = s->mms[i];
		if (!mm->place)
			continue;
		rc = lend(s, mm);
		for (k = 0; k < s->nr_tasks && !rc; k++) {
			struct task *t = &s->tasks[k];

			if (t->mm != mm || !t->tape)
				continue;
			rc = play(t, mm->place);
			if (rc)
				fail_on(s->err, rc, snap_obj(s, "tasks", t->vtid),
					"playing a tape in it");
		}
		give_back(s, mm);
	}
	return rc;
}
