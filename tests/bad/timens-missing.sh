# SPDX-License-Identifier: GPL-2.0-or-later
# A process in a time namespace that is not there.
# expect: ^EINVAL tasks/[0-9]+: timens: ns/time-9 is not there
printf 'ns 9\n' > "tasks/$PID/timens"
echo "XXH64 (tasks/$PID/timens) = 0000000000000000" >> manifest
