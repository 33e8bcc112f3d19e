# SPDX-License-Identifier: GPL-2.0-or-later
# Both sides of a connection were accepted.
# expect: ^EINVAL files/4: peer 5: both were accepted
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^accepted 0/accepted 1/; s/^name -/name \\000crfs-bad/' files/4 files/5
