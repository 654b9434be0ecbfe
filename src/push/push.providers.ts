import { ApiKeys } from './api-keys.js';
import { PublishIntake } from './publish.intake.js';
import { Pushes } from './pushes.js';
import { TriggerIntake } from './trigger.intake.js';

export const PUSH_PROVIDERS = [ApiKeys, PublishIntake, Pushes, TriggerIntake];
