# SPDX-License-Identifier: GPL-2.0-or-later
# A kind of namespace that no kernel has.
# expect: ^EINVAL files/3: kind time_travel: there is no such
printf 'type nsfd\nflags 0100000\npos 0\nowner_type none\nowner 0\nsignal 0\n\nkind time_travel\nns 0\n' > files/3
