# check=experimental=all;error=true
# a comment
FROM debian:12 AS base
# another
ARG VERSION=1
CMD server
