# SPDX-License-Identifier: GPL-2.0-or-later
# A mapping of all addresses.
# expect: ^EINVAL mms/1/maps: 
sed -i '2s/^0x[0-9a-f]* 0x[0-9a-f]*/0x0 0xfffffffffffff000/' mms/1/maps
