# Kittiwake alone: configure it with KITTIWAKE_* variables, and with a file that KITTIWAKE_CONFIG names.

FROM node:24-alpine AS build
WORKDIR /kittiwake
COPY package.json package-lock.json ./
COPY client/package.json ./client/
RUN npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY client ./client
COPY src ./src
RUN npm run build

FROM node:24-alpine AS dependencies
WORKDIR /kittiwake
COPY package.json package-lock.json ./
COPY client/package.json ./client/
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-alpine
# A container has an address of its own; what is published of it is decided outside. The port for operators, 9001, is on
# its loopback until KITTIWAKE_OPERATORS_HOST says otherwise.
ENV NODE_ENV=production \
    KITTIWAKE_HOST=0.0.0.0
WORKDIR /kittiwake
COPY --from=dependencies /kittiwake/node_modules ./node_modules
COPY --from=build /kittiwake/dist ./dist
COPY --from=build /kittiwake/client/dist ./client/dist
COPY package.json ./
# The command: `docker exec CONTAINER kittiwake status`.
RUN ln -s /kittiwake/dist/cli/main.js /usr/local/bin/kittiwake && chmod +x dist/cli/main.js
# The user `node`, by number: Kubernetes' runAsNonRoot knows no names.
USER 1000:1000
EXPOSE 9000 9001
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "dist/server/health-check.js"]
CMD ["node", "dist/server/main.js"]
