// SPDX-License-Identifier: GPL-2.0-only
/* The parameter that makes an allocation fail; see fault.h. */
#include <linux/atomic.h>
#include <linux/module.h>

#include "internal.h"

static atomic_t nth = ATOMIC_INIT(0);

static int nth_set(const char *text, const struct kernel_param *kp)
{
	int n, rc = kstrtoint(text, 0, &n);

	if (!rc)
		atomic_set(&nth, n);
	return rc;
}

static int nth_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&nth));
}

static const struct kernel_param_ops nth_ops = { .set = nth_set, .get = nth_get };

module_param_cb(fail_nth, &nth_ops, NULL, 0600);
MODULE_PARM_DESC(fail_nth, "debugging: the nth allocation from now on fails; negative: count");

/* Return: is this the one? */
bool crfs_fails(void)
{
	return atomic_read(&nth) && !atomic_dec_return(&nth);
}
