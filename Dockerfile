# Builds the container from its sources: docker build -t salesloft-integration .
FROM maven:3-eclipse-temurin-25 AS build
WORKDIR /build
COPY pom.xml ./
COPY src/main src/main
# Such as -Pwithout-vault, for an image without the client of a token store (docs/token-stores.md).
ARG MAVEN_ARGS
# The libraries stay in a cache of the builder's, not in a layer.
RUN --mount=type=cache,target=/root/.m2 mvn -q -B package -Dmaven.test.skip=true \
    && java -Djarmode=tools -jar target/salesloft-integration.jar extract --layers --destination layers

FROM eclipse-temurin:25-jre
WORKDIR /app
# The commit is a part of the release that /health shows: docker build --build-arg COMMIT=$(git rev-parse --short HEAD) ...
ARG COMMIT=unknown
ENV GIT_COMMIT_ID_ABBREV=$COMMIT
# An event in JSON a line, for whatever collects logs; empty: lines for people.
ENV LOGGING_STRUCTURED_FORMAT_CONSOLE=ecs
RUN groupadd --system --gid 10001 container && useradd --system --uid 10001 --gid 10001 --home-dir /app container && chown container:container /app
COPY --from=build /build/layers/dependencies/ /build/layers/snapshot-dependencies/ /build/layers/application/ ./
# Mount your own over these: what the container does, and what differs between installations.
COPY application.yaml ./
COPY routes routes
# The checklist looks whether alerts are there; take them to Prometheus from here, too.
COPY deploy/prometheus deploy/prometheus
USER 10001:10001
# Starts it once without a database and keeps what the JVM has read and linked, which takes a third off every later start.
# The run ends by its time-out; that it made the cache is what counts. Same files, JVM and collector as below, or the cache is not used.
RUN DATABASE_URL=jdbc:postgresql://localhost:1/none SALESLOFT_API_KEY=none SALESLOFT_API_URL=http://localhost:1 \
    timeout 40 java -XX:AOTCacheOutput=app.aot -XX:+UseG1GC -Dspring.flyway.enabled=false -jar salesloft-integration.jar > /dev/null; \
    test -s app.aot
EXPOSE 8080 8081
# Needs bash and grep, which every Debian or Ubuntu has, and no JVM.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["bash", "-c", "exec 3<>/dev/tcp/localhost/${MANAGEMENT_PORT:-8081} && printf 'GET /actuator/health/readiness HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '\"UP\"' <&3"]
# Half of the container's memory for the heap; the rest is for threads, classes and buffers, and for the process that the checklist starts. Without memory it ends and is
# started again, rather than going on with threads missing.
ENTRYPOINT ["java", "-XX:AOTCache=app.aot", "-XX:+UseG1GC", "-XX:MaxRAMPercentage=50", "-XX:+ExitOnOutOfMemoryError", "-jar", "salesloft-integration.jar"]
