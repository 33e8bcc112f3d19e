# SPDX-License-Identifier: GPL-2.0-or-later
# An undo entry of a semaphore set that is not there.
# expect: ^EINVAL tasks/[0-9]+: semundo: semaphore 0 of inodes/9: 
printf 'inode semaphore adjust\n9 0 1\n' > "tasks/$PID/semundo"
echo "XXH64 (tasks/$PID/semundo) = 0000000000000000" >> manifest
