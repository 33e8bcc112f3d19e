/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzing the check of a staged tree: golden trees, changed in text, numbers, references and files.
 *
 * fuzz_image [SECONDS [FIRST]]: every round is made of its number alone, so that `fuzz_image 0 FIRST`
 * is that one round again. The process may not fork, write, signal or make anything meanwhile: that
 * is a filter's business (seccomp(2)), and ends it. Nothing may be left open, take longer than
 * ROUND_MAX, or be refused without a sentence.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "check.h"
#include "golden.h"

#define ROUND_MAX 20	/* seconds, under ASan on a loaded machine */
#define TEXT_MOST (1 << 16)

static unsigned long round_nr;

static void say_round(void)
{
	fprintf(stderr, "in round %lu: fuzz_image 0 %lu\n", round_nr, round_nr);
}

void __sanitizer_set_death_callback(void (*f)(void)) __attribute__((weak));

static void on_signal(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	say_round();
	if (sig == SIGSYS)
		fprintf(stderr, "system call %d is not for a check\n", si->si_syscall);
	else
		fprintf(stderr, "no end\n");
	abort();
}

/* --- what a check may not do --- */

#define NR (offsetof(struct seccomp_data, nr))
#define LOW(n) (offsetof(struct seccomp_data, args[n]))
#define LOAD(x) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, x)
#define RET(x) BPF_STMT(BPF_RET | BPF_K, x)
#define NEVER(c) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##c, 0, 1), RET(SECCOMP_RET_TRAP)
/* Trapped if it has one of these bits in argument @n */
#define NOT_WITH(c, n, bits) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##c, 0, 4), LOAD(LOW(n)), \
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1), RET(SECCOMP_RET_TRAP), RET(SECCOMP_RET_ALLOW)

static int confine(void)
{
	static struct sock_filter f[] = {
		LOAD(NR),
		NEVER(fork), NEVER(vfork), NEVER(execve), NEVER(execveat),
		NEVER(mkdir), NEVER(mkdirat), NEVER(rmdir), NEVER(unlink), NEVER(unlinkat),
		NEVER(rename), NEVER(renameat), NEVER(renameat2), NEVER(link), NEVER(linkat),
		NEVER(symlink), NEVER(symlinkat), NEVER(mknod), NEVER(mknodat), NEVER(creat),
		NEVER(chmod), NEVER(fchmod), NEVER(fchmodat), NEVER(chown), NEVER(fchown),
		NEVER(lchown), NEVER(fchownat), NEVER(truncate), NEVER(setxattr), NEVER(utimensat),
		NEVER(mount), NEVER(umount2), NEVER(pivot_root), NEVER(chroot), NEVER(move_mount),
		NEVER(setns), NEVER(unshare), NEVER(sethostname), NEVER(setdomainname),
		NEVER(setsid), NEVER(setpgid), NEVER(setuid), NEVER(setresuid), NEVER(capset),
		NEVER(setpriority), NEVER(sched_setattr), NEVER(sched_setscheduler),
		NEVER(ioprio_set), NEVER(setrlimit), NEVER(tkill), NEVER(rt_sigqueueinfo),
		NEVER(shmat), NEVER(shmdt), NEVER(semop), NEVER(msgsnd), NEVER(msgrcv), NEVER(mq_unlink),
		NEVER(mq_timedsend), NEVER(mq_timedreceive), NEVER(mq_notify), NEVER(bind), NEVER(connect), NEVER(pidfd_send_signal), NEVER(process_vm_writev),
		NOT_WITH(shmget, 2, IPC_CREAT), NOT_WITH(semget, 2, IPC_CREAT),
		NOT_WITH(msgget, 1, IPC_CREAT), NOT_WITH(mq_open, 1, O_ACCMODE | O_CREAT),
		NOT_WITH(open, 1, O_ACCMODE | O_CREAT | O_TRUNC),
		NOT_WITH(openat, 2, O_ACCMODE | O_CREAT | O_TRUNC),
		/* A thread is none of our business (LSan's), a process is. */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		RET(SECCOMP_RET_ERRNO | ENOSYS),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4), LOAD(LOW(0)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_VM, 1, 0), RET(SECCOMP_RET_TRAP),
		RET(SECCOMP_RET_ALLOW),
		/* kill(pid, 0): all pids are free, so that nobody waits for a zombie's end */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 0, 4), LOAD(LOW(1)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), RET(SECCOMP_RET_TRAP),
		RET(SECCOMP_RET_ERRNO | ESRCH),
		RET(SECCOMP_RET_ALLOW),
	};
	static struct sock_fprog p = { sizeof(f) / sizeof(f[0]), f };

	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p))
		return 0;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p);
}

