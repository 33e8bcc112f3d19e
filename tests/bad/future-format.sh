# SPDX-License-Identifier: GPL-2.0-or-later
# A format of the future.
# expect: ^E[A-Z]+ header: .*format
sed -i 's/^format .*/format 999/' header
