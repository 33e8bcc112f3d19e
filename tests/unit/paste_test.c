// SPDX-License-Identifier: GPL-2.0-or-later
/* A tape that pastes pages goes on where it cannot: what is left of an extent is read. */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "res/mm/fill.h"
#include "tape.h"

#define PAGE 4096ULL
#define EXTENT (64 * PAGE)
#define TAPE (64 << 10)

/* Plays @t in a child, which has copies of all mappings. Return: its exit status, or -1 */
static int play(struct tape *t)
{
	size_t n = player_end - player_start;
	char *code = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status = -1;
	pid_t pid;

	memcpy(code, player_start, n);
	mprotect(code, n, PROT_READ | PROT_EXEC);
	tape_call(t, "exit", SYS_exit_group, 7)->want = WANT_LAST;
	pid = fork();
	if (!pid) {
		alarm(20);
		__asm__ volatile("mov %0, %%rbx; jmp *%1" : : "r"(t->base), "r"(code) : "rbx", "memory");
		__builtin_unreachable();
	}
	waitpid(pid, &status, 0);
	munmap(code, n);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct tape new_tape(void)
{
	void *mem = mmap(NULL, TAPE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct tape t;

	tape_init(&t, (uintptr_t)mem, mem, TAPE);
	return t;
}

static void skips(void)
{
	struct tape t = new_tape();
	struct tape_op *a, *b, *c, *d;

	tape_unless(tape_call(&t, "close", SYS_close, 999), -9, 1);
	a = tape_call(&t, "getpid", SYS_getpid);
	b = tape_call(&t, "getuid", SYS_geteuid);
	tape_unless(tape_call(&t, "close", SYS_close, 999), 0, 2);
	c = tape_call(&t, "getpid", SYS_getpid);
	d = tape_call(&t, "getpid", SYS_getpid);
	a->ret = 5;
	check(play(&t) == 7 && tape_failed(&t) < 0, "to its end");
	check(a->ret == 5 && b->ret == geteuid(), "behind what it was to skip");
	check(c->ret > 0 && d->ret == c->ret, "what it was not to skip");
	tape_free(&t);
}

/* Memory that is registered, in which page @there (-1: none) is already, gets an extent of a file. */
static void pastes(int there, const char *name)
{
	char *to = mmap(NULL, EXTENT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *window = mmap(NULL, EXTENT, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *seen = mmap(NULL, EXTENT, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct staged st = { .start = (uintptr_t)to, .end = (uintptr_t)to + EXTENT, .paste = true };
	struct crfs_vma row = { .start = st.start, .end = st.end };
	struct mmdata d = { .rows = &row, .nr = 1, .staged = &st, .nr_staged = 1 };
	struct tape t = new_tape();
	struct ops o = { .tape = &t, .window = (uintptr_t)window };
	char *want = malloc(EXTENT);
	size_t i;

	for (i = 0; i < EXTENT; i++)
		want[i] = check_random();
	st.fd = memfd_create("staged", MFD_CLOEXEC);
	if (pwrite(st.fd, want, EXTENT, 0) != EXTENT)
		exit(EXIT_FAILURE);
	if (there >= 0)
		tape_call(&t, "a page", SYS_pread64, st.fd, st.start + there * PAGE, 1, 99);
	paste_begin(&d, &t);
	paste_one(&st, &o);
	/* what the task has then, for us to see */
	tape_call(&t, "out", SYS_pwrite64, st.fd, st.start, EXTENT, EXTENT);
	check(play(&t) == 7 && tape_failed(&t) < 0, "%s: to its end", name);
	check(pread(st.fd, seen, EXTENT, EXTENT) == EXTENT && !memcmp(seen, want, EXTENT), "%s: all bytes", name);
	tape_free(&t);
	close(st.fd);
	free(want);
}

int main(void)
{
	int fd = syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);

	skips();
	if (fd < 0) {
		printf("# no userfaultfd here\n");
		return check_exit();
	}
	close(fd);
	close(0);
	if (open("/dev/null", O_RDONLY))	/* paste.c's descriptor */
		return EXIT_FAILURE;
	pastes(-1, "nothing there");
	pastes(0, "the first page there");
	pastes(33, "a page in the middle there");
	pastes(63, "the last page there");
	return check_exit();
}
