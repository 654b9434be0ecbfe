/** The bytes of a POST request. */
export function post(path, mediaType, body, headers = '') {
  const bytes = Buffer.from(body);
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\n${headers}Content-Type: ${mediaType}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** The bytes of a request of the app, which knows the key: what strangers listen to is published by somebody. */
export function publish(publications) {
  const key = 'Authorization: Bearer bench-key-0123456789-0123456789-0123\r\n';
  return post('/publish', 'application/json', JSON.stringify(publications), key);
}
