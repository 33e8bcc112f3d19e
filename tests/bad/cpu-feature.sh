# SPDX-License-Identifier: GPL-2.0-or-later
# A processor feature this one lacks.
# expect: ^E[A-Z]+ header: .*xfeature
sed -i 's/^xfeatures .*/xfeatures 0x4000000000000007/' header
