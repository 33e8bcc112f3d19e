# SPDX-License-Identifier: GPL-2.0-or-later
# A queue that does not exist.
# expect: ^EINVAL files/5: inodes/7 is not there as a unix_queue
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^queue 0/queue 7/' files/5
