# One image per workspace; its program listens on PORT:
# docker build --target service --build-arg WORKSPACE=@bff/catalog --build-arg FOLDER=services/catalog --build-arg PORT=4101 .
FROM node:24.21.0-bookworm-slim AS base
WORKDIR /repo
ENV TURBO_TELEMETRY_DISABLED=1

# Build tools; nothing from here reaches an image except what is copied.
FROM base AS workshop
COPY . .
RUN npm ci --ignore-scripts

FROM workshop AS pruned
ARG WORKSPACE
RUN npx turbo prune "$WORKSPACE" --docker

FROM workshop AS client
RUN npm run build -w apps/web

FROM base AS service
ARG FOLDER
ARG PORT
ENV NODE_ENV=production HOST=0.0.0.0 LIVE_URL=http://127.0.0.1:$PORT/livez
COPY --from=pruned /repo/out/json/ .
RUN npm ci --omit=dev --ignore-scripts
COPY --from=pruned /repo/out/full/ .
COPY scripts/answers.ts scripts/
RUN install -d -o node -g node "/repo/$FOLDER/.data"
USER node
WORKDIR /repo/$FOLDER
# Not /readyz: restarting unhealthy containers would kill a process that is stopping or overloaded.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=5 CMD node /repo/scripts/answers.ts "$LIVE_URL"
CMD ["node", "src/main.ts"]

FROM service AS web-bff
COPY --from=client /repo/apps/web/dist /repo/apps/web/dist
ENV WEB_ROOT=/repo/apps/web/dist
