import { ApiKeys } from './api-keys.js';
import { HistoryAnswers } from './history-answers.js';
import { PublishIntake } from './publish.intake.js';
import { Pushes } from './pushes.js';
import { TriggerIntake } from './trigger.intake.js';

export const PUSH_PROVIDERS = [ApiKeys, HistoryAnswers, PublishIntake, Pushes, TriggerIntake];
