# SPDX-License-Identifier: GPL-2.0-or-later
# Build, check, show and install crfs; HACKING says more. Everything made goes below build/.

PREFIX  ?= /usr/local
DESTDIR ?=
B       := build

# Lazily evaluated, so that "make deps" can bring pkg-config itself.
pkg      = $(shell pkg-config $(1) $(2) 2>/dev/null || echo $(3))

CC       = gcc
WARN     = -Wall -Wextra -Werror
# Quoted names only for our own: fuse-proto has an err.h and a fuse.h, and so has the system.
CPPFLAGS = -D_GNU_SOURCE -iquote . -iquote fuse-proto -Iinclude
CFLAGS   = -std=gnu11 -fms-extensions -O2 -g -pthread $(WARN)
FUSE_CF := $(call pkg,--cflags,fuse3,-I/usr/include/fuse3)
FUSE_LD := $(call pkg,--libs,fuse3,-lfuse3)
ARC_CF  := $(call pkg,--cflags,libarchive,)
ARC_LD  := $(call pkg,--libs,libarchive,-larchive)
PB_LD   := $(call pkg,--libs,libprotobuf-c,-lprotobuf-c)
LIBS    := $(call pkg,--libs,libxxhash,-lxxhash) $(call pkg,--libs,libcap,-lcap) \
	   $(call pkg,--libs,libcrypto,-lcrypto) -lpthread -lm
COMPILE  = @mkdir -p $(@D) && echo "  CC  $@" && $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP

find     = $(sort $(shell find $(1) -name '$(2)' 2>/dev/null))

