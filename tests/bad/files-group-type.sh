# SPDX-License-Identifier: GPL-2.0-or-later
# An open file in a group, of a kind that this crfs does not know.
# expect: ^EINVAL files/1026: unknown type "teleporter"
{ printf 'file 1026\n\n'; sed "1s/.*/type teleporter/" files/1; } > files/1024
echo "XXH64 (files/1024) = 0000000000000000" >> manifest
