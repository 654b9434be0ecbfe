export { fakeClock, type FakeClock } from './fake-clock.js';
export type { Authenticate } from './fake-gateway.js';
export { fakeServer, type FakeServer } from './fake-server.js';
export type { TopicAnswer } from './fake-topic.js';
