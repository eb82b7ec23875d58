# syntax=docker/dockerfile:1
# One image for the api, the worker and the migration job: they differ in their command alone.

FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY apps apps
COPY libs libs
COPY migrations migrations
COPY scripts scripts
COPY test test
COPY bench bench
RUN npm run build && rm -rf dist/test dist/bench && find dist -name '*spec.js*' -delete

FROM node:24-bookworm-slim AS dependencies
WORKDIR /src
COPY package.json package-lock.json ./
# The optional packages are an embedded database and another Node: neither has a place in here.
RUN npm ci --ignore-scripts --omit=dev --omit=optional --no-audit --no-fund

FROM node:24-bookworm-slim
# Owned by root and written by nobody: the process cannot change its own code, and the file system may be mounted read-only.
WORKDIR /app
COPY package.json ./
COPY migrations migrations
# What libraries read at run time beside their code.
COPY libs/fraud/models libs/fraud/models
COPY --from=dependencies /src/node_modules node_modules
COPY --from=build /src/dist dist
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 WORKER_PORT=3001
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 3000 3001
# Node is process 1 and takes SIGTERM itself: it ends its requests and then itself.
STOPSIGNAL SIGTERM
CMD ["node", "--enable-source-maps", "dist/apps/api/src/main.js"]
