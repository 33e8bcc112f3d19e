# SPDX-License-Identifier: GPL-2.0-or-later
# An io_uring with a number of entries that none has.
# expect: ^EINVAL inodes/9: there is no such io_uring
. "$(dirname "$0")/uring.bash"
uring 0x0 7 3 352
