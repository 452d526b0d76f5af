ARG NODE=22
ARG VARIANT=-alpine
FROM node:${NODE}${VARIANT} AS deps
WORKDIR /app
COPY package*.json ./
RUN --mount=type=cache,id=npm,sharing=locked,target=/root/.npm npm ci
FROM deps AS build
COPY . .
RUN npm run build
FROM deps AS test
COPY . .
RUN npm test
FROM gcr.io/distroless/nodejs22:nonroot
COPY --from=build --chown=nonroot:nonroot /app/dist /app
USER nonroot
EXPOSE 3000/tcp
HEALTHCHECK --interval=5s CMD ["/nodejs/bin/node", "-e", "0"]
CMD ["/app/index.js"]
