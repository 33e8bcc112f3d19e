# SPDX-License-Identifier: GPL-2.0-or-later
# Three datagram sockets, each connected to the next.
# expect: ^EINVAL files/4: peer 5: a cycle of datagram sockets
. "$(dirname "$0")/unix.bash"
unix_file 4 peer 5 0 dgram "\\000crfs-bad-4"
unix_file 5 peer 6 0 dgram "\\000crfs-bad-5"
unix_file 6 peer 4 0 dgram "\\000crfs-bad-6"
