# SPDX-License-Identifier: GPL-2.0-or-later
# A connection that waits at what does not listen.
# expect: ^EINVAL files/4: peer 5: there is no such listening socket
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^connected peer/connected waits/; s/^place 0/place 1/' files/4
