// SPDX-License-Identifier: GPL-2.0-or-later
/* Named pipes with content, by name and both ends; one whose name is now another link. */
#include "tests/work/work.h"

int main(void)
{
	struct stat a, b;
	char buf[16];
	int rd, wr, rw, tail, linked;

	unlink("a fifo");
	CHECK(mkfifo("a fifo", 0640) == 0);
	rd = open("a fifo", O_RDONLY | O_NONBLOCK);
	wr = open("a fifo", O_WRONLY | O_NOFOLLOW);
	CHECK(rd >= 0 && wr >= 0 && write(wr, "in the fifo", 11) == 11);
	unlink("gone fifo");
	CHECK(mkfifo("gone fifo", 0600) == 0);
	rw = open("gone fifo", O_RDWR);
	tail = open("gone fifo", O_RDONLY | O_NOFOLLOW);
	CHECK(rw >= 0 && tail >= 0 && write(rw, "gone", 4) == 4 && unlink("gone fifo") == 0);
	unlink("linked fifo");
	CHECK(mkfifo("linked fifo.new", 0600) == 0);
	linked = open("linked fifo.new", O_RDWR);
	CHECK(linked >= 0 && link("linked fifo.new", "linked fifo") == 0 && unlink("linked fifo.new") == 0);
	CHECK(stat("a fifo", &a) == 0);
	work_ready();
	CHECK(fstat(rd, &b) == 0 && S_ISFIFO(b.st_mode) && a.st_ino == b.st_ino);
	CHECK_EQ(fcntl(rd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_EQ(fcntl(wr, F_GETFL) & O_NOFOLLOW, O_NOFOLLOW);
	CHECK(read(rd, buf, 16) == 11 && !memcmp(buf, "in the fifo", 11));
	CHECK(read(rd, buf, 16) == -1 && errno == EAGAIN);
	close(wr);
	CHECK_EQ(read(rd, buf, 16), 0);
	wr = open("a fifo", O_WRONLY | O_NONBLOCK);
	CHECK(wr >= 0 && write(wr, "x", 1) == 1 && read(rd, buf, 1) == 1);
	CHECK_EQ(fcntl(tail, F_GETFL) & (O_ACCMODE | O_NOFOLLOW | O_NONBLOCK), O_RDONLY | O_NOFOLLOW);
	CHECK(read(tail, buf, 2) == 2 && !memcmp(buf, "go", 2));
	CHECK(read(rw, buf, 16) == 2 && !memcmp(buf, "ne", 2));
	CHECK(write(rw, "gone", 4) == 4 && read(tail, buf, 16) == 4 && !memcmp(buf, "gone", 4));
	wr = open("linked fifo", O_WRONLY | O_NONBLOCK);
	CHECK(wr >= 0 && write(wr, "linked", 6) == 6 && read(linked, buf, 16) == 6 && access("linked fifo.new", F_OK) == -1);
	work_pass();
}
