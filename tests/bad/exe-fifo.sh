# SPDX-License-Identifier: GPL-2.0-or-later
# The program is a FIFO: nobody may wait for who writes to it.
# expect: ^E[A-Z]+ mms/1: 
mkfifo ../fifo
sed -i "s|^exe .*|exe $(realpath ..)/fifo|" mms/1/status
