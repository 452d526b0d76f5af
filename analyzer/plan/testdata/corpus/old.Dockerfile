from ubuntu
MAINTAINER someone <someone@example.com>
ENV key value with spaces
run apt-get update && \
    # a comment between

    apt-get install -y \
      git

ADD http://example.com/file.tar.gz /opt/
ADD https://github.com/moby/buildkit.git#v0.1.0 /src
ONBUILD ADD . /app
VOLUME /data /logs
STOPSIGNAL SIGTERM
SHELL ["/bin/bash", "-c"]
ENTRYPOINT exec top
