# SPDX-License-Identifier: GPL-2.0-or-later
# An io_uring that has taken more than a new one is led through.
# expect: ^EINVAL inodes/9: 4294967295 requests and 3 results are more
. "$(dirname "$0")/uring.bash"
uring 0x0 8 4294967295 352
