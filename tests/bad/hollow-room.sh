# SPDX-License-Identifier: GPL-2.0-or-later
# The same where an address space's mappings should be.
# expect: ^ENOENT mms/1: maps is missing
rm mms/1/maps
mkdir mms/1/maps
