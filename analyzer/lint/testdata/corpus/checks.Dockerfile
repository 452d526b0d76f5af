# syntax=docker/dockerfile:1
# check=skip=MaintainerDeprecated
ARG BASE
ARG PLATFORM=linux/amd64
FROM --platform=$TARGETPLATFORM debian:12 as Build
MAINTAINER me@example.com
ENV api_key secret
WORKDIR rel
RUN echo \

  done
COPY $undefined /x
CMD server
CMD ["server"]

FROM --platform=linux/amd64 ${BASE} AS build
# check=skip=WorkdirRelativePath
WORKDIR rel
Expose 127.0.0.1:80:80/TCP
# check=skip=all
WORKDIR other
ENTRYPOINT server $port

FROM scratch AS context
COPY --from=build / /
