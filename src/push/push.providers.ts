import { ApiKeys } from './api-keys.js';
import { ClientRequests } from './client-requests.js';
import { ConnectionAnswers } from './connection-answers.js';
import { HistoryAnswers } from './history-answers.js';
import { PresenceAnswers } from './presence-answers.js';
import { PresenceInProcess } from './presence-in-process.js';
import { PresenceReading } from './presence-reading.js';
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
