import { SessionAnswers } from './session-answers.js';
import { SessionRequests } from './session-requests.js';
import { SessionsAnywhere } from './sessions-anywhere.js';
import { StreamFront } from './stream-front.js';
import { StreamMiddleware } from './stream.middleware.js';

export const STREAMS_PROVIDERS = [
  SessionAnswers,
  SessionRequests,
  SessionsAnywhere,
  StreamFront,
  StreamMiddleware,
];
