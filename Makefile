# The two that matter: `make demo` and `make test`. Both work on a fresh Debian that has Rust.

CARGO ?= cargo
KILLS ?= 1000
DEVICES ?= 2000
MINUTES ?= 15
# Signs packages; made where there is none. Keep it: whoever trusts your packages trusts this key.
KEY ?= dist/builder.pem
# Of `make mutants`: one file that decides; all where it is empty.
FILE ?=
# Of `make screenshots`: where the four of the documents go; nowhere where it is empty.
IMAGES ?=

# Where `make install` puts the program (DESTDIR stands before it, for packages), and which one.
PREFIX ?= /usr/local
DESTDIR ?=
PROGRAM ?= target/release/intune-connector

.PHONY: build install uninstall deb package-test help demo test bench lint campaign fuzz package advisories clients accessibility screenshots mutants prerequisites test-prerequisites cargo-deny cargo-mutants

help:
	@echo 'make demo           devices of a simulated tenant flow to three management servers (Ctrl-C ends it)'
	@echo 'make test           all tests'
	@echo 'make build          the program, in target/release'
	@echo 'make install        what make build made, below PREFIX (/usr/local), with unit, manual pages and completions'
	@echo 'make uninstall      removes it again; settings and data stay'
	@echo 'make deb            the same as a Debian package, in dist (docs/INSTALL.md)'
	@echo 'make package-test   installs, runs, upgrades and purges the package on a bare Debian 12 (root, network)'
	@echo 'make bench          speed and memory, as ratios to a bare walk over the same pages; the pace of actions, app orders and targets; many tenants in one bus; how soon a change is told; webhooks beside a dead one'
	@echo 'make lint           formatting, clippy, links of the docs, licences and sources of dependencies'
	@echo 'make campaign KILLS=N   kill -9 of the running bus N times in each of four campaigns: nothing may be lost, nothing be done twice'
	@echo 'make fuzz MINUTES=N     what strangers write (XML, templates, conditions, packages …), N minutes a reader'
	@echo 'make mutants FILE=PATH  changes the files that decide (or one of them), one place at a time: unit tests have to notice; hours'
	@echo 'make package KEY=FILE   the product as dist/intune-connector-VERSION.zip, signed by the key in FILE'
	@echo 'make advisories     known weaknesses of dependencies (needs the network)'
	@echo "make clients        Microsoft's and other people's clients against the simulated tenant, and clients generated from docs/openapi.json (needs Python, Node, the network)"
	@echo 'make accessibility  every page of the console by the rules of axe-core, in both themes, on desk and phone, and by keyboard alone (needs the network once)'
	@echo 'make screenshots    every page of the console, light, dark and on a phone, in target/screenshots; IMAGES=docs/images renews those of the documents'

prerequisites:
	@installer/prerequisites.sh

# The tests run a real gateway (nginx) and real inventories (PostgreSQL, OCS Inventory) as well.
test-prerequisites:
	@installer/prerequisites.sh tests

build: prerequisites
	$(CARGO) build --locked --release

# Builds nothing: root need not have Rust.
install:
	@PROGRAM='$(PROGRAM)' PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' installer/install.sh

uninstall:
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' installer/uninstall.sh

deb: build
	@installer/prerequisites.sh deb
	@PROGRAM='$(PROGRAM)' installer/build-deb.sh

package-test: prerequisites
	@installer/prerequisites.sh package-test
	@tests/package/run.sh

demo: prerequisites
	$(CARGO) run --locked -- demo --devices $(DEVICES)

# Ends with what `cargo test` says. Nothing is asked outside this machine: each bus, and each client that a test builds, would
# read the authorities that the machine trusts. (A command that goes to a bus by plain HTTP reads none.)
test: test-prerequisites
	SSL_CERT_FILE=$(CURDIR)/tests/fixtures/no-authorities.pem $(CARGO) test --locked --workspace

# Targets write into real inventories here as well.
bench: test-prerequisites
	$(CARGO) build --locked --release
	$(CARGO) bench --locked

# Sabotage lives in the executable of the campaign itself: the product has none.
campaign: prerequisites
	KILLS=$(KILLS) $(CARGO) test --locked --test crash --test crash_actions --test crash_orders --test crash_targets
	KILLS=$(KILLS) $(CARGO) test --locked --test it -- sics::webhook_kills
	PROPTEST_RNG_SEED=$$(date +%s) $(CARGO) test --locked --workspace --lib
	PROPTEST_RNG_SEED=$$(date +%s) $(CARGO) test --locked --test it -- settings::properties security::histories

# Coverage-guided, with the compiler that is there: a package of its own, so that no test builds it.
fuzz: prerequisites
	tests/fuzz/run.sh $(MINUTES)

lint: prerequisites cargo-deny
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) doc --locked --workspace --no-deps --document-private-items
	$(CARGO) deny --locked check bans licenses sources
	$(CARGO) metadata --locked --manifest-path tests/fuzz/Cargo.toml --format-version 1 >/dev/null

package: prerequisites
	$(CARGO) build --locked
	mkdir -p dist
	test -e $(KEY) || target/debug/intune-connector products keygen $(KEY)
	target/debug/intune-connector products pack --key $(KEY) --out dist

advisories: prerequisites cargo-deny
	@$(CARGO) deny --locked fetch db || { echo 'make advisories: the database of known weaknesses can not be fetched.' >&2; \
		echo '  try: where github.com can be reached; a proxy is taken from https_proxy' >&2; exit 1; }
	$(CARGO) deny --locked check --disable-fetch advisories

cargo-deny:
	@$(CARGO) deny --version >/dev/null 2>&1 || $(CARGO) install cargo-deny --locked || \
		{ echo 'make: cargo-deny is missing and could not be installed: check the network' >&2; exit 1; }

# The list of files and what it runs stands in .cargo/mutants.toml; what it finds, in target/mutants.out.
mutants: prerequisites cargo-mutants
	$(CARGO) mutants --no-shuffle --output target $(if $(FILE),--file $(FILE))

cargo-mutants:
	@$(CARGO) mutants --version >/dev/null 2>&1 || $(CARGO) install cargo-mutants --locked || \
		{ echo 'make: cargo-mutants is missing and could not be installed: check the network' >&2; exit 1; }

clients: prerequisites
	$(CARGO) build --locked
	tests/clients/run.sh

accessibility: prerequisites
	@installer/prerequisites.sh accessibility
	$(CARGO) build --locked
	tests/accessibility/run.sh

screenshots: prerequisites
	@installer/prerequisites.sh screenshots
	$(CARGO) build --locked
	tests/screenshots/run.py target/debug/intune-connector target/screenshots $(IMAGES)
