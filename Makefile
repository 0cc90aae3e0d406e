# The commands of this project; `make help` lists them. Each installs by itself, from Debian's
# packages, what it needs and the machine lacks.
.DEFAULT_GOAL := help
DB ?= postgres
export DB

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9 -]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: fast-start force-stop
fast-start: ## install, build, and run it all on 8080, Ctrl+C stops (DB=embedded: no PostgreSQL)
	@scripts/fast-start.sh
force-stop: ## stop what a fast-start left
	@scripts/force-stop.sh

.PHONY: build clean
build: ## build the programs into build/
	@scripts/install-deps.sh build
	@scripts/build.sh build balancer test-backend
clean: ## remove the build directories (the data of fast-start in .run/ stays)
	rm -rf build build-*

.PHONY: test test-asan test-tsan test-split fuzz bench bench-users
test: ## build and run every test
	@scripts/test.sh build $(CMAKE_OPTIONS)
test-asan: ## the tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/test.sh build-asan -DBALANCER_SANITIZE=address,undefined \
	  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1'
test-tsan: ## the tests with ThreadSanitizer
	@scripts/test.sh build-tsan -DBALANCER_SANITIZE=thread
test-split: ## redirect 1000 requests and print the shares
	@scripts/install-deps.sh build split
	@scripts/build.sh build balancer
	@scripts/test-split.py
fuzz: ## fuzz every parser for FUZZ_SECONDS (20)
	@scripts/fuzz.sh
bench: ## measure beside nginx and HAProxy
	@scripts/install-deps.sh bench
	@scripts/bench/run.py
bench-users: ## measure a backend on PostgreSQL straight, through this balancer, nginx and HAProxy
	@scripts/install-deps.sh bench postgres
	@scripts/bench-users/run.py

.PHONY: run-one-thread run-four-threads test-one-thread test-four-threads test-20k
run-one-thread run-four-threads: ## the balancer with 1 or 4 workers over backends that take 200 ms
	@scripts/install-deps.sh ping
	@scripts/build.sh build balancer test-backend
	@scripts/ping/kit.py run $(if $(findstring one,$@),1,4)
test-one-thread test-four-threads: ## the same under wrk with 20,000 connections
	@scripts/install-deps.sh ping
	@scripts/build.sh build balancer test-backend
	@scripts/ping/kit.py wrk $(if $(findstring one,$@),1,4)
test-20k: ## 20,000 connections that offer 20,000 requests a second in all
	@scripts/install-deps.sh ping
	@scripts/build.sh build balancer test-backend
	@scripts/ping/kit.py open

.PHONY: lint format
lint: ## clang-format, clang-tidy and shellcheck, as errors
	@scripts/lint.sh
format: ## rewrite the sources as .clang-format says
	@scripts/install-deps.sh lint
	find cmd internal test-backend tests scripts -name '*.[ch]pp' -exec clang-format -i {} +

.PHONY: migration-up migration-down migration-status migration-create
migration-up: ## apply the missing migrations to the database of fast-start, or to that of PG_HOST
	@scripts/migration.sh up
migration-down: ## take back the last migration
	@scripts/migration.sh down
migration-status: ## tell which migrations are applied
	@scripts/migration.sh status
migration-create: ## make a new pair of migration files: NAME=add_owner
	@scripts/migration.sh create "$$NAME"

.PHONY: docker-build
docker-build: ## build the image `balancer`
	docker build -t balancer .
