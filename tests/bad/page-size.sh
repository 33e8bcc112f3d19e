# SPDX-License-Identifier: GPL-2.0-or-later
# Another page size.
# expect: ^E[A-Z]+ header: .*page
sed -i 's/^page_size .*/page_size 16384/' header
