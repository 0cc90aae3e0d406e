# The balancer, and test-backend beside it for docker-compose.yml.
#   make docker-build
#   docker run -d --rm -v "./config/config.yaml:/root/config/config.yaml" -p 8080:8080 balancer

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/install-deps.sh scripts/install-deps.sh
RUN scripts/install-deps.sh build
COPY . .
RUN scripts/build.sh build -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF balancer test-backend

FROM debian:bookworm-slim
COPY scripts/install-deps.sh /tmp/install-deps.sh
RUN /tmp/install-deps.sh runtime && rm -rf /tmp/install-deps.sh /var/lib/apt/lists/*
# The configuration is read from /root/config/config.yaml, by a user who is not root.
RUN useradd --system --home-dir /root --no-create-home --shell /usr/sbin/nologin balancer \
    && mkdir -p /root/config && chmod 755 /root /root/config && chown balancer: /root
COPY --from=build /src/build/cmd/balancer/balancer /src/build/test-backend/test-backend /usr/local/bin/
COPY scripts/healthcheck.sh /usr/local/bin/healthcheck
USER balancer
WORKDIR /root
EXPOSE 8080 8090
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s CMD ["healthcheck", "8090", "/healthz"]
ENTRYPOINT ["balancer"]
