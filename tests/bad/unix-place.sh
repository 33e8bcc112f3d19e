# SPDX-License-Identifier: GPL-2.0-or-later
# A place in a queue without a connection.
# expect: ^EINVAL files/5: place 3: it does not wait
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^place 0/place 3/' files/5
