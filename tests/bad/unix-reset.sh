# SPDX-License-Identifier: GPL-2.0-or-later
# An error of a peer that is there.
# expect: ^EINVAL files/5: reset 1: its peer is not gone
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^reset 0/reset 1/' files/5
