# SPDX-License-Identifier: GPL-2.0-or-later
# A stream that is connected to a datagram socket.
# expect: ^EINVAL files/4: peer 5: there is no such unix socket
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^socktype stream/socktype dgram/' files/5