# The engine is a library; the front end (fuse*.c, main.c) is all that knows libfuse.
front   := fuse-proto/main.c $(wildcard fuse-proto/fuse*.c)
front   := $(sort $(wildcard $(front)))
engine  := $(sort $(wildcard lib/*.c) \
	   $(filter-out $(front),$(wildcard fuse-proto/*.c)) \
	   $(call find,fuse-proto/res,*.c) $(wildcard fuse-proto/*.S))
helper  := $(sort $(wildcard tools/mount.crfs/*.c))
crtar   := $(sort $(wildcard tools/crtar/*.c tools/crtar/criu/*.c))
# What protoc-c makes of the images' messages
criu_pb := $(B)/gen/criu.pb-c
restorer := $(sort $(wildcard tools/restore/*.c))
works   := $(filter-out tests/work/work.c,$(call find,tests/work,*.c))
fuzzers := $(sort $(wildcard tests/unit/fuzz*.c))
units   := $(filter-out $(fuzzers),$(sort $(wildcard tests/unit/*.c)))

obj      = $(addprefix $(B)/obj/,$(addsuffix .o,$(basename $(1))))
progs   := $(B)/bin/crfs $(B)/bin/mount.crfs $(B)/bin/crtar $(B)/bin/crfs-restore
workbin := $(patsubst tests/work/%.c,$(B)/work/%,$(works))
benches := $(patsubst bench/%.c,$(B)/bench/%,$(sort $(wildcard bench/*.c)))
unitbin := $(patsubst tests/unit/%.c,$(B)/unit/%,$(units))
fuzzbin := $(patsubst tests/unit/%.c,$(B)/fuzz/%,$(fuzzers))

all: $(progs) tests-build

$(B)/libcrfs.a: $(call obj,$(engine))
	@mkdir -p $(@D) && echo "  AR  $@" && rm -f $@ && ar rcs $@ $^

$(B)/bin/crfs: $(call obj,$(front)) $(B)/libcrfs.a
	@mkdir -p $(@D) && echo "  LD  $@" && $(CC) $(CFLAGS) -o $@ $^ $(FUSE_LD) $(LIBS)

$(B)/bin/mount.crfs: $(call obj,$(helper))
	@mkdir -p $(@D) && echo "  LD  $@" && $(CC) $(CFLAGS) -o $@ $^

$(B)/bin/crtar: $(call obj,$(crtar)) $(criu_pb).o $(B)/libcrfs.a
	@mkdir -p $(@D) && echo "  LD  $@" && $(CC) $(CFLAGS) -o $@ $^ $(ARC_LD) $(PB_LD) $(LIBS)

$(criu_pb).c $(criu_pb).h &: tools/crtar/criu/criu.proto
	@mkdir -p $(@D) && echo "  GEN $(criu_pb).c" && protoc-c --proto_path=$(<D) --c_out=$(@D) $(<F)
$(criu_pb).o: $(criu_pb).c
	@echo "  CC  $@" && $(CC) $(CFLAGS) -c -o $@ $<
$(call obj,$(crtar)): | $(criu_pb).h

# What the kernel filesystem starts: installed as libexec/crfs/restore.
$(B)/bin/crfs-restore: $(call obj,$(restorer)) $(B)/libcrfs.a
	@mkdir -p $(@D) && echo "  LD  $@" && $(CC) $(CFLAGS) -o $@ $^ $(LIBS)

$(call obj,$(restorer)): CPPFLAGS += -iquote tools/restore
$(call obj,$(front)): CPPFLAGS += $(FUSE_CF)
$(call obj,$(crtar)): CPPFLAGS += -iquote tools/crtar -iquote tools/crtar/criu -iquote $(B)/gen $(ARC_CF)

$(B)/obj/%.o: %.c
	$(COMPILE) -c -o $@ $<
$(B)/obj/%.o: %.S
	$(COMPILE) -c -o $@ $<

# Workloads: one self-checking program each, with tests/work/work.c.
$(B)/work/%: $(B)/obj/tests/work/%.o $(B)/obj/tests/work/work.o
	@mkdir -p $(@D) && $(CC) $(CFLAGS) -o $@ $^ -lpthread

$(B)/bench/%: $(B)/obj/bench/%.o
	@mkdir -p $(@D) && $(CC) $(CFLAGS) -o $@ $^ -lpthread

$(B)/unit/%: $(B)/obj/tests/unit/%.o $(B)/libcrfs.a
	@mkdir -p $(@D) && echo "  LD  $@" && $(CC) $(CFLAGS) -o $@ $^ $(LIBS)

# Fuzzers: the engine once more, under ASan and UBSan. One with LLVMFuzzerTestOneInput gets
# libFuzzer; one with a main() of its own is run as it is.
FUZZ_CC  = clang
FUZZ_CF  = -std=gnu11 -fms-extensions -O1 -g -pthread -fno-omit-frame-pointer -Wno-everything \
	   -fsanitize=address,undefined -fno-sanitize-recover=undefined
fobj     = $(addprefix $(B)/fobj/,$(addsuffix .o,$(basename $(1))))

$(B)/fobj/%.o: %.c
	@mkdir -p $(@D) && $(FUZZ_CC) $(CPPFLAGS) $(FUZZ_CF) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
$(B)/fobj/%.o: %.S
	@mkdir -p $(@D) && $(FUZZ_CC) $(CPPFLAGS) -c -o $@ $<
$(B)/fobj/libcrfs.a: $(call fobj,$(engine))
	@echo "  AR  $@" && rm -f $@ && ar rcs $@ $^
$(call fobj,$(crtar) tests/unit/fuzz_criu.c): | $(criu_pb).h
$(B)/fobj/libcrtar.a: $(call fobj,$(filter-out tools/crtar/main.c,$(crtar))) $(criu_pb).o
	@echo "  AR  $@" && rm -f $@ && ar rcs $@ $^
$(call fobj,$(crtar) tests/unit/fuzz_crtar.c tests/unit/fuzz_criu.c): CPPFLAGS += -iquote tools/crtar -iquote tools/crtar/criu -iquote $(B)/gen $(ARC_CF)
$(B)/fuzz/%: $(B)/fobj/tests/unit/%.o $(B)/fobj/libcrtar.a $(B)/fobj/libcrfs.a
	@mkdir -p $(@D) && echo "  LD  $@" && $(FUZZ_CC) $(FUZZ_CF) \
		$$(grep -q LLVMFuzzerTestOneInput tests/unit/$*.c && echo -fsanitize=fuzzer) -o $@ $^ $(ARC_LD) $(PB_LD) $(LIBS)

works: $(workbin)
tests-build: works $(unitbin) $(benches)
fuzzers: $(fuzzbin)

# What a bare Debian 12 lacks. Quick when all is there. Kernels and qemu are for the tests only.
deps: deps-user
	@tools/deps-kernel

deps-user:
	@tools/deps

demo: deps-user
	@$(MAKE) --no-print-directory -j2 $(B)/bin/crfs $(B)/bin/mount.crfs
	@tools/demo/demo

check: deps
	@$(MAKE) --no-print-directory -j2 all fuzzers guests
	@KERNELS="$(KERNELS)" tests/run

# Long, and bounded: SOAK_SECONDS.
soak: deps-user
	@tools/deps-soak
	@$(MAKE) --no-print-directory -j2 $(progs) works
	@tests/soak/run

bench: deps-user
	@$(MAKE) --no-print-directory -j2 $(progs) $(benches)
	@bench/run
	@bench/crtar

bench-kernel: deps kernel
	@$(MAKE) --no-print-directory -j2 $(progs) works $(inguest) $(benches)
	@KERNELS="$(KERNELS)" bench/kernel

# The kernel filesystem: built for both of Debian 12's kernels; compared with this one in guests.
KERNELS ?= 6.1 6.12

kernel:
	@tools/deps-kernel
	@for v in $(KERNELS); do tools/kernel-build $$v -j2 && tools/kernel-build $$v-generic -j2 || exit 1; done

# Those of the guests, and one more of each whose allocations fail on demand
kernel-test: kernel
	@for v in $(KERNELS); do tools/kernel-build $$v-fault -j2 || exit 1; done

# W=1, sparse and checkpatch; and as a part of the kernel's own tree.
kernel-lint:
	@tools/deps-kernel lint
	@tools/kernel-lint $(KERNELS)

kernel-dropin:
	@tools/deps-kernel source
	@tools/deps-kernel
	@tools/kernel-dropin $(KERNELS)

# The sources where dkms looks for them: dkms install crfs/VERSION builds it for the kernel that runs.
VERSION := $(shell sed -n 's/^\#define CRFS_VERSION "\(.*\)"/\1/p' include/crfs/format.h)
DKMS     = $(DESTDIR)/usr/src/crfs-$(VERSION)

install-dkms:
	rm -rf $(DKMS)
	tools/kernel-stage $(DKMS)
	sed -i 's/#VERSION#/$(VERSION)/' $(DKMS)/dkms.conf

# What compares, fails and mutates, in guests
inguest := $(patsubst tests/kernel/%.c,$(B)/kernel/%,$(sort $(wildcard tests/kernel/*.c)))

$(inguest): $(B)/kernel/%: tests/kernel/%.c
	@mkdir -p $(@D) && echo "  LD  $@" && $(CC) $(CPPFLAGS) $(CFLAGS) -static -o $@ $< -lxxhash

# For `make check`: the modules of its guests
guests: $(inguest)
	@for v in $(KERNELS); do tools/kernel-build $$v -j2 || exit 1; done

# All that there is in guests
check-kernel: deps kernel-test
	@$(MAKE) --no-print-directory -j2 $(progs) works $(inguest)
	@KERNELS="$(KERNELS)" tests/run kernel

# The same in a kernel that looks after itself (KASAN, lockdep): half an hour to build, once, and slow.
kernel-kasan:
	@tools/deps-kernel kasan
	@tools/deps-kernel
	@tools/kernel-kasan
	@$(MAKE) --no-print-directory -j2 $(progs) works $(inguest)
	@KERNELS=kasan VM_MEMORY=2048 tests/run kernel

rooms:
	@tests/rooms

install: $(progs)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)/sbin
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 $(B)/bin/crfs $(B)/bin/crtar $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(B)/bin/mount.crfs $(DESTDIR)/sbin/mount.crfs
	install -D -m 755 $(B)/bin/crfs-restore $(DESTDIR)$(PREFIX)/libexec/crfs/restore
	install -D -m 644 tools/crtar/completion/crtar.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/crtar
	install -D -m 644 tools/crtar/completion/_crtar $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_crtar
	ln -sf mount.crfs $(DESTDIR)/sbin/mount.fuse.crfs
	for m in $(wildcard Documentation/man/*.[18]); do \
		install -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/; done

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/crfs $(DESTDIR)$(PREFIX)/bin/crtar $(DESTDIR)/sbin/mount.crfs $(DESTDIR)/sbin/mount.fuse.crfs
	rm -rf $(DESTDIR)$(PREFIX)/libexec/crfs
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/crtar
	rm -f $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_crtar
	rm -f $(patsubst %,$(DESTDIR)$(PREFIX)/share/man/man8/%,$(notdir $(wildcard Documentation/man/*.8)))
	rm -f $(patsubst %,$(DESTDIR)$(PREFIX)/share/man/man1/%,$(notdir $(wildcard Documentation/man/*.1)))

clean:
	rm -rf $(B)

-include $(shell find $(B)/obj $(B)/fobj -name '*.d' 2>/dev/null)

.PHONY: all deps deps-user demo check soak kernel kernel-test kernel-lint kernel-dropin kernel-kasan install-dkms guests check-kernel bench bench-kernel rooms install uninstall clean works tests-build fuzzers
.SECONDARY:
.DELETE_ON_ERROR:
