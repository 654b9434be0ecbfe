/** The reply to a client when the app could not be asked. */
export const SERVICE_UNAVAILABLE = { code: 'service_unavailable', text: 'Service unavailable.' } as const;

/** The reply to a client after a defect of the gateway or the app; the connection is closed after it. */
export const UNHANDLED_EXCEPTION = { code: 'internal_error', text: 'Unhandled exception.' } as const;
