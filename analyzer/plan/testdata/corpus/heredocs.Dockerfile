# syntax=docker/dockerfile:1.7-labs
FROM debian:12 AS base
RUN <<EOT bash -ex
apt-get update
apt-get install -y curl
EOT
COPY <<-"EOF" /etc/motd
	hello $USER
	EOF
RUN cat <<A && cat <<B
a
A
b
B
