// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asking a stopped task: it plays its tape on memory lent from itself, and is put back.
 *
 * The player goes into the zero padding of the task's vdso page, the tape and a signal frame with
 * the task's own registers into the unused end of its stack. The tape's last two calls are a signal
 * to itself that is ignored by default, at which we, its tracer, stop it; and rt_sigreturn on that
 * frame. So a task whose tracer dies anywhere in between finishes its tape and goes on where it
 * was: no tracer, no stop, and the frame brings its registers back. One in a call that continues
 * from a restart block goes on with restart_syscall(2), as the kernel itself would have it. One whose system
 * calls are dispatched (task/dispatch) has that back with the tape's last call, and gets there by an iret.
 */
#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory.h"
#include "proc.h"
#include "res/task/ask.h"
#include "res/task/dispatch.h"
#include "stop.h"

#define NT_PRSTATUS 1
#define ERESTART_RESTARTBLOCK 516

/* Executable pages are not writable, but for a tracer they are (FOLL_FORCE, a private copy). */
static int lend(struct snap *s, struct mm *mm)
{
	struct place *p = mm->place;
	size_t code = player_end - player_start;

	p->mem = proc_open(s->proc, O_RDWR, "%d/mem", mm->task->tid);
	if (p->mem < 0)
		return p->mem;
	p->saved = malloc(p->used);
	p->saved_code = calloc(1, code);	/* padding, as ask_place() saw */
	if (!p->saved || !p->saved_code)
		return -ENOMEM;
	if (!task_peek(mm->task->tid, p->data, p->saved, p->used))
		return -EFAULT;
	p->lent = true;
	return pwrite(p->mem, player_start, code, p->code) == (ssize_t)code ? 0 : -EFAULT;
}

static int give_back(struct mm *mm)
{
	struct place *p = mm->place;
	ssize_t code = player_end - player_start;
	int rc = 0;

	if (p->lent && (!task_poke(mm->task->tid, p->data, p->saved, p->used) ||
			pwrite(p->mem, p->saved_code, code, p->code) != code))
		rc = -EFAULT;
	if (p->mem >= 0)
		close(p->mem);
	free(p->saved);
	free(p->saved_code);
	p->saved = p->saved_code = NULL;
	p->lent = false;
	p->mem = -1;
	return rc;
}

#define BIT(sig) (1ULL << ((sig) - 1))
#define JOB_CONTROL (BIT(SIGCONT) | BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU))

static uint64_t pending(const struct task *t)
{
	return snap_status_num(t, "SigPnd", 16) | snap_status_num(t, "ShdPnd", 16);
}

/*
 * Not SIGCONT, which takes signals that stop out of all queues, and lets a stopped process go on, nor
 * those, which take it out (kernel/signal.c, prepare_signal()).
 */
int ask_signal(const struct task *t)
{
	static const int quiet[] = { SIGURG, SIGWINCH, SIGCHLD };
	uint64_t caught = snap_status_num(t, "SigCgt", 16);
	uint64_t ignored = snap_status_num(t, "SigIgn", 16) & ~JOB_CONTROL;
	uint64_t busy = pending(t);
	int sig;
	size_t i;

	for (i = 0; i < 3; i++)
		if (!((caught | busy) & BIT(quiet[i])))
			return quiet[i];
	for (sig = 1; sig <= 64; sig++)
		if (ignored & ~busy & BIT(sig))
			return sig;
	/* All are caught: Go does that, and expects SIGURG out of nowhere. */
	for (i = 0; i < 3; i++)
		if (!(busy & BIT(quiet[i])))
			return quiet[i];
	return -EAGAIN;
}

/* The innermost number of a list such as NSpid: what the task calls itself. */
static pid_t own_pid(const struct task *t, const char *key)
{
	const char *p = snap_status(t, key);
	char *end;
	long n = 0, v;

	for (; p && *p != '\n'; p = end) {
		v = strtol(p, &end, 10);
		if (end == p)
			break;
		n = v;
	}
	return n;
}

pid_t ask_own_pid(const struct task *t)
{
	return own_pid(t, "NSpid");
}

static bool at_restart_block(const struct task *t)
{
	return (long)t->regs.orig_rax >= 0 && (long)t->regs.rax == -ERESTART_RESTARTBLOCK;
}

/* Where it goes on by itself: what rt_sigreturn(2) would have made of a struct frame. */
static struct tape_leave leave_of(const struct task *t)
{
	struct user_regs_struct r = t->regs;

	ask_restarted(&r);
	if (at_restart_block(t)) {
		r.rax = SYS_restart_syscall;
		r.rip -= 2;
	}
	return (struct tape_leave){
		.r15 = r.r15, .r14 = r.r14, .r13 = r.r13, .r12 = r.r12, .rbp = r.rbp, .rbx = r.rbx, .r11 = r.r11,
		.r10 = r.r10, .r9 = r.r9, .r8 = r.r8, .rax = r.rax, .rcx = r.rcx, .rdx = r.rdx, .rsi = r.rsi,
		.rdi = r.rdi, .rip = r.rip, .cs = r.cs, .flags = r.eflags, .rsp = r.rsp, .ss = r.ss,
	};
}