/* --- changes --- */

static size_t below(size_t n)
{
	return n ? check_random() % n : 0;
}

static struct gfile *any(struct gtree *g)
{
	return &g->f[below(g->n)];
}

static size_t slashes(const char *path)
{
	size_t n = 0;

	while ((path = strchr(path, '/'))) {
		path++;
		n++;
	}
	return n;
}

/* One with something in it; those of tasks and mms are many, and shall not have all attention. */
static struct gfile *any_text(struct gtree *g)
{
	size_t most = below(2) ? 3 : below(2);
	struct gfile *f = any(g);
	int i;

	for (i = 0; i < 100 && (golden_payload(f->path) || !f->len || slashes(f->path) > most); i++)
		f = any(g);
	return f;
}

/* Replaces @del bytes at @at by @n bytes of @s. */
static void replace(struct gfile *f, size_t at, size_t del, const char *s, size_t n)
{
	char *p;

	if (at > f->len || del > f->len - at || f->len - del + n > TEXT_MOST)
		return;
	p = golden_mem(malloc(f->len - del + n + 1));
	memcpy(p, f->p, at);
	memcpy(p + at, s, n);
	memcpy(p + at + n, f->p + at + del, f->len - at - del);
	free(f->p);
	f->p = p;
	f->len = f->len - del + n;
	f->size = f->len;
}

static void change_byte(struct gtree *g)
{
	struct gfile *f = any_text(g);
	char c = check_random();

	replace(f, below(f->len), f->len && below(4), &c, below(2));
}

static void flip_bit(struct gtree *g)
{
	struct gfile *f = any_text(g);

	if (f->len)
		f->p[below(f->len)] ^= 1 << below(8);
}

static void line_at(const struct gfile *f, size_t at, size_t *start, size_t *len)
{
	const char *nl;

	for (*start = at; *start && f->p[*start - 1] != '\n'; --*start)
		;
	nl = memchr(f->p + *start, '\n', f->len - *start);
	*len = nl ? (size_t)(nl + 1 - f->p) - *start : f->len - *start;
}

static void change_line(struct gtree *g)
{
	struct gfile *f = any_text(g);
	size_t start, len, times = below(8) ? 1 : below(2000), i, other, other_len;
	char line[4096];

	if (!f->len)
		return;
	line_at(f, below(f->len), &start, &len);
	if (len > sizeof(line))
		return;
	memcpy(line, f->p + start, len);
	switch (below(3)) {
	case 0:
		replace(f, start, len, "", 0);
		break;
	case 1:
		for (i = 0; i < times; i++)
			replace(f, start, 0, line, len);
		break;
	default:
		replace(f, start, len, "", 0);
		if (f->len) {
			line_at(f, below(f->len), &other, &other_len);
			replace(f, other, 0, line, len);
		}
	}
}

static bool blank(char c)
{
	return c == ' ' || c == '\n';
}

/* A word of the file that begins behind a blank or a line's begin. */
static void word_at(const struct gfile *f, size_t at, size_t *start, size_t *len)
{
	for (*start = at; *start && !blank(f->p[*start - 1]); --*start)
		;
	for (*len = 0; *start + *len < f->len && !blank(f->p[*start + *len]); ++*len)
		;
}

static size_t a_word(struct gtree *g, char *buf, size_t size)
{
	static const char *const words[] = {
		"0", "1", "2", "3", "4", "7", "15", "16", "31", "32", "63", "64", "65", "99", "127", "128",
		"255", "256", "1023", "1024", "1025", "1279", "1280", "4095", "4096", "32767", "32768", "65535", "65536",
		"2147483647", "2147483648", "4294967295", "4294967296", "9223372036854775807",
		"9223372036854775808", "18446744073709551615", "-1", "-2147483648",
		"-9223372036854775808", "0x0", "0x1", "0xfff", "0x1000", "0x7fffffffe000", "0x7fffffffffff",
		"0x800000000000", "0xffffffff", "0xfffffffffffff000", "0xffffffffffffffff", "00", "01",
		"0777", "037777777777", "01777777777777777777777", "-", "\\055", "\\000", "a\\000b",
		"\\040", "/", "//", "/..", "/../../..", "..", ".", "/dev/null", "/dev/tty", "/dev/zero",
		"/dev/full", "/dev/mem", "/etc/passwd", "/etc", "/proc/self/exe", "/proc/self/fd/0",
		"/proc/kmsg", "/bin/true", "/proc/self/root/etc", "/sys", "anon", "file", "inode",
		"SIGKILL", "SIGSTOP", "zombie", "stopped", "alive", "regular", "pipe", "epoll", "memfd",
		"0,1,2", "1,18446744073709551615", "1,1", "0-1",
	};
	struct gfile *f;
	size_t start, len;

	if (below(3)) {
		len = snprintf(buf, size, "%s", words[below(sizeof(words) / sizeof(words[0]))]);
	} else if (below(12)) {		/* one that is somewhere in the tree already */
		f = any_text(g);
		if (!f->len)
			return 0;
		word_at(f, below(f->len), &start, &len);
		len = len < size ? len : size;
		memcpy(buf, f->p + start, len);
	} else {
		len = below(size);
		memset(buf, below(2) ? '/' : '9', len);
	}
	return len;
}

