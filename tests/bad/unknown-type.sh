# SPDX-License-Identifier: GPL-2.0-or-later
# An open file of a kind that this crfs does not know.
# expect: ^EINVAL files/3: unknown type "teleporter"
sed -i '1s/.*/type teleporter/' files/3
