// SPDX-License-Identifier: GPL-2.0-only
/* The parameters that make an allocation fail, or wait; see fault.h. */
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/wait.h>

#include "internal.h"

#define HOLD (30 * HZ)

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

static atomic_t hold = ATOMIC_INIT(0);
static bool held;
static DECLARE_WAIT_QUEUE_HEAD(holding);

static int hold_set(const char *text, const struct kernel_param *kp)
{
	int n, rc = kstrtoint(text, 0, &n);

	if (rc)
		return rc;
	atomic_set(&hold, n);
	WRITE_ONCE(held, false);
	wake_up_all(&holding);
	return 0;
}

static int hold_get(char *buf, const struct kernel_param *kp)
{
	return READ_ONCE(held) ? sysfs_emit(buf, "held\n") : sysfs_emit(buf, "%d\n", atomic_read(&hold));
}

static const struct kernel_param_ops hold_ops = { .set = hold_set, .get = hold_get };

module_param_cb(hold_nth, &hold_ops, NULL, 0600);
MODULE_PARM_DESC(hold_nth, "debugging: the nth allocation from now on waits until 0 is written");

static void wait_here(void)
{
	WRITE_ONCE(held, true);
	wait_event_timeout(holding, !READ_ONCE(held), HOLD);
	WRITE_ONCE(held, false);
}

/* Return: is this the one? */
bool crfs_fails(void)
{
	if (atomic_read(&hold) > 0 && !atomic_dec_return(&hold))
		wait_here();
	return atomic_read(&nth) && !atomic_dec_return(&nth);
}