/* What a word looks like: the parser takes none of another kind in its place. */
static int look(const char *p, size_t len)
{
	if (len > 2 && p[0] == '0')
		return p[1] == 'x' ? 'x' : 'o';
	if (len && (p[0] == '/' || (p[0] >= '0' && p[0] <= '9')))
		return p[0] == '/' ? '/' : '1';
	return len && p[0] == '-' ? '-' : 'a';
}

static void change_word(struct gtree *g)
{
	struct gfile *f = any_text(g);
	size_t start, len, n;
	char word[5000];
	int i;

	if (!f->len)
		return;
	word_at(f, below(f->len), &start, &len);
	n = a_word(g, word, sizeof(word));
	for (i = below(40); i && look(word, n) != look(f->p + start, len); i--)
		n = a_word(g, word, sizeof(word));
	replace(f, start, len, word, n);
}

/* A number a little beside another one, or a bit more or less. */
static void change_number(struct gtree *g)
{
	struct gfile *f = any_text(g);
	unsigned long long v;
	size_t start, len, n;
	char word[64];
	bool hex;
	int i;

	for (i = 0; i < 20 && f->len; i++) {
		word_at(f, below(f->len), &start, &len);
		if (len && len < 30 && f->p[start] >= '0' && f->p[start] <= '9')
			break;
	}
	if (!f->len || i == 20)
		return;
	snprintf(word, sizeof(word), "%.*s", (int)len, f->p + start);
	hex = look(word, len) == 'x';
	v = strtoull(word, NULL, 0);
	v = below(2) ? v + below(5) - 2 : v ^ 1ULL << below(hex ? 64 : 33);
	n = snprintf(word, sizeof(word), hex ? "0x%llx" : word[0] == '0' && len > 1 ? "0%llo" : "%llu", v);
	replace(f, start, len, word, n);
}

/* The same number everywhere: a tree that is whole, and about something else. */
static void change_everywhere(struct gtree *g)
{
	struct gfile *f = any_text(g);
	size_t start, len, n, i, at;
	char old[64], word[5000];

	if (!f->len)
		return;
	word_at(f, below(f->len), &start, &len);
	if (!len || len > sizeof(old))
		return;
	memcpy(old, f->p + start, len);
	n = a_word(g, word, 24);
	for (i = 0; i < g->n; i++) {
		if (golden_payload(g->f[i].path))
			continue;
		for (at = 0; at < g->f[i].len; at += start + 1) {
			word_at(&g->f[i], at, &at, &start);
			if (start == len && !memcmp(g->f[i].p + at, old, len)) {
				replace(&g->f[i], at, len, word, n);
				start = n;
			}
		}
	}
}

static void drop(struct gtree *g, struct gfile *f)
{
	if (!f)
		return;
	free(f->path);
	free(f->p);
	*f = g->f[--g->n];
}

static void drop_file(struct gtree *g)
{
	drop(g, any(g));
}

/* Another name for a part of a path: an id, a type, something above. */
static void rename_file(struct gtree *g)
{
	struct gfile *f = any(g);
	char word[300], path[1000], *from, *to;
	size_t n = a_word(g, word, below(4) ? 20 : 300);

	word[n < sizeof(word) ? n : sizeof(word) - 1] = '\0';
	if (below(4))
		for (from = word; *from; from++)
			if (*from == '/')
				*from = '.';
	from = strchr(f->path, '/');
	from = below(2) && from ? from + 1 : strrchr(f->path, '/') ? strrchr(f->path, '/') + 1 : f->path;
	to = strchr(from, '/') ?: from + strlen(from);
	snprintf(path, sizeof(path), "%.*s%s%s", (int)(from - f->path), f->path, word, to);
	if (below(2)) {
		golden_add(g, path, f->p, f->len);
	} else {
		free(f->path);
		f->path = golden_mem(strdup(path));
	}
}

