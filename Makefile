# Terukur. `make up` sets up and starts everything on this machine; `make test` sets up and proves it.
# `make help` lists the rest.

CC = gcc
PYTHON ?= python3
B ?= build
PKGS = rdkafka libpq jansson libmicrohttpd libsodium libcurl
WARN = -Wall -Wextra -Wformat=2 -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types -Werror=int-conversion
HARDEN = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-clash-protection -fstack-protector-strong -fcf-protection=full \
	-ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks -fno-strict-overflow -fPIE
OPT ?= -O2 -g $(HARDEN)
LINK ?= -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,nodlopen,-z,separate-code
CFLAGS += -std=gnu17 -D_GNU_SOURCE $(OPT) $(WARN) $(WERROR) -ffile-prefix-map=$(CURDIR)=. -MMD -MP -Ishared \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LDLIBS += -Wl,--as-needed $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread

SERVICES = intake scoring notification reporting gateway
PROGRAMS = $(SERVICES) admin
LIB = $(B)/libterukur.a

all: $(PROGRAMS:%=$(B)/%) $(B)/event-check

LIB_OBJECTS = $(patsubst %.c,$(B)/%.o,$(wildcard shared/*.c))
$(LIB): $(LIB_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

# A program is its folder's sources, what it borrows from another service's pure middle, and the library.
sources = $(patsubst %.c,$(B)/%.o,$(wildcard services/$(1)/*.c))
admin_more = $(B)/services/admin/migrations.o $(filter-out %/main.o,$(call sources,scoring))
gateway_more = $(B)/services/gateway/assets.o

define program
$(B)/$(1): $$(call sources,$(1)) $$($(1)_more) $(LIB)
	@echo "  LD $$@"
	@$$(CC) $$(OPT) $$(LINK) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

$(B)/event-check: $(B)/tests/event_check.o $(LIB)
	@$(CC) $(OPT) $(LINK) -o $@ $^ $(LDLIBS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CFLAGS) $(if $(filter services/%,$<),-I$(dir $<)) -Iservices/scoring -c -o $@ $<

# What programs carry in themselves.
MIGRATIONS = $(sort $(wildcard schemas/sql/*.sql))
$(B)/services/admin/migrations.S: $(MIGRATIONS) scripts/embed.sh
	@mkdir -p $(@D)
	@sh scripts/embed.sh -t migrations $@ $(MIGRATIONS)

$(B)/openapi.json: schemas/bundle.py schemas/openapi.yaml $(wildcard schemas/topics/*.json)
	@mkdir -p $(@D)
	@$(PYTHON) schemas/bundle.py > $@.new && mv $@.new $@

$(B)/services/gateway/assets.S: $(B)/openapi.json $(wildcard services/gateway/web/*) scripts/embed.sh
	@mkdir -p $(@D)
	@sh scripts/embed.sh $@ openapi_json=$(B)/openapi.json style_css=services/gateway/web/style.css

$(B)/%.o: $(B)/%.S
	@$(CC) $(OPT) -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)
