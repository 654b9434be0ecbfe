import type { IncomingMessage } from 'node:http';
import { HeaderForwarding } from './handshake.js';

const request = (url: string, headers: Record<string, string> = {}): IncomingMessage =>
  ({ url, headers }) as unknown as IncomingMessage;

describe('what is forwarded of a handshake', () => {
  it("is High-Templar's by default", () => {
    const forwarding = new HeaderForwarding({});
    const headers = {
      cookie: 'sessionid=abc; csrftoken="C1"; other=x',
      'user-agent': 'agent/1.0',
      'x-real-ip': '192.0.2.7',
      host: 'gateway',
      origin: 'http://other.example',
      authorization: 'Bearer of-the-client',
      'x-forwarded-for': '192.0.2.8',
    };
    expect(forwarding.headersOf(request('/ws/?token=T1&x=2', headers))).toEqual({
      cookie: 'sessionid=abc; csrftoken="C1"; other=x',
      'user-agent': 'agent/1.0',
      'x-real-ip': '192.0.2.7',
      'x-csrftoken': 'C1',
      authorization: 'Token T1',
    });
  });

  it('leaves out headers of which a part is missing or empty', () => {
    expect(new HeaderForwarding({}).headersOf(request('/ws/?token=', { cookie: '' }))).toEqual({});
  });

  it('can be named, fixed, made from a template, replaced and left out', () => {
    const forwarding = new HeaderForwarding({
      'X-Session-Token': '{query.session_token}',
      Referer: 'http://app.example/',
      'X-Who': '{header.X-Name}/{cookie.sid}',
      Authorization: 'Bearer {query.jwt}',
      'User-Agent': '',
    });
    const headers = { 'x-name': 'Ann', cookie: 'sid=7', 'user-agent': 'agent' };
    expect(forwarding.headersOf(request('/ws/?session_token=S&jwt=J', headers))).toEqual({
      cookie: 'sid=7',
      'x-session-token': 'S',
      referer: 'http://app.example/',
      'x-who': 'Ann/7',
      authorization: 'Bearer J',
    });
  });

  it.each(['%0d%0aX-Evil:%201', '%00', '%E2%82%AC'])('leaves out a header that %s would break', (value) => {
    expect(new HeaderForwarding({}).headersOf(request(`/ws/?token=${value}`))).toEqual({});
  });
});
