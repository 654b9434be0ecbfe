import { loadSettings } from '../../config/loading/load-settings.js';
import { ServiceSecret } from '../service-secret.js';
import { targetOf } from './target.js';

const SECRET = 'a secret of kittens'.replaceAll(' ', '-');
const secret = new ServiceSecret(loadSettings({ procedures: { secret: SECRET } }).procedures!);

describe('the URL of a call', () => {
  it.each([
    ['/', '', { path: '/', name: 'web_root', hasSecret: false }],
    ['/meow', '', { path: '/meow', name: 'meow', hasSecret: false }],
    ['/meow/and/more?x', '', { path: '/meow/and/more?x', name: 'meow', hasSecret: false }],
    ['/meow?x', '', { path: '/meow?x', name: 'meow?x', hasSecret: false }],
    ['//meow', '', { path: '//meow', name: 'web_root', hasSecret: false }],
    [`/${SECRET}`, '', { path: '/', name: 'web_root', hasSecret: true }],
    [`/${SECRET}/`, '', { path: '/', name: 'web_root', hasSecret: true }],
    [`/${SECRET}/meow`, '', { path: '/meow', name: 'meow', hasSecret: true }],
    ['/rpc/meow', '/rpc', { path: '/meow', name: 'meow', hasSecret: false }],
    [`/rpc/${SECRET}/meow`, '/rpc', { path: '/meow', name: 'meow', hasSecret: true }],
    [`/${SECRET}/rpc/meow`, '/rpc', undefined],
    [`/${SECRET}/${SECRET}/meow`, '', undefined],
    [`/meow/${SECRET}`, '', undefined],
    [`/${SECRET}x`, '', undefined],
    [`/${SECRET}?x`, '', undefined],
    ['/meow', '/rpc', undefined],
    ['/rpc', '/rpc', undefined],
    ['/rpcmeow', '/rpc', undefined],
    ['*', '', undefined],
    ['', '', undefined],
    ['http://host/meow', '', undefined],
  ])('names a procedure, or is not served: %s below "%s"', (url, prefix, target) => {
    expect(targetOf(url, prefix, secret)).toEqual(target);
  });
});
