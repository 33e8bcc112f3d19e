# SPDX-License-Identifier: GPL-2.0-or-later
# A run of pages that goes on in shared memory.
# expect: ^EINVAL mms/1: pages/[0-9a-f]+: not in private memory
. "$(dirname "$0")/pages.bash"
extent_over "r file shared 0 0 0x0 0 $(awk '$4 == "file" { print $10; exit }' mms/1/maps)"
