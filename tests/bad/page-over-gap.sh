# SPDX-License-Identifier: GPL-2.0-or-later
# A run of pages that goes on where nothing is mapped.
# expect: ^EINVAL mms/1: pages/[0-9a-f]+: not in private memory
. "$(dirname "$0")/pages.bash"
extent_over
