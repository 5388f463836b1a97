# Terukur. `make up` sets up and starts everything on this machine; `make test` sets up and proves it.
# `make help` lists the rest.

B ?= build
CC = gcc
# Debian's own: it has the packages that scripts/setup.sh installs, whatever else is first on PATH.
PYTHON = /usr/bin/python3
VENV = .run/venv/bin/python
# Those of a Python from elsewhere, for the same reason.
unexport PYTHONHOME PYTHONPATH
PKGS = rdkafka libpq jansson libmicrohttpd libsodium libcurl
WARN = -Wall -Wextra -Wformat=2 -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types -Werror=int-conversion
HARDEN = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-clash-protection -fstack-protector-strong -fcf-protection=full \
	-ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks -fno-strict-overflow -fPIE
SANITIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
OPT ?= -O2 -g $(HARDEN)
LINK ?= -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,nodlopen,-z,separate-code
CFLAGS += -std=gnu17 -D_GNU_SOURCE $(OPT) $(WARN) $(WERROR) "-ffile-prefix-map=$$PWD=." -MMD -MP -Ishared $(tests_include) \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LDLIBS += -Wl,--as-needed $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread

# The table of services names them; a word, an open bracket and a name begin a row.
rows = $(shell sed -n 's/^$(1).\([a-z]*\),.*/\1/p' shared/service/services.def)
SERVICES := $(call rows,SERVICE)
PROGRAMS := $(SERVICES) $(call rows,COMMAND)
LIB = $(B)/libterukur.a
C_FILES = $(wildcard shared/*/*.[ch] services/*/*.[ch] tests/*.[ch] tests/*/*.[ch])

.PHONY: all up down clean test clients check unit bench bless format compose install help
.PHONY: up-alone clean-alone test-programs clients-programs bench-programs
.PHONY: kubernetes kubernetes-tools cluster cluster-programs screenshots screenshots-tools
# What tests ask the library itself, and a client for what no ordinary one sends: tests/a_b.c is build/a-b.
TOOLS = event-check db-check bus-check raw-produce
all: $(PROGRAMS:%=$(B)/%) $(TOOLS:%=$(B)/%)

# The two commands. Two of a checkout at once do not build, start and stop beneath each other: see scripts/alone.sh.

up:
	@sh scripts/alone.sh 'make up' $(MAKE) --no-print-directory up-alone
up-alone:
	@sh scripts/setup.sh up
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@$(PYTHON) scripts/stack.py up $(if $(EMPTY),--empty)

down:
	@sh scripts/alone.sh 'make down' $(PYTHON) scripts/stack.py down

clean:
	@sh scripts/alone.sh --removing 'make clean' $(MAKE) --no-print-directory clean-alone
clean-alone:
	@$(PYTHON) scripts/stack.py clean
	@rm -rf build

test:
	@sh scripts/alone.sh 'make test' $(MAKE) --no-print-directory test-programs
	@sh scripts/alone.sh --using 'make test' $(VENV) tests/run.py
test-programs:
	@sh scripts/setup.sh test
	@$(MAKE) --no-print-directory -j$$(nproc) WERROR=-Werror all unit-programs

clients:
	@sh scripts/alone.sh 'make clients' $(MAKE) --no-print-directory clients-programs
	@sh scripts/alone.sh --using 'make clients' $(VENV) -m pytest -q -p table tests/clients
clients-programs:
	@sh scripts/setup.sh clients
	@$(MAKE) --no-print-directory -j$$(nproc) all

kubernetes:
	@sh scripts/alone.sh 'make kubernetes' $(MAKE) --no-print-directory kubernetes-tools
	@sh scripts/alone.sh --using 'make kubernetes' $(VENV) -m pytest -q tests/k8s/test_manifests.py
kubernetes-tools:
	@sh scripts/setup.sh kubernetes

