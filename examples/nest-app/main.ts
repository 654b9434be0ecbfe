import { createApp } from './app.js';

/** `PLATFORM=fastify` runs the same app on Fastify; without it, Nest's default is Express. */
const app = await createApp(process.env.PLATFORM === 'fastify' ? 'fastify' : 'express');
await app.listen(process.env.PORT ?? 3000);
