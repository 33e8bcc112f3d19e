/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where this processor has the components of an XSAVE area. */
#ifndef CRFS_XLAYOUT_H
#define CRFS_XLAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include <crfs/xstate.h>

/** xlayout() - asked for once, since in a virtual machine cpuid takes 20 us and more */
const struct crfs_xlayout *xlayout(void);

/** xstate_used() - bytes of @area, which is @size long, up to the end of what is in use */
size_t xstate_used(const void *area, size_t size);

#endif
