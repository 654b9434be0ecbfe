# Kittiwake alone: configure it with KITTIWAKE_* variables, and with a file that KITTIWAKE_CONFIG names.

FROM node:22-alpine AS build
WORKDIR /kittiwake
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM node:22-alpine AS dependencies
WORKDIR /kittiwake
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:22-alpine
# A container has an address of its own; what is published of it is decided outside. The port for operators, 9001, is on
# its loopback until KITTIWAKE_OPERATORS_HOST says otherwise.
ENV NODE_ENV=production \
    KITTIWAKE_HOST=0.0.0.0
WORKDIR /kittiwake
COPY --from=dependencies /kittiwake/node_modules ./node_modules
COPY --from=build /kittiwake/dist ./dist
COPY package.json ./
USER node
EXPOSE 9000 9001
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.KITTIWAKE_PORT || 9000) + '/health/ready').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/server/main.js"]
