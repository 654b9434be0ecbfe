/** The callbacks of a service about a subscription, by their names in the configuration, in the order of its life. */
export const CALLBACK_KINDS = [
  'authorizer',
  'onGap',
  'beforeSubscribe',
  'onSubscribe',
  'onMessage',
  'beforeUnsubscribe',
  'onUnsubscribe',
  'onAuthorizationChange',
  'onHeartbeat',
  'onLifecycle',
] as const;

/** Those about the end of a subscription, in their order. */
export const END_KINDS = ['beforeUnsubscribe', 'onUnsubscribe'] as const;

/** See {@link CALLBACK_KINDS}. */
export type CallbackKind = (typeof CALLBACK_KINDS)[number];
