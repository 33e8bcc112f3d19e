# SPDX-License-Identifier: GPL-2.0-or-later
# A queue that is longer than its bytes.
# expect: ^EINVAL inodes/2: data has 5 bytes, the messages have 6
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^5 0/6 0/' inodes/2/status