cluster:
	@sh scripts/alone.sh 'make cluster' $(MAKE) --no-print-directory cluster-programs
	@sh scripts/alone.sh --using 'make cluster' $(VENV) -m pytest -q -x tests/k8s/test_cluster.py
cluster-programs:
	@sh scripts/setup.sh test

bench:
	@sh scripts/alone.sh 'make bench' $(MAKE) --no-print-directory bench-programs
	@sh scripts/alone.sh --using 'make bench' $(VENV) tests/bench/bench.py $(BENCH)
bench-programs:
	@sh scripts/setup.sh test
	@$(MAKE) --no-print-directory -j$$(nproc) all $(B)/bare

screenshots: up
	@sh scripts/alone.sh 'make screenshots' $(MAKE) --no-print-directory screenshots-tools
	@sh scripts/alone.sh --using 'make screenshots' $(VENV) tests/browser/screenshots.py docs/pages
screenshots-tools:
	@sh scripts/setup.sh test

help:
	@echo "make up [EMPTY=1]  set up and start everything here, with the demo city; again: start what is not running"
	@echo "make down          stop it             make clean   forget it"
	@echo "make test          set up and prove it"
	@echo "make clients       try the official SDKs of four languages, generated clients and docs/connect.md"
	@echo "make kubernetes    judge the manifests and the Dockerfiles  CRDS=folder of the operators' CRDs"
	@echo "make cluster       try the overlay dev on the one-node cluster of KUBECONFIG"
	@echo "make bench         measure it          BENCH='--events 300000 --history 0'"
	@echo "make screenshots   make the pictures in docs/pages anew, of the demo city that make up runs"
	@echo "make all           build the programs into build/"
	@echo "make unit-programs build the unit tests with the sanitizers into build/asan/unit"
	@echo "make install       install it for systemd   DESTDIR=/tmp/root PREFIX=/usr"
	@echo "make check         formatting and static analysis"
	@echo "make compose       write into docker-compose.yml what the table of services says"
	@echo "make bless         rewrite what the golden tests want; read the diff before you commit it"
	@echo "make format        put every C file into the house format"

# The library and the programs. A program is its folder's sources, what it carries in itself, and the library.

