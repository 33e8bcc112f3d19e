# SPDX-License-Identifier: GPL-2.0-or-later
# An empty message in a stream.
# expect: ^EINVAL files/4: queue 2: an empty message in a stream
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^5 0.*/&\n0 0 0 0 0 - -/' inodes/2/status
