# syntax=docker/dockerfile:1
# One binary with the console embedded, in a small image, as an ordinary user.
#   docker build -t countersign .
#   docker run --name countersign --stop-timeout 30 -p 127.0.0.1:8787:8787 -v countersign:/data \
#     -e COUNTERSIGN_PUBLIC_URL=http://localhost:8787 countersign
# The set-up link is printed on stderr of the first start (`docker logs countersign`), and by
#   docker exec countersign countersign setup-link
#
# Not built by CI, and never tried where it was written: those machines have no container engine.

FROM rust:1.95-bookworm AS builder
WORKDIR /src
RUN rustup target add wasm32-unknown-unknown
COPY . .
RUN cargo xtask release

FROM debian:bookworm-slim
# Roots for https towards MCP servers and identity providers.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 countersign \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin countersign \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=builder /src/target/release/countersign /usr/local/bin/countersign
# The database and the keys lie in `data` of the working folder unless settings say otherwise: in the volume. All of it comes
# from the environment, so that commands by `docker exec` go by the same settings as the server.
WORKDIR /
ENV COUNTERSIGN_LISTEN=0.0.0.0:8787
USER 10001:10001
VOLUME /data
EXPOSE 8787
# There is no curl here. That the database answers is `/readyz`, which is for balancers: another start does not help it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8787 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. 200' <&3"]
ENTRYPOINT ["countersign"]
CMD ["serve"]
