# SPDX-License-Identifier: GPL-2.0-or-later
# A run of pages that is no whole number of pages.
# expect: ^E[A-Z]+ mms/1: pages/[0-9a-f]+: 
f=$(ls mms/1/pages | head -n 1)
echo odd >> "mms/1/pages/$f"
