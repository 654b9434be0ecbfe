import { ApiKeys } from './api-keys.js';
import { ClientRequests } from './client-requests.js';
import { ConnectionAnswers } from './reading/connection-answers.js';
import { HistoryAnswers } from './reading/history-answers.js';
import { PresenceAnswers } from './reading/presence-answers.js';
import { PresenceInProcess } from './reading/presence-in-process.js';
import { PresenceReading } from './reading/presence-reading.js';
import { PublishIntake } from './publish.intake.js';
import { Pushes } from './pushes.js';
import { TriggerIntake } from './trigger.intake.js';

export const PUSH_PROVIDERS = [
  ApiKeys,
  ClientRequests,
  ConnectionAnswers,
  HistoryAnswers,
  PresenceAnswers,
  PresenceInProcess,
  PresenceReading,
  PublishIntake,
  Pushes,
  TriggerIntake,
];