static void resize_file(struct gtree *g)
{
	static const off_t sizes[] = { 0, 1, 4095, 4096, 8192, 2 << 20, (2 << 20) + 4096, 1LL << 32,
				       1LL << 47, 0x7ffffffffffff000 };
	struct gfile *f = any(g);
	int i;

	for (i = 0; i < 20 && !golden_payload(f->path); i++)
		f = any(g);
	if (golden_payload(f->path))
		f->size = sizes[below(sizeof(sizes) / sizeof(sizes[0]))];
	else if (f->len)
		replace(f, below(f->len), f->len, "", 0);
}

static void cut_file(struct gtree *g)
{
	struct gfile *f = any_text(g);
	size_t at = below(f->len);

	replace(f, at, f->len - at, "", 0);
}

static void swap_files(struct gtree *g)
{
	struct gfile *a = any(g), *b = any(g), t = *a;

	a->p = b->p, a->len = b->len, a->size = b->size;
	b->p = t.p, b->len = t.len, b->size = t.size;
}

static void change(struct gtree *g)
{
	static void (*const how[])(struct gtree *) = {
		change_word, change_word, change_word, change_word, change_word, change_word,
		change_number, change_number, change_number, change_number, change_number,
		change_everywhere, change_everywhere, change_line, change_line, change_byte,
		flip_bit, drop_file, rename_file, rename_file, resize_file, cut_file, swap_files,
	};

	if (g->n > 2)
		how[below(sizeof(how) / sizeof(how[0]))](g);
}

static void copy_tree(struct gtree *to, const struct gtree *from)
{
	size_t i;

	*to = (struct gtree){ .f = NULL };
	for (i = 0; i < from->n; i++)
		golden_add(to, from->f[i].path, from->f[i].p, from->f[i].len);
}

/* --- a round --- */

static int open_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void expect(bool good, const char *what, const struct errlist *why)
{
	if (good)
		return;
	say_round();
	fprintf(stderr, "%s\n%s", what, why->text ? why->text : "");
	abort();
}

/* "ERRNO object: text", each to the end of its line. */
static bool sentences(const struct errlist *why)
{
	const char *p = why->text, *nl, *colon, *object;

	for (; p && *p; p = nl + 1) {
		nl = strchr(p, '\n');
		colon = strstr(p, ": ");
		object = strchr(p, ' ');
		if (!nl || !colon || colon + 2 >= nl || object >= colon || *p != 'E')
			return false;
	}
	return why->text && why->len == strlen(why->text);
}

static bool one(const struct gtree *golden, size_t n)
{
	struct options opts = { .cgroup = "/golden" };
	struct errlist why = { .text = NULL };
	struct gtree g;
	int fd, rc;

	check_seed = (round_nr + 1) * 0x9e3779b97f4a7c15ULL;
	copy_tree(&g, &golden[below(n)]);
	for (rc = below(8) ? 1 + below(2) : below(12); rc > 0; rc--)
		change(&g);
	opts.files = below(3);
	opts.lossy = below(2);
	alarm(ROUND_MAX);
	fd = open_fds();
	rc = golden_check(&g, &opts, &why);
	alarm(0);
	expect(open_fds() == fd, "a descriptor is left open", &why);
	expect(rc <= 0 && rc == why.first, "the result is not that of the first reason", &why);
	expect(!rc == !why.count, "refused without a reason", &why);
	expect(!rc || sentences(&why), "no sentence", &why);
	if (getenv("FUZZ_SHOW") && why.text)
		fputs(why.text, stdout);
	errlist_clear(&why);
	golden_free(&g);
	return !rc;
}

static void watch_over(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(say_round);
	if (confine()) {
		perror("seccomp");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 0, good = 0;
	struct gtree *golden;
	size_t i, n = golden_load(&golden);

	for (i = 0; i < n; i++)	/* whoever stages a tree has verified it */
		drop(&golden[i], golden_find(&golden[i], "manifest"));
	if (!n) {
		printf("no golden trees: run this at the top of the sources\n");
		return 77;
	}
	watch_over();
	round_nr = first;
	do
		good += one(golden, n);
	while (++round_nr, time(NULL) < end);
	printf("%lu rounds, %lu good trees\n", round_nr - first, good);
	for (i = 0; i < n; i++)
		golden_free(&golden[i]);
	free(golden);
	return 0;
}
