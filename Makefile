# evenkeel: every job of the project. 'make help' lists them; CI calls only these.
SHELL := /bin/bash
PREFIX ?= /usr/local
DESTDIR ?=
TOOLS := envlock dockwatch dockprune restartgate composecheck
SCRIPTS := $(shell grep -rlE '^\#!.*\b(ba)?sh' scripts packaging .ci) scripts/lib.bash scripts/engine.d/kinds.bash scripts/bench.d/samples.bash

.DEFAULT_GOAL := help
.PHONY: help build test e2e soak clean-test-env lint fmt demo bench audit generate check-generated install uninstall clean

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

build: ## Build the tools, quickly (target/release)
	cargo build --release --workspace --exclude evenkeel-hook --bins

test: ## Run every test on a private Docker engine and print the summary
	scripts/test

demo: build ## Watch the tools at work on a real PostgreSQL and Redis
	scripts/demo

e2e: build ## Run the reference stack's end-to-end test through scripts/evenkeel
	scripts/e2e

soak: build ## Measure parallel, killed test runs without evenkeel and with it (SOAK="--runners 3 --rounds 1")
	scripts/soak $(SOAK)

.PHONY: soak-week
soak-week: build ## Play a team's week without evenkeel and with it, and count what the engine shows (WEEK="--minutes 60 --seed N")
	scripts/soak.d/week $(WEEK)

clean-test-env: build ## Remove every test environment that is not in use, running or not
	target/release/dockprune --label netra.env=test --older-than 0s --include-running --volumes

