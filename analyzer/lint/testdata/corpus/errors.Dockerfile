# check=error=true
FROM debian:12 AS Unused
RUN --mount=type=bind,from=late,target=/late true

FROM debian:12
CMD server
