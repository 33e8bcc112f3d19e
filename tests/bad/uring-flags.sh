# SPDX-License-Identifier: GPL-2.0-or-later
# An io_uring with a flag that none has which is carried.
# expect: ^EINVAL inodes/9: there is no such io_uring
. "$(dirname "$0")/uring.bash"
uring 0x2 8 3 352
