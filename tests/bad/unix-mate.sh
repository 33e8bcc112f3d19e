# SPDX-License-Identifier: GPL-2.0-or-later
# A datagram socket without a name, whose peer has another.
# expect: ^EINVAL files/4: peer 5: that has another peer
. "$(dirname "$0")/unix.bash"
unix_file 4 peer 5 0 dgram
unix_file 5 peer 6 0 dgram
unix_file 6 none 0 0 dgram "\\000crfs-bad-6"
