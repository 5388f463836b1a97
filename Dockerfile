# Every program in one image: the services and the operators' command. The container's command says which runs. The target
# `toolbox` is where operators work.
# hadolint global ignore=DL3008

FROM debian:trixie-slim AS builder
RUN apt-get update \
	&& apt-get install -y --no-install-recommends gcc libc6-dev make pkg-config python3 python3-yaml \
	libcurl4-openssl-dev libjansson-dev libmicrohttpd-dev libpq-dev librdkafka-dev libsodium-dev \
	&& rm -rf /var/lib/apt/lists/* /var/cache/apt/*
WORKDIR /src
COPY Makefile ./
COPY scripts/embed.sh scripts/
COPY schemas schemas
COPY shared shared
COPY services services
# A folder of services/ is a program.
RUN for folder in services/*; do \
		program=build/${folder#*/} \
		&& make -j"$(nproc)" WERROR=-Werror "$program" \
		&& install -D -s -t /out "$program" || exit; \
	done

FROM debian:trixie-slim AS base
RUN apt-get update \
	&& apt-get install -y --no-install-recommends ca-certificates \
	libcurl4t64 libjansson4 libmicrohttpd12t64 libpq5 librdkafka1 libsodium23 \
	&& rm -rf /var/lib/apt/lists/* /var/cache/apt/*
# The directory is what a fresh volume of secrets begins as: its files are listed by their owner alone.
RUN useradd --system --user-group --uid 9100 --no-create-home --home-dir /nonexistent terukur \
	&& install -d -m 0711 -o terukur -g terukur /run/secrets

# Where operators work: the command, and clients of what it speaks with.
FROM base AS toolbox
LABEL org.opencontainers.image.title="Terukur: toolbox" \
	org.opencontainers.image.description="The operators' command, and the clients kcat, psql and curl" \
	org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
	&& apt-get install -y --no-install-recommends curl kcat postgresql-client \
	&& rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY --from=builder /out/admin /usr/local/bin/
COPY docker/toolbox/ /usr/local/bin/
ENV KCAT_CONFIG=/tmp/kcat.conf PGPASSFILE=/tmp/pgpass
USER 9100:9100
ENTRYPOINT ["toolbox.sh"]
CMD ["sleep", "infinity"]

FROM base AS runtime
LABEL org.opencontainers.image.title="Terukur" \
	org.opencontainers.image.description="Appraises a city's civil servants by what they did: the services and the operators' command" \
	org.opencontainers.image.licenses="Apache-2.0"
COPY --from=builder /out/ /usr/local/bin/
COPY docker/services/ /usr/local/bin/
USER 9100:9100
STOPSIGNAL SIGTERM