# The features of "make test": with others, cargo would build everything twice.
lint: ## Check format, clippy, shell scripts, direct Compose calls, man pages, links and spelling
	@scripts/need shellcheck mandoc
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	shellcheck -x -P SCRIPTDIR $(SCRIPTS)
	scripts/lint.d/direct-compose
	mandoc -T lint -W error man/*.1
	cargo test -q --workspace --all-features --test site links
	$$(scripts/tool typos)

.PHONY: site test-pages test-docs
site: ## Build the documentation site (target/site)
	$$(scripts/tool mdbook) build docs

test-pages: site ## Look at the site on a narrow screen and in dark mode, in headless Chromium (Debian)
	scripts/platforms/site-pages

test-docs: ## Follow 'Your own project in five minutes' in a fresh root with the package of a release (VERSION) (Debian, as root)
	scripts/platforms/follow-docs target/release-$(VERSION)/evenkeel_$(VERSION)_$$(dpkg --print-architecture).deb

.PHONY: lint-ci
lint-ci: ## Check the workflows and action.yml with actionlint and zizmor (installs both into the cache)
	scripts/lint.d/workflows

fmt: ## Format the code
	cargo fmt --all

bench: dist ## Measure the tools beside their peers, judge them and write the page of the site; 1 where a bar is missed
	scripts/dist evenkeel-tests
	scripts/bench

audit: ## Check licences, advisories and unused dependencies (installs cargo-deny and cargo-machete)
	command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	command -v cargo-machete >/dev/null || cargo install --locked cargo-machete
	cargo deny check bans licenses sources
	cargo machete

generate: ## Write man pages, completions and the site's manual from the command definitions
	EVENKEEL_GENERATE=1 cargo test -q --workspace --all-features --test generated

check-generated: ## Fail where man pages, completions or the site's manual are stale
	cargo test -q --workspace --all-features --test generated

.PHONY: test-stress test-static test-engines test-cgroup-v2 test-report-page pictures test-windows check-macos
test-stress: ## Run every test in 5 rounds beside busy CPUs, on engines with half of them, in random order (ROUNDS=5)
	scripts/test.d/stress --rounds $(or $(ROUNDS),5)

test-static: ## Run every test as the tools are installed: linked statically with musl
	scripts/need musl-gcc=musl-tools
	CC_$(shell uname -m)_unknown_linux_musl=musl-gcc scripts/test --target $(shell uname -m)-unknown-linux-musl

test-engines: ## Run the engine tests on Docker 20 to 28 and Podman, one after the other (Debian, as root)
	scripts/platforms/test-engines

test-cgroup-v2: ## Run the engine tests in a virtual machine with cgroup v2 (ARGS="dockwatch figures::") (Debian, as root)
	scripts/platforms/cgroup-v2 $(ARGS)

test-report-page: ## Test the page of 'dockwatch report' in Chromium (Debian, as root)
	scripts/platforms/report-page

pictures: ## Save pictures of that page in target/pictures, and renew the one in docs (Debian, as root)
	scripts/platforms/report-page --pictures target/pictures

test-windows: ## Build for Windows and run what is portable under Wine (Debian, as root)
	scripts/platforms/windows-wine test --no-fail-fast -p evenkeel-common -p evenkeel-envlock -p evenkeel-composecheck

check-macos: ## Type-check for macOS (Debian, as root)
	scripts/platforms/windows-wine check-macos -p evenkeel-common -p evenkeel-envlock -p evenkeel-composecheck

.PHONY: fuzz
SECONDS := 60
fuzz: ## Run every fuzz target, SECONDS each (SECONDS=600)
	SECONDS_EACH=$(SECONDS) scripts/test.d/fuzz

.PHONY: mutants
mutants: ## Count which small changes of the decision modules their unit tests find (installs cargo-mutants)
	scripts/test.d/mutants $(MODULES)

.PHONY: model
model: ## Check the model of the lifecycle's protocol in all its scenarios, and show what each guard prevents
	cargo test -p evenkeel-model -- --include-ignored --nocapture --test-threads=1

.PHONY: release test-packages image
release: ## Build archives, packages, checksums and SBOM (VERSION=x.y.z; RELEASE=--dry-run makes no tag) (Debian, as root)
	scripts/release $(RELEASE) $(VERSION)

test-packages: ## Install, upgrade, remove and purge the packages of a release in fresh roots (Debian, as root)
	scripts/platforms/packages $(VERSION)

image: ## Build the container image of a release on the engine of DOCKER_HOST
	scripts/platforms/container-image $(VERSION)

.PHONY: dist
dist: ## Build the tools as they are installed: static on Linux (target/dist)
	scripts/dist

COMPLETED := $(TOOLS) evenkeel
LIB = $(DESTDIR)$(PREFIX)/lib/evenkeel
# Where the programs to install are; packages of other targets have their own.
BIN := target/dist
install: dist install-files ## Install the tools, evenkeel, man pages and completions under PREFIX (/usr/local)
	# The locks of all users. A package runs evenkeel-setup when it is installed.
	[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || scripts/evenkeel-setup

.PHONY: install-files
SHARE = $(DESTDIR)$(PREFIX)/share
COMPLETIONS = $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
# No options of GNU's install and sed: macOS runs it too. An archive (PREFIX=) is installed somewhere later.
install-files:
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/man/man1 $(LIB)/evenkeel.d $(LIB)/docker-shim $(LIB)/cron $(COMPLETIONS)
	install -m 755 $(TOOLS:%=$(BIN)/%) scripts/evenkeel-setup $(DESTDIR)$(PREFIX)/bin
	install -m 755 scripts/evenkeel $(LIB)
	install -m 644 scripts/evenkeel.d/* $(LIB)/evenkeel.d
	install -m 755 scripts/docker-shim/* $(LIB)/docker-shim
	for file in scripts/cron/*; do sed 's|/usr/local/bin/|$(or $(PREFIX),/usr/local)/bin/|' $$file >$(LIB)/cron/$${file##*/}; done
	ln -sfn ../lib/evenkeel/evenkeel $(DESTDIR)$(PREFIX)/bin/evenkeel
	install -m 644 man/*.1 $(SHARE)/man/man1
	for tool in $(COMPLETED); do \
	  install -m 644 completions/$$tool.bash $(SHARE)/bash-completion/completions/$$tool; \
	  install -m 644 completions/$$tool.zsh $(SHARE)/zsh/site-functions/_$$tool; \
	  install -m 644 completions/$$tool.fish $(SHARE)/fish/vendor_completions.d/$$tool.fish; \
	done

uninstall: ## Remove what 'make install' put there, but not /var/lib/evenkeel, whose locks may be held
	rm -rf $(LIB)
	rm -f $(COMPLETED:%=$(DESTDIR)$(PREFIX)/bin/%) $(DESTDIR)$(PREFIX)/bin/evenkeel-setup $(patsubst man/%,$(DESTDIR)$(PREFIX)/share/man/man1/%,$(wildcard man/*.1))
	rm -f $(COMPLETED:%=$(DESTDIR)$(PREFIX)/share/bash-completion/completions/%)
	rm -f $(COMPLETED:%=$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_%)
	rm -f $(COMPLETED:%=$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/%.fish)

clean: ## Remove build output and the private engine
	scripts/engine down
	cargo clean
