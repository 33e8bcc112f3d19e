# SPDX-License-Identifier: GPL-2.0-or-later
# A descriptor in flight that does not exist.
# expect: ^EINVAL inodes/2: files/99 is in flight in it, but not there
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^5 0.*/5 0 0 0 0 - 3,99/' inodes/2/status
