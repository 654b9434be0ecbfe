import { AllowedOrigins } from './allowed-origins.js';
import { Replies } from './replies.js';

export const ENDPOINTS_PROVIDERS = [AllowedOrigins, Replies];
