#!/bin/sh
# Brings to a Debian 12 or 13 what building, running (`up`), testing (`test`), trying clients of four languages (`clients`) and
# judging manifests (`kubernetes`, all but kubectl) need, and nothing that is there already.
# Packages come by apt, as root or through sudo, in the distribution's own version of each: PostgreSQL 15 and OpenJDK 17,
# or 17 and 21. Apache Kafka comes by Maven into .run/kafka/libs, the tests' Python packages by pip into .run/venv; their
# versions are locked in kafka/pom.xml, kafka/libs.sha256 and requirements-test.txt.
# Safe to repeat and to interrupt.
set -eu
cd "$(dirname "$0")/.."
run=$PWD/.run

# What to look for, and the package that has it. A name is a command, a path is a file.
up_needs='
gcc                                     gcc
/usr/include/stdio.h                    libc6-dev
make                                    make
pkg-config                              pkg-config
/usr/include/librdkafka/rdkafka.h       librdkafka-dev
/usr/include/postgresql/libpq-fe.h      libpq-dev
/usr/include/jansson.h                  libjansson-dev
/usr/include/microhttpd.h               libmicrohttpd-dev
/usr/include/sodium.h                   libsodium-dev
/usr/include/*/curl/curl.h              libcurl4-openssl-dev
/usr/lib/postgresql/*/bin/postgres      postgresql
java                                    default-jre-headless
mvn                                     maven
kcat                                    kcat
curl                                    curl
/usr/bin/python3                        python3
/usr/lib/python3/dist-packages/yaml     python3-yaml
/etc/ssl/certs/ca-certificates.crt      ca-certificates
'
test_needs='
/usr/include/cmocka.h                   libcmocka-dev
clang-format                            clang-format
cppcheck                                cppcheck
wrk                                     wrk
chromium                                chromium
chromedriver                            chromium-driver
/usr/lib/python3*/ensurepip             python3-venv
systemd-analyze                         systemd
'

clients_needs='
go                                      golang-go
javac                                   default-jdk-headless
node                                    nodejs
npm                                     npm
'

kubernetes_needs='
go                                      golang-go
'

say() { echo "setup: $*"; }
die() { say "$*" >&2; exit 1; }

# Runs a command and shows what it says only if it fails. What it may leave running does not keep the lock of alone.sh.
quietly() {
	log=$(mktemp)
	"$@" >"$log" 2>&1 9>&- || { tail -n 20 "$log" >&2; die "failed: $*"; }
	rm -f "$log"
}

# Prints the packages of a table whose command or file is not there.
missing() {
	echo "$1" | while read -r what package; do
		case $what in
		'') continue ;;
		/*) set -- $what; [ -e "$1" ] && continue ;;
		*) command -v "$what" >/dev/null && continue ;;
		esac
		echo "$package"
	done
}

install_packages() {
	packages=$(missing "$1" | tr '\n' ' ')
	[ -n "$packages" ] || return 0
	command -v apt-get >/dev/null || die "this needs Debian 12 or 13, or these by other means: $packages"
	if [ "$(id -u)" = 0 ]; then as_root=env
	elif command -v sudo >/dev/null; then as_root='sudo env'
	else die "as root, first: apt-get update && apt-get install --no-install-recommends $packages"
	fi
	say "installing $packages"
	apt="$as_root DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0"
	quietly $apt update
	case $packages in
	*'postgresql '*)
		# Without a cluster of Debian's own, which would run beside ours.
		quietly $apt install -y --no-install-recommends postgresql-common
		quietly $as_root sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' \
			/etc/postgresql-common/createcluster.conf
		;;
	esac
	quietly $apt install -y --no-install-recommends $packages
}

# What is made in .run appears whole or not at all.
fetch_kafka() {
	libs=$run/kafka/libs
	cmp -s scripts/kafka/libs.sha256 "$libs/libs.sha256" &&
		(cd "$libs" && sha256sum --status --strict -c libs.sha256) 2>/dev/null && return 0
	say "fetching Apache Kafka into .run/kafka/libs"
	fresh=$run/kafka/libs.new
	rm -rf "$fresh"
	mkdir -p "$fresh"
	quietly mvn -B -ntp -f scripts/kafka/pom.xml dependency:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory="$fresh"
	cp scripts/kafka/libs.sha256 "$fresh/"
	(cd "$fresh" && sha256sum --quiet --strict -c libs.sha256) ||
		die 'Apache Kafka came, but is not what scripts/kafka/libs.sha256 says'
	rm -rf "$libs"
	mv "$fresh" "$libs"
}

make_venv() {
	venv=$run/venv
	cmp -s scripts/requirements-test.txt "$venv/requirements-test.txt" && [ -x "$venv/bin/prometheus" ] && return 0
	say "making .run/venv with the tests' Python packages"
	rm -rf "$venv"
	/usr/bin/python3 -m venv "$venv"
	quietly "$venv/bin/python" -m pip install --disable-pip-version-check --no-deps -r scripts/requirements-test.txt
	install_prometheus "$venv/bin"
	cp scripts/requirements-test.txt "$venv/"
}

# Prometheus and promtool alone, out of Debian's packages: promtool has had one of its own since Debian 13. Installed whole,
# Prometheus would run as a monitoring server from now on.
install_prometheus() {
	fresh=$(mktemp -d)
	for package in prometheus promtool; do
		(cd "$fresh" && apt-get -qq download "$package" && dpkg-deb -x ./"$package"_*.deb .) 2>/dev/null || :
	done
	mv "$fresh/usr/bin/prometheus" "$fresh/usr/bin/promtool" "$1/" 2>/dev/null ||
		die 'apt-get could not download prometheus: as root, first: apt-get update'
	rm -rf "$fresh"
}

# Judges of manifests and Dockerfiles, apart from the tests' packages: they insist on other versions of some.
make_judges() {
	judges=$run/kubernetes
	cmp -s scripts/requirements-kubernetes.txt "$judges/requirements-kubernetes.txt" && return 0
	say "making .run/kubernetes with kubernetes-validate, checkov, hadolint and kube-score"
	rm -rf "$judges"
	/usr/bin/python3 -m venv "$judges"
	quietly "$judges/bin/python" -m pip install --disable-pip-version-check --no-deps -r scripts/requirements-kubernetes.txt
	quietly env GOBIN="$judges/bin" go install github.com/zegl/kube-score/cmd/kube-score@v1.20.0
	cp scripts/requirements-kubernetes.txt "$judges/"
}

level=${1:-}
case $level in
up) needs=$up_needs ;;
test) needs="$up_needs$test_needs" ;;
clients) needs="$up_needs$test_needs$clients_needs" ;;
kubernetes) needs="$up_needs$test_needs$kubernetes_needs" ;;
*) die 'usage: setup.sh up|test|clients|kubernetes' ;;
esac
[ ! -e "$run" ] || [ -w "$run" ] || die "$run belongs to somebody else"
install_packages "$needs"
umask 077 # what is in .run is its owner's alone
mkdir -p "$run"
fetch_kafka
[ "$level" = up ] || make_venv
[ "$level" != kubernetes ] || make_judges
