import { BROKER_WORLDS } from './broker-worlds.js';
import { historyContract } from './history.contract.js';

for (const [name, enter] of Object.entries(BROKER_WORLDS)) historyContract(name, enter);
