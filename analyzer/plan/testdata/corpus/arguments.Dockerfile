ARG TAG
FROM alpine:${TAG:-3.22} AS base
ARG UID=1000 GID=$UID
ARG TARGETPLATFORM
ENV A=1 B="$A two" C='single $A'
USER $UID:${GID:-0}
WORKDIR rel/$A
RUN --network=none --security=sandbox --mount=type=ssh,id=default \
  echo $TARGETPLATFORM ${A:+set} ${MISSING:-default}
COPY --from=docker.io/library/busybox:1 --chmod=0755 /bin/busybox /bin/
LABEL a=b c="d e"