LIB_OBJECTS = $(patsubst %.c,$(B)/%.o,$(wildcard shared/*/*.c))
$(LIB): $(LIB_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

sources = $(patsubst %.c,$(B)/%.o,$(wildcard services/$(1)/*.c))
admin_more = $(B)/services/admin/migrations.o
gateway_more = $(B)/services/gateway/assets.o $(B)/services/gateway/web_files.o

define program
$(B)/$(1): $$(call sources,$(1)) $$($(1)_more) $(LIB)
	@echo "  LD $$@"
	@$$(CC) $$(OPT) $$(LINK) -o $$@ $$^ $$(LDLIBS)
$(B)/lib$(1).a: $$(filter-out %/main.o,$$(call sources,$(1))) $$($(1)_more)
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

define tool
$(B)/$(1): $(B)/tests/$(subst -,_,$(1)).o $$(LIB)
	@$$(CC) $$(OPT) $$(LINK) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call tool,$(t))))

# What /metrics says of itself; in an image there is no git, and REVISION is given.
REVISION ?= $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)
$(B)/shared/service/service.o: CFLAGS += -DREVISION='"$(REVISION)"'

# For which schema the programs are: the newest migration that they need. One that only takes away what they do without
# (see HACKING.md) is none.
MIGRATIONS = $(sort $(wildcard schemas/sql/*.sql))
$(B)/schema_level: $(MIGRATIONS)
	@mkdir -p $(@D)
	@basename "$$(grep -L '^-- contract:' $(MIGRATIONS) | sort | tail -n 1)" | sed 's/_.*//' >$@.new
	@cmp -s $@.new $@ || cp $@.new $@
$(B)/shared/db/db_schema.o: $(B)/schema_level
$(B)/shared/db/db_schema.o: CFLAGS += -DSCHEMA_LEVEL='"$(shell cat $(B)/schema_level)"'

# What the gateway is measured beside: nothing of the library is in it.
$(B)/bare: $(B)/tests/bench/bare.o
	@$(CC) $(OPT) $(LINK) -o $@ $^ $(LDLIBS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CFLAGS) -c -o $@ $<

# What messages say in the same words as the pages.
SAID = services/gateway/web/words
$(B)/services/notification/said.inc: $(SAID).id $(SAID).en
	@mkdir -p $(@D)
	@for l in ID EN; do sed -n "s/^rating\.\([A-Z]*\) = \(.*\)/[RATING_IS_\1][LANGUAGE_$$l] = \"\2\",/p" \
		$(SAID).$$(echo $$l | tr A-Z a-z); done >$@.new && mv $@.new $@
$(B)/services/notification/wording.o: $(B)/services/notification/said.inc
$(B)/services/notification/wording.o: CFLAGS += -I$(B)/services/notification

# What programs carry in themselves.
$(B)/services/admin/migrations.S: $(MIGRATIONS) scripts/embed.sh
	@mkdir -p $(@D)
	@sh scripts/embed.sh -t migrations $@ $(MIGRATIONS)

$(B)/openapi.json: schemas/bundle.py schemas/openapi.yaml $(wildcard schemas/topics/*.json)
	@mkdir -p $(@D)
	@$(PYTHON) schemas/bundle.py > $@.new && mv $@.new $@

$(B)/services/gateway/assets.S: $(B)/openapi.json scripts/embed.sh
	@mkdir -p $(@D)
	@sh scripts/embed.sh $@ openapi_json=$(B)/openapi.json

WEB = $(sort $(wildcard services/gateway/web/*))
$(B)/services/gateway/web_files.S: $(WEB) scripts/embed.sh
	@mkdir -p $(@D)
	@sh scripts/embed.sh -t web_files $@ $(WEB)

$(B)/%.o: $(B)/%.S
	@$(CC) $(OPT) -c -o $@ $<

# Unit tests: a program for each tests/unit/*.c, under the sanitizers, with the service whose code it tests.

UNIT = $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
test_feedback_of = notification
test_smtp_of = notification
test_registry_check_of = admin
test_registry_csv_of = admin
test_csv_value_of = admin
test_gateway_of = gateway
test_upstream_of = gateway
test_web_of = gateway
test_admit_of = intake

.PHONY: unit-programs unit-programs-here
unit-programs:
	@$(MAKE) --no-print-directory B=build/asan OPT="$(SANITIZE)" LINK= unit-programs-here
unit-programs-here: $(UNIT:%=$(B)/unit/%)

define unit_program
$(B)/unit/$(1): $(B)/tests/unit/$(1).o $$($(1)_of:%=$(B)/lib%.a) $(LIB)
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	@$$(CC) $$(OPT) -o $$@ $$^ $$(LDLIBS) -lcmocka
$(B)/tests/unit/$(1).o: tests_include = -Iservices
endef
$(foreach t,$(UNIT),$(eval $(call unit_program,$(t))))

bless: unit-programs
	@build/asan/unit/score_golden tests/golden --bless
	@git diff --stat tests/golden

# What the compiler does not see

check:
	@clang-format --dry-run -Werror $(C_FILES) && echo "format: clean"
	@cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
		--suppress=normalCheckLevelMaxBranches \
		--include=/usr/include/jansson.h -j$$(nproc) -Ishared -Iservices shared services tests/unit \
		&& echo "cppcheck: clean"

format:
	@clang-format -i $(C_FILES)

# On this machine, for systemd; DESTDIR stands for /.
PREFIX ?= /usr/local
install: $(PROGRAMS:%=$(B)/%)
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" BUILD="$(B)" sh scripts/install.sh $(SERVICES)

compose:
	@$(PYTHON) scripts/compose.py

-include $(shell find $(B) -name '*.d' 2>/dev/null)
