ARG TAG
FROM debian:$TAG
RUN make