/*
 * The other way back, for which rt_sigreturn(2) will not do: it clears the restart block, and would become a signal
 * to one whose system calls are dispatched again, which is the last call then.
 */
static void end_at_leave(struct task *t)
{
	const struct tape_leave regs = leave_of(t);
	uint64_t mask = tape_data(t->tape, &t->sigmask, 8);
	struct tape_op *op = tape_call(t->tape, "rt_sigprocmask", SYS_rt_sigprocmask, SIG_SETMASK, mask, 0, 8);

	if (t->dispatch) {
		op->want = WANT_ANY;
		op = dispatch_prctl(t->dispatch, t->tape);
	}
	op->child = tape_data(t->tape, &regs, sizeof(regs));
	op->want = WANT_LEAVE;
}

/* The end of every tape: see the top of this file. */
static int end_tape(struct task *t, int sig)
{
	unsigned int i;

	for (i = 0; i < t->tape->nr_ops; i++)
		((struct tape_op *)t->tape->mem)[i].want = WANT_ANY;
	tape_call(t->tape, "tgkill", SYS_tgkill, own_pid(t, "NStgid"), ask_own_pid(t),
		  sig)->want = WANT_ANY;
	if (at_restart_block(t) || t->dispatch)
		end_at_leave(t);
	else
		tape_call(t->tape, "rt_sigreturn", SYS_rt_sigreturn)->want = WANT_LAST;
	return t->tape->full ? -ENOBUFS : 0;
}

/* Tape, its data and the frame behind it, with one call. Return: 0 or -errno */
static int put_tape(struct task *t, uint64_t *frame)
{
	struct tape *tp = t->tape;
	size_t fsize = ask_frame_size();
	uint8_t *buf = malloc(fsize + 64);
	struct iovec here[3] = { { tp->mem, tp->nr_ops * sizeof(struct tape_op) },
				 { tape_lowest(tp), tp->size - tp->data }, { buf, fsize - 16 } };
	struct iovec there[3] = { { (void *)tp->base, here[0].iov_len },
				  { (void *)(tp->base + tp->data), here[1].iov_len } };
	int rc;

	if (!buf)
		return -ENOMEM;
	*frame = (tp->base + tp->size + 15) & ~15ULL;
	there[2] = (struct iovec){ (void *)*frame, fsize - 16 };
	rc = ask_frame_make(t, *frame, buf, fsize - 16);
	if (!rc && process_vm_writev(t->tid, here, 3, there, 3, 0) !=
	    (ssize_t)(here[0].iov_len + here[1].iov_len + here[2].iov_len))
		rc = -EFAULT;
	free(buf);
	return rc;
}

static int take_tape(struct task *t)
{
	struct tape *tp = t->tape;
	struct iovec here[2] = { { tp->mem, tp->nr_ops * sizeof(struct tape_op) },
				 { tape_lowest(tp), tp->size - tp->data } };
	struct iovec there[2] = { { (void *)tp->base, here[0].iov_len },
				  { (void *)(tp->base + tp->data), here[1].iov_len } };

	return process_vm_readv(t->tid, here, 2, there, 2, 0) ==
	       (ssize_t)(here[0].iov_len + here[1].iov_len) ? 0 : -EFAULT;
}

static int set_regs(struct task *t, struct user_regs_struct *regs, uint64_t mask)
{
	struct iovec io = { regs, sizeof(*regs) };

	if (ptrace(PTRACE_SETREGSET, t->tid, (void *)NT_PRSTATUS, &io) ||
	    ptrace(PTRACE_SETSIGMASK, t->tid, (void *)8, &mask))
		return -errno;
	return 0;
}

/**
 * struct playing - a task at its tape
 * @sig: the signal that ends it
 * @cs_at, @cs: On the way back to user space the kernel clears rseq_cs when the instruction pointer
 *	is outside its critical section, as a tape's is: it is kept, so that a section that was
 *	interrupted is aborted when the task goes on (kernel/rseq.c, rseq_ip_fixup())
 */
struct playing {
	struct task *t;
	int sig;
	uint64_t cs_at, cs;
};

