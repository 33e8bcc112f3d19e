# SPDX-License-Identifier: GPL-2.0-or-later
# Mappings that overlap.
# expect: ^E[A-Z]+ mms/1/maps: 
sed -i '2{p;}' mms/1/maps
