# SPDX-License-Identifier: GPL-2.0-or-later
# A sender that is nobody.
# expect: ^EINVAL inodes/2: creds is 0, pid 7, uid 0, gid 0: no sender
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^5 0.*/5 0 7 0 0 - -/' inodes/2/status
