# SPDX-License-Identifier: GPL-2.0-or-later
# A queue without messages.
# expect: ^EINVAL inodes/2: a queue without messages
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i '/^5 0/d' inodes/2/status
