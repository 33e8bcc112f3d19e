/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plays a tape (tape.h): runs anywhere, needs no stack; on entry rbx is the first op. */

/* struct tape_op and enum tape_want as tape.c asserts them */
#define NR	0
#define ARG(n)	(8 + 8 * (n))
#define RET	56
#define WANT	64
#define EXPECT	72
#define CHILD	80
#define SIZE	88
#define WANT_OK		1
#define WANT_EXACT	2
#define WANT_CHILD	3
#define WANT_AGAIN	4
#define WANT_LAST	5
#define WANT_LEAVE	6
#define WANT_SKIP	7

/* struct tape_leave */
#define L_R15	0
#define L_R14	8
#define L_R13	16
#define L_R12	24
#define L_RBP	32
#define L_RBX	40
#define L_R11	48
#define L_R10	56
#define L_R9	64
#define L_R8	72
#define L_RAX	80
#define L_RCX	88
#define L_RDX	96
#define L_RSI	104
#define L_RDI	112
#define L_RIP	120
#define L_RSP	144

	.section .rodata
	.balign	16
	.globl	player_start
	.hidden	player_start
	.globl	player_syscall
	.hidden	player_syscall
	.globl	player_end
	.hidden	player_end
player_start:
	cmpq	$WANT_LEAVE, WANT(%rbx)
	je	6f
	mov	NR(%rbx), %rax
	mov	ARG(0)(%rbx), %rdi
	mov	ARG(1)(%rbx), %rsi
	mov	ARG(2)(%rbx), %rdx
	mov	ARG(3)(%rbx), %r10
	mov	ARG(4)(%rbx), %r8
	mov	ARG(5)(%rbx), %r9
player_syscall:
	syscall
	mov	WANT(%rbx), %rcx
	cmp	$WANT_CHILD, %rcx
	jne	1f
	/* What a child would store would race with what its parent stores. */
	test	%rax, %rax
	jnz	1f
	mov	CHILD(%rbx), %rbx
	jmp	player_start
1:	mov	%rax, RET(%rbx)
	cmp	$WANT_LAST, %rcx
	je	player_start
	cmp	$WANT_EXACT, %rcx
	je	3f
	cmp	$WANT_AGAIN, %rcx
	je	4f
	cmp	$WANT_SKIP, %rcx
	je	7f
	test	%rcx, %rcx		/* WANT_ANY */
	jz	2f
	cmp	$-4095, %rax		/* WANT_OK, WANT_CHILD */
	jae	5f
2:	add	$SIZE, %rbx
	jmp	player_start
3:	cmp	EXPECT(%rbx), %rax
	je	2b
	jmp	5f
4:	test	%rax, %rax
	js	player_start
	jmp	2b
7:	cmp	EXPECT(%rbx), %rax
	jne	2b
	add	CHILD(%rbx), %rbx
	jmp	2b
	/* It must not go on: to the last op. */
5:	add	$SIZE, %rbx
	cmpq	$WANT_LAST, WANT(%rbx)
	jne	5b
	jmp	player_start
	/*
	 * The call may let signals in: from it on they find the task's own stack, and in the end, where the stack
	 * pointer is at the frame of iret, what is in use lies in its red zone and above.
	 */
6:	mov	NR(%rbx), %rax
	mov	ARG(0)(%rbx), %rdi
	mov	ARG(1)(%rbx), %rsi
	mov	ARG(2)(%rbx), %rdx
	mov	ARG(3)(%rbx), %r10
	mov	ARG(4)(%rbx), %r8
	mov	CHILD(%rbx), %rbx
	mov	L_RSP(%rbx), %rsp
	syscall
	mov	L_R15(%rbx), %r15
	mov	L_R14(%rbx), %r14
	mov	L_R13(%rbx), %r13
	mov	L_R12(%rbx), %r12
	mov	L_RBP(%rbx), %rbp
	mov	L_R11(%rbx), %r11
	mov	L_R10(%rbx), %r10
	mov	L_R9(%rbx), %r9
	mov	L_R8(%rbx), %r8
	mov	L_RAX(%rbx), %rax
	mov	L_RCX(%rbx), %rcx
	mov	L_RDX(%rbx), %rdx
	mov	L_RSI(%rbx), %rsi
	mov	L_RDI(%rbx), %rdi
	lea	L_RIP(%rbx), %rsp
	mov	L_RBX(%rbx), %rbx
	iretq
player_end:
	.section .note.GNU-stack, "", @progbits
