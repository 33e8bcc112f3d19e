# SPDX-License-Identifier: GPL-2.0-or-later
# A queue that is longer than any buffer.
# expect: ^EINVAL inodes/2: 4294967295 bytes are longer than any buffer
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^5 0/4294967295 0/' inodes/2/status
