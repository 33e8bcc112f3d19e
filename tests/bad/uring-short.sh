# SPDX-License-Identifier: GPL-2.0-or-later
# An io_uring with less in its rings than they have.
# expect: ^EINVAL inodes/9: rings has 100 bytes, and is one of 352
. "$(dirname "$0")/uring.bash"
uring 0x0 8 3 100
