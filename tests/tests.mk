# SPDX-License-Identifier: MIT
# Tests, fuzzing, measurements, the demo, installing. Included by the Makefile.

JOBS    ?= $(shell nproc)
SAN_FLAGS := -fsanitize=address,undefined -fno-omit-frame-pointer
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer
FUZZ_SECONDS ?= 4
PROVE   := prove -Itests/e2e -j3
# Less optimized is built sooner; gcc then believes in formats that there are not.
SANITIZED := $(MAKE) -s -j$(JOBS) BUILD=$(BUILD)/san SAN="$(SAN_FLAGS)" CFLAGS="-O1 -g -Wno-format-truncation" WERROR=-Werror

# --- examples and the programs of the e2e tests -----------------------------------------------------------------------

PROGRAM_SRC := $(sort $(wildcard examples/*.c examples/*.cc tests/e2e/programs/*.c tests/e2e/programs/*.cc tests/bench/*.c))
PROGRAM_BIN := $(addprefix $(BUILD)/,$(basename $(filter-out %_plugin.c,$(PROGRAM_SRC))))
# What is true of a program is true of it however it was compiled: once more, without optimization.
PLAIN_BIN   := $(patsubst %,$(BUILD)/%-O0,$(basename $(wildcard examples/escape_*.c examples/escape_*.cc)))
PLUGIN_BIN  := $(patsubst %.c,$(BUILD)/%.so,$(filter %_plugin.c,$(PROGRAM_SRC)))

programs: $(PROGRAM_BIN) $(PLAIN_BIN) $(PLUGIN_BIN)

$(BUILD)/examples/% $(BUILD)/tests/e2e/programs/% $(BUILD)/tests/bench/%: PROGRAM_FLAGS = -I. -O2 -g -Wall -Wextra -Wno-use-after-free -Wno-alloc-size-larger-than -pthread
$(PLUGIN_BIN): $(BUILD)/%.so: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_FLAGS) -fPIC -shared -o $@ $<
define program_rules
$(BUILD)/$(1)/%: $(1)/%.c
	@mkdir -p $$(@D)
	$$(call say,PROG,$$<)
	$$(Q)$$(CC) $$(PROGRAM_FLAGS) -o $$@ $$< -ldl -lm
$(BUILD)/$(1)/%-O0: $(1)/%.c
	@mkdir -p $$(@D)
	$$(call say,PROG,$$@)
	$$(Q)$$(CC) $$(PROGRAM_FLAGS) -o $$@ $$< -ldl -lm
$(BUILD)/$(1)/%-O0: $(1)/%.cc
	@mkdir -p $$(@D)
	$$(call say,PROG,$$@)
	$$(Q)$$(CXX) -std=gnu++20 $$(PROGRAM_FLAGS) -o $$@ $$< -ldl
$(BUILD)/$(1)/%: $(1)/%.cc
	@mkdir -p $$(@D)
	$$(call say,PROG,$$<)
	$$(Q)$$(CXX) -std=gnu++20 $$(PROGRAM_FLAGS) -o $$@ $$< -ldl
endef
$(foreach d,examples tests/e2e/programs tests/bench,$(eval $(call program_rules,$(d))))
$(foreach p,$(PROGRAM_BIN),$(if $(findstring /conformance_,$(p)),$(p))): tests/e2e/programs/conformance.h

# What makes the feel benchmark's database is built of the tool's own parts.
FEEL_DB := $(BUILD)/tests/bench/feel/feel_db
programs: $(FEEL_DB)
$(FEEL_DB): $(sort $(wildcard tests/bench/feel/*.c)) $(wildcard tests/bench/feel/*.h) $(BUILD)/libculprit-tool.a
	@mkdir -p $(@D)
	$(call say,PROG,$@)
	$(Q)$(CC) $(filter-out -MMD -MP,$(TOOL_FLAGS)) -o $@ $(filter %.c %.a,$^) $(TOOL_LIBS)

# --- unit tests: tests/unit/test_*.c, one cmocka program each, under the sanitizers -----------------------------------

UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libculprit-tool.a
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(TOOL_FLAGS) -Wno-missing-prototypes -o $@ $< $(BUILD)/libculprit-tool.a $(TOOL_LIBS) -lcmocka
# The shim's parts without its hooks, so that the test's own heap stays out of it.
SHIM_PARTS := $(filter-out $(BUILD)/shim/preload/hook_%.o $(BUILD)/shim/preload/start.o,$(SHIM_OBJ))
$(BUILD)/unit/test_preload_%: tests/unit/test_preload_%.c $(SHIM_PARTS)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(COMMON) -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -Wno-missing-prototypes -o $@ $< $(SHIM_PARTS) \
	  -lcmocka -lm -lpthread -ldl
unit: $(UNIT_BIN)
-include $(UNIT_BIN:=.d)

# --- fuzzing: tests/fuzz/fuzz_*.c, libFuzzer programs -----------------------------------------------------------------

FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/libculprit-tool.a
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(CC) $(TOOL_FLAGS) -Wno-missing-prototypes $(subst fuzzer-no-link,fuzzer,$(SAN)) -o $@ $< \
	  $(BUILD)/libculprit-tool.a $(TOOL_LIBS)
fuzzers: $(FUZZ_BIN)
build-fuzzers:
	$(Q)$(MAKE) -s -j$(JOBS) BUILD=$(BUILD)/clang CC=clang SAN="$(FUZZ_FLAGS)" CFLAGS="-O1 -g" fuzzers

fuzz: build-fuzzers
	$(Q)CULPRIT_FUZZ_SECONDS=$(or $(filter-out 4,$(FUZZ_SECONDS)),600) CULPRIT_BUILD=$(BUILD) $(PROVE) -v tests/fuzz/fuzz.t

# --- check ------------------------------------------------------------------------------------------------------------

# Those of the terminal wait most of the time: they run beside those that compute.
WAITING := $(sort $(wildcard tests/tui/*.t))
TESTS := tests/lint/cppcheck.t tests/unit/unit.t tests/fuzz/fuzz.t \
         $(shell printf '%s\n' $(sort $(wildcard tests/e2e/*.t)) | awk -v waiting='$(WAITING)' 'BEGIN { n = split(waiting, w) } \
           NR % 2 && at < n { print w[++at] } { print } END { while (at < n) print w[++at] }')

check-build:
	$(Q)$(MAKE) -s -j$(JOBS) all programs
	$(Q)$(SANITIZED) all unit
	$(Q)$(MAKE) build-fuzzers

lint:
	$(Q)$(MAKE) -s -j$(JOBS) all
	$(Q)CULPRIT_BUILD=$(BUILD) $(PROVE) -Q $(filter-out tests/lint/cppcheck.t,$(sort $(wildcard tests/lint/*.t)))

check: lint check-build
	$(Q)CULPRIT_FUZZ_SECONDS=$(FUZZ_SECONDS) CULPRIT_BUILD=$(BUILD) $(PROVE) $(TESTS)

# Everything of check, with every loop far longer: minutes of fuzzing a decoder, hundreds of kills, every byte flipped.
check-long: lint check-build
	$(Q)CULPRIT_LONG=1 CULPRIT_FUZZ_SECONDS=300 CULPRIT_BUILD=$(BUILD) $(PROVE) $(TESTS)

# --- measurements -----------------------------------------------------------------------------------------------------

bench bench-quick: all programs
	$(Q)CULPRIT_BUILD=$(BUILD) perl -Itests/e2e tests/bench/bench.pl $(if $(filter bench-quick,$@),--quick)

# --- demo, packages, installing ---------------------------------------------------------------------------------------

demo:
	$(Q)tests/deps demo
	$(Q)$(MAKE) -s -j$(JOBS) all
	$(Q)examples/demo.sh $(BUILD)

deps:
	$(Q)tests/deps check

INSTALL := install -D
BIN := $(DESTDIR)$(PREFIX)/bin
INCLUDE := $(DESTDIR)$(PREFIX)/include
LIB := $(DESTDIR)$(PREFIX)/lib/culprit
DOC := $(DESTDIR)$(PREFIX)/share/doc/culprit
MAN := $(DESTDIR)$(PREFIX)/share/man
MAN_PAGES := $(sort $(wildcard man/*.[1-8]))

install: all
	$(Q)$(INSTALL) -m 755 $(BUILD)/culprit $(BIN)/culprit
	$(Q)$(INSTALL) -m 755 $(BUILD)/libculprit.so $(LIB)/libculprit.so
	$(Q)$(INSTALL) -m 644 include/culprit.h $(INCLUDE)/culprit.h
	$(Q)for f in $(wildcard README.md LICENSE trace/FORMAT.md analyzer/store/schema.sql docs/*.md); do \
	  $(INSTALL) -m 644 $$f $(DOC)/$$(basename $$f) || exit 1; done
	$(Q)for f in $(MAN_PAGES); do $(INSTALL) -m 644 $$f $(MAN)/man$${f##*.}/$$(basename $$f) || exit 1; done

uninstall:
	rm -f $(BIN)/culprit $(LIB)/libculprit.so $(INCLUDE)/culprit.h
	for f in $(MAN_PAGES); do rm -f $(MAN)/man$${f##*.}/$$(basename $$f); done
	rm -rf $(DOC)
	-rmdir $(LIB) 2> /dev/null

.PHONY: programs unit fuzzers build-fuzzers fuzz check-build lint check check-long bench bench-quick demo deps install uninstall
