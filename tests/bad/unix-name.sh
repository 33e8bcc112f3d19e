# SPDX-License-Identifier: GPL-2.0-or-later
# A path that has no name.
# expect: ^EINVAL files/4: name and path do not go together
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's|^path -|path /tmp/crfs-bad|' files/4
