/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees of every format that there ever was are read: what stands against them is this machine. */
#include "check.h"
#include "golden.h"

/* Reasons that are the tree's own, and not those of the machine it is to be restored on. */
static bool its_own(const char *line)
{
	static const char *const codes[] = { "EINVAL ", "EBADMSG ", "ENOMEM ", "EOPNOTSUPP ", "EOVERFLOW" };
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strncmp(line, codes[i], strlen(codes[i])))
			return true;
	return strstr(line, "is missing") || strstr(line, " unknown ");
}

static void test_tree(const struct gtree *g)
{
	struct options opts = { .cgroup = "/golden", .files = FILES_SAME };
	struct errlist why = { .text = NULL };
	char *line, *save = NULL;
	unsigned int bad = 0;

	golden_check(g, &opts, &why);
	for (line = why.text ? strtok_r(why.text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (its_own(line)) {
			printf("# %s\n", line);
			bad++;
		}
	}
	check(!bad && why.count < ERRLIST_MAX, "%s: %zu files", g->name, g->n);
	errlist_clear(&why);
}

int main(void)
{
	struct gtree *v;
	size_t i, n = golden_load(&v);

	check(n > 0, "there are golden trees");
	for (i = 0; i < n; i++) {
		test_tree(&v[i]);
		golden_free(&v[i]);
	}
	free(v);
	return check_exit();
}
