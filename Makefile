# SPDX-License-Identifier: MIT
# culprit: `make demo` shows it, `make check` tests it, `make bench` measures it, `make install PREFIX=...` keeps it.

PREFIX  ?= /usr/local
ifeq ($(origin CC),default)
CC      := gcc
endif
Q       := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

BUILD   ?= build
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
CFLAGS  ?= -O2 -g
COMMON   = -std=gnu11 -I. -I$(BUILD)/gen $(WARN) $(WERROR) -MMD -MP
VERSION := 0.1.0
WERROR  ?=
MAKEFLAGS += --no-print-directory

# The shim: no library but libc, everything hidden but the hooks, exceptions may pass through.
SHIM_FLAGS  = $(COMMON) -D_GNU_SOURCE -O2 -g -fPIC -fvisibility=hidden -fexceptions -fasynchronous-unwind-tables -ftls-model=initial-exec \
              -fno-omit-frame-pointer -fno-stack-protector -fcf-protection=none -mgeneral-regs-only
SHIM_LINK  := -shared -Wl,-z,now -Wl,-z,nodelete -Wl,--as-needed -Wl,-soname,libculprit.so

TOOL_FLAGS  = $(COMMON) $(CFLAGS) -DCULPRIT_VERSION='"$(VERSION)"' $(SAN)
TOOL_LIBS  := -lsqlite3 -lzstd -ldw -lelf -liberty -lncursesw -ltinfo -lm -lpthread -ldl

SHIM_SRC := $(sort $(wildcard preload/*.c)) trace/segment.c
LIB_SRC  := $(sort $(wildcard trace/*.c collector/*.c analyzer/*/*.c tui/*.c)) $(BUILD)/gen/schema.c
CLI_SRC  := $(sort $(wildcard cli/*.c))

SHIM_OBJ := $(SHIM_SRC:%.c=$(BUILD)/shim/%.o)
LIB_OBJ  := $(patsubst $(BUILD)/gen/%.c,$(BUILD)/tool/gen/%.o,$(LIB_SRC:%.c=$(BUILD)/tool/%.o))
LIB_OBJ  := $(patsubst $(BUILD)/tool/$(BUILD)/gen/%.o,$(BUILD)/tool/gen/%.o,$(LIB_OBJ))
CLI_OBJ  := $(CLI_SRC:%.c=$(BUILD)/tool/%.o)

all: $(BUILD)/libculprit.so $(BUILD)/culprit

# Refused here rather than half-way through: other machines, other C libraries, missing packages.
NEEDS_HEADERS := sqlite3.h zstd.h elfutils/libdwfl.h libelf.h libiberty/demangle.h ncurses.h libunwind.h
$(BUILD)/platform.ok:
	@mkdir -p $(@D)
	@printf '%s\n' '#include <features.h>' '#if !defined __x86_64__ || !defined __linux__ || !__GLIBC_PREREQ(2, 35)' '#error' '#endif' | \
	  $(CC) -E -x c - > /dev/null 2>&1 || { \
	  echo "culprit runs on x86-64 Linux with glibc 2.35 or later; $(CC) builds for $$($(CC) -dumpmachine)" >&2; exit 1; }
	@for h in $(NEEDS_HEADERS); do echo "#include <$$h>" | $(CC) -E -x c - > /dev/null 2>&1 || { \
	  echo "$$h is missing: \`make deps' installs what the build needs" >&2; exit 1; }; done
	@touch $@
$(SHIM_OBJ) $(LIB_OBJ) $(CLI_OBJ): | $(BUILD)/platform.ok

$(BUILD)/libculprit.so: $(SHIM_OBJ) preload/exports.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(SHIM_LINK) -Wl,--version-script=preload/exports.map -o $@ $(SHIM_OBJ)

$(BUILD)/culprit: $(CLI_OBJ) $(BUILD)/libculprit-tool.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) $(CFLAGS) -o $@ $(CLI_OBJ) $(BUILD)/libculprit-tool.a $(TOOL_LIBS)

# Everything of the tool but main(), for the tool and for the tests.
$(BUILD)/libculprit-tool.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $(LIB_OBJ)

$(BUILD)/shim/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(SHIM_FLAGS) -c -o $@ $<

$(BUILD)/tool/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(TOOL_FLAGS) -c -o $@ $<

$(BUILD)/tool/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(TOOL_FLAGS) -c -o $@ $<

$(BUILD)/gen/schema.c: analyzer/store/schema.sql
	@mkdir -p $(@D)
	$(Q){ echo 'extern const char store_schema[];'; echo 'const char store_schema[] ='; \
	  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' $<; echo ';'; } > $@

clean:
	rm -rf $(BUILD)

-include $(SHIM_OBJ:.o=.d) $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d)
-include tests/tests.mk

.PHONY: all clean
.DELETE_ON_ERROR:
