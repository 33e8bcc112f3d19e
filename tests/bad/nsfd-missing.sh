# SPDX-License-Identifier: GPL-2.0-or-later
# A namespace that is not there.
# expect: ^EINVAL files/3: ns/uts-9 is not there
printf 'type nsfd\nflags 0100000\npos 0\nowner_type none\nowner 0\nsignal 0\n\nkind uts\nns 9\n' > files/3
