/** What a service may be asked or told about a subscription, by its name in configuration, in the order of a life. */
export const CALLBACK_KINDS = [
  'authorizer',
  'beforeSubscribe',
  'onSubscribe',
  'onMessage',
  'beforeUnsubscribe',
  'onUnsubscribe',
  'onAuthorizationChange',
  'onHeartbeat',
] as const;

/** See {@link CALLBACK_KINDS}. */
export type CallbackKind = (typeof CALLBACK_KINDS)[number];
