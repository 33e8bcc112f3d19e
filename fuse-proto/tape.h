/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tape: an array of system calls that a task runs by itself, read back with its results. */
#ifndef CRFS_TAPE_H
#define CRFS_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

/**
 * struct tape_op - one system call; the player (player.S) knows this layout
 * @nr: system call number
 * @args: its arguments, in order
 * @ret: what it returned
 * @want: enum tape_want: which @ret lets the tape go on
 * @expect: for WANT_EXACT and WANT_SKIP
 * @child: for WANT_CHILD: address of the first op the new task plays; for WANT_LEAVE: of a struct
 *	tape_leave; for WANT_SKIP: bytes of ops
 */
struct tape_op {
	int64_t nr;
	uint64_t args[6];
	int64_t ret;
	uint64_t want;
	uint64_t expect;
	uint64_t child;
};

/**
 * enum tape_want - when does the tape go on?
 * @WANT_ANY: whatever @ret is
 * @WANT_OK: @ret is no error (not in -4095..-1)
 * @WANT_EXACT: @ret == @expect
 * @WANT_CHILD: a clone: 0 means we are the child and play @child; an error stops; else go on
 * @WANT_AGAIN: play this op again until it returns 0 or more
 * @WANT_LAST: the last op (the stop, or rt_sigreturn), played over and over; every tape has one
 * @WANT_LEAVE: the last op of a task that goes on by itself where rt_sigreturn(2) will not do, which clears
 *	the restart block, and is a system call: this call, then the registers
 * @WANT_SKIP: it goes on in any case: where @ret == @expect behind the next ops, @child bytes of them; see tape_unless()
 * A tape that must not go on stores op->ret and goes to its WANT_LAST op. WANT_CHILD does not store
 * a 0: what the child stored would race with what its parent does.
 */
enum tape_want { WANT_ANY, WANT_OK, WANT_EXACT, WANT_CHILD, WANT_AGAIN, WANT_LAST, WANT_LEAVE, WANT_SKIP };

/** struct tape_leave - registers after a WANT_LEAVE; those from @rip on are what iret takes */
struct tape_leave {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t rip, cs, flags, rsp, ss;
};

/**
 * struct tape - ops being collected, and data they point at; then the results
 * @base: address that the first byte will have in the task, known before the first op is added
 * @mem: the local copy of it, @size bytes; ops grow up from the start, data down from the end
 * @gap: bytes that @mem lacks between the two, see tape_keep()
 * @nr_ops: ops so far
 * @data: offset of the lowest data byte so far
 * @what: per op, what it does ("sched_setaffinity"), a constant or pool string; for messages
 *
 * The same struct serves reading (memory lent from the task's stack) and restoring (a shared
 * arena). Adding to a full tape sets @full and returns an op that nobody plays.
 */
struct tape {
	uint64_t base;
	uint8_t *mem;
	size_t size, gap;
	unsigned int nr_ops;
	size_t data;
	const char **what;
	unsigned int nr_what;
	bool full;
	struct tape_op spare;
};

/** tape_init() - an empty tape on @mem, which will be at @base in the task */
void tape_init(struct tape *t, uint64_t base, void *mem, size_t size);
/** tape_reset() - empty it again, for another part */
void tape_reset(struct tape *t);

/**
 * tape_keep() - let a tape that is to be kept take less memory
 * @more: bytes of ops and data that may yet be added
 * @mem: tape_kept() bytes, in which it stands from now on; pointers to its ops and data are void
 */
size_t tape_kept(const struct tape *t, size_t more);
void tape_keep(struct tape *t, size_t more, void *mem);

/** tape_free() - give back what the tape allocated; @mem is the caller's */
void tape_free(struct tape *t);

/**
 * tape_op() - add a system call; stops the tape on an error (WANT_OK) unless changed after
 * @what: for the message when it fails; must live as long as the tape
 * Return: the op; its index is tape->nr_ops - 1
 */
struct tape_op *tape_op(struct tape *t, const char *what, long nr, uint64_t a, uint64_t b,
			uint64_t c, uint64_t d, uint64_t e, uint64_t f);
#define tape_call(t, what, nr, ...) tape_call_(t, what, nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define tape_call_(t, what, nr, a, b, c, d, e, f, ...) \
	tape_op(t, what, nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), \
		(uint64_t)(e), (uint64_t)(f))

/** tape_unless() - play the @n ops behind @op only if it does not return @value */
void tape_unless(struct tape_op *op, uint64_t value, unsigned int n);

/** tape_at() - op @i, here; tape_op_addr() - the address of @op in the task */
struct tape_op *tape_at(const struct tape *t, unsigned int i);
uint64_t tape_op_addr(const struct tape *t, const struct tape_op *op);
/** tape_failed() - index of the op that stopped a tape which went to its last op, or -1 */
int tape_failed(const struct tape *t);

/**
 * tape_data() - room for @size bytes (16-aligned, zeroed, or a copy of @from) the calls point at
 * Return: its address in the task; tape_local() gives it here
 */
uint64_t tape_data(struct tape *t, const void *from, size_t size);
uint64_t tape_string(struct tape *t, const char *s);
void *tape_local(const struct tape *t, uint64_t addr);
/** tape_lowest() - where the lowest data byte is, here */
void *tape_lowest(const struct tape *t);

/**
 * player_start, player_end - the position-independent code that plays a tape (player.S)
 * Entry: rbx = address of the first op. Uses no stack; rsp is left to the caller. player_syscall is
 * its system call instruction.
 */
extern const uint8_t player_start[], player_syscall[], player_end[];

#endif
