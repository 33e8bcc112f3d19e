// SPDX-License-Identifier: GPL-2.0-only
/* Addresses as inet_ntop(3) writes them: the tree has them so, and %pI6c writes some otherwise. */
#include <linux/in6.h>
#include <linux/socket.h>
#include <net/ipv6.h>

#include "res/fd/tcp_look.h"

#define WORDS 8

/* The longest run of zeros, two words at least, the first of equals. Return: its length */
static int find_run(const u16 *w, int *at)
{
	int i, k, best = 0;

	for (i = 0; i < WORDS; i = k + 1) {
		for (k = i; k < WORDS && !w[k]; k++)
			;
		if (k - i >= 2 && k - i > best) {
			best = k - i;
			*at = i;
		}
	}
	return best;
}

static char *text_v6(struct snap *s, const struct in6_addr *a)
{
	int i, n = 0, at = -1, run, words = WORDS;
	char buf[48];
	u16 w[WORDS];

	for (i = 0; i < WORDS; i++)
		w[i] = ntohs(a->s6_addr16[i]);
	run = find_run(w, &at);
	if (at == 0 && (run == 6 || (run == 5 && w[5] == 0xffff)))
		words = 6;
	for (i = 0; i < words; i++) {
		if (run && i == at) {
			n += scnprintf(buf + n, sizeof(buf) - n, "::");
			i += run - 1;
			continue;
		}
		n += scnprintf(buf + n, sizeof(buf) - n, "%s%x", i && i != at + run ? ":" : "", w[i]);
	}
	if (words < WORDS)
		scnprintf(buf + n, sizeof(buf) - n, "%s%pI4", run == 6 ? "" : ":", &a->s6_addr32[3]);
	return snap_printf(s, "%s", buf);
}

struct crfs_str tcp_addr(struct snap *s, int family, const void *addr, u16 port)
{
	static const struct in6_addr any;
	bool v4 = family == AF_INET;

	if (!port && !memcmp(addr, &any, v4 ? 4 : 16))
		return (struct crfs_str){};
	return str_of(v4 ? snap_printf(s, "%pI4", addr) : text_v6(s, addr));
}