static int start(struct task *t, struct playing *p)
{
	struct user_regs_struct regs = t->regs;
	uint64_t frame;
	int rc;

	*p = (struct playing){ .t = t, .sig = ask_signal(t), .cs_at = t->rseq ? t->rseq + 8 : 0 };
	rc = p->sig < 0 ? p->sig : end_tape(t, p->sig);
	if (!rc)
		rc = put_tape(t, &frame);
	if (rc)
		return rc;
	if (p->cs_at && !task_peek(t->tid, p->cs_at, &p->cs, 8))
		p->cs_at = 0;
	regs.rip = t->mm->place->code;
	regs.rbx = t->tape->base;
	regs.rsp = frame;
	regs.orig_rax = -1;
	rc = t->dispatch ? dispatch_leave(t, t->mm->place->code, t->mm->place->code + (player_end - player_start)) : 0;
	if (rc >= 0)
		rc = set_regs(t, &regs, ~(1ULL << (p->sig - 1)));
	return rc ?: ptrace(PTRACE_CONT, t->tid, 0, 0) ? -errno : 0;
}

/*
 * Until the tape's signal stops it. Other stops on the way are its tracer's own. A tape that
 * returned without it would go on as the task: it cannot, its signal is sent to itself.
 */
static int wait_end(const struct playing *p)
{
	pid_t tid = p->t->tid;
	int status;

	for (;;) {
		if (waitpid(tid, &status, __WALL | __WNOTHREAD) != tid || !WIFSTOPPED(status))
			return -ESTALE;
		if (WSTOPSIG(status) == p->sig && !(status >> 16))
			return 0;
		if (ptrace(PTRACE_CONT, tid, 0, 0))
			return -errno;
	}
}

static int finish(const struct playing *p)
{
	int rc = wait_end(p);

	if (rc)
		return rc;
	rc = take_tape(p->t);
	if (p->cs_at && p->cs)
		task_poke(p->t->tid, p->cs_at, &p->cs, 8);
	if (p->t->dispatch && !rc)
		rc = dispatch_back(p->t);
	return set_regs(p->t, &p->t->regs, p->t->sigmask) ?: rc;
}

#define STAGE_MAX 16

/** struct stage - who plays now, a ring: while one is waited for, the others get on */
struct stage {
	struct snap *s;
	struct playing in[STAGE_MAX];
	size_t first, nr;
};

static void end_one(struct stage *st, int *rc)
{
	struct playing *p = &st->in[st->first];
	struct mm *mm = p->t->mm;
	int err = finish(p);

	st->first = (st->first + 1) % STAGE_MAX;
	st->nr--;
	if (!--mm->place->players)
		err = give_back(mm) ?: err;
	if (err && !*rc)
		*rc = fail_on(st->s->err, err, snap_obj(st->s, "tasks", p->t->vtid),
			      "playing a tape in it");
}

/* May not play beside those who do: it has the same memory for its tape as one of them. */
static bool in_the_way(const struct stage *st, const struct task *t)
{
	uint64_t frame = ask_frame_size(), end = t->tape->base + t->tape->size + frame;
	const struct task *other;
	size_t i;

	for (i = 0; i < st->nr; i++) {
		other = st->in[(st->first + i) % STAGE_MAX].t;
		if (other->mm == t->mm && other->tape->base < end &&
		    t->tape->base < other->tape->base + other->tape->size + frame)
			return true;
	}
	return false;
}

static int begin_one(struct stage *st, struct task *t)
{
	int rc = t->mm->place->lent ? 0 : lend(st->s, t->mm);

	if (!rc)
		rc = start(t, &st->in[(st->first + st->nr) % STAGE_MAX]);
	if (rc)
		return fail_on(st->s->err, rc, snap_obj(st->s, "tasks", t->vtid),
			       "playing a tape in it");
	st->nr++;
	return 0;
}

static int play(struct stage *st, struct task *t)
{
	int rc = 0;

	while (!rc && st->nr && (st->nr == STAGE_MAX || in_the_way(st, t)))
		end_one(st, &rc);
	return rc ?: begin_one(st, t);
}

int ask_again(struct snap *s, struct task *t, struct tape *tape)
{
	struct stage st = { .s = s };
	struct place *p = t->mm->place;
	struct tape *was = t->tape;
	int rc;

	if (p->used < tape->size + ask_frame_size())
		p->used = tape->size + ask_frame_size();
	p->players = 1;
	t->tape = tape;
	rc = begin_one(&st, t);
	if (!rc)
		end_one(&st, &rc);
	else if (p->mem >= 0)
		give_back(t->mm);
	t->tape = was;
	return rc;
}

int ask_tasks(struct snap *s)
{
	struct stage st = { .s = s };
	struct task *t;
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr_mms && !rc; i++)
		for (t = s->mms[i]->tasks; t && !rc; t = t->mm_next)
			if (t->tape)
				rc = play(&st, t);
	while (st.nr)
		end_one(&st, &rc);
	for (i = 0; i < s->nr_mms; i++)
		if (s->mms[i]->place && s->mms[i]->place->mem >= 0)
			give_back(s->mms[i]);
	return rc;
}

bool ask_confined(const struct snap *s, const struct task *t)
{
	size_t len = 0;
	char *label = proc_read(s->proc, &len, "%d/attr/current", t->tid);
	bool yes = label && len && *label && strncmp(label, "unconfined", 10);

	free(label);
	return yes;
}
