/** The message that a subscriber of the gateway gets, so that the peers send as many bytes. */
export function message(subscription, data) {
  const now = `${new Date().toISOString().slice(0, -1)}000+00:00`;
  return { event: 'message', subscription, data, received_at: now, queue_size: 0, sent_at: now };
}
