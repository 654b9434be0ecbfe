import { RedisClusterMap } from './cluster-map.js';
import { RedisClusterView } from './cluster-view.js';

const NODES = `
1a 127.0.0.1:7001@17001,host-1 myself,master - 0 0 1 connected 0-99 200 [93->-2b]
2b 127.0.0.1:7002@17002 master - 0 0 2 connected 100-199
3c 127.0.0.1:7003@17003 master - 0 0 3 connected 201-16383
4d 127.0.0.1:7004@17004 slave 1a 0 0 1 connected
5e 127.0.0.1:7005@17005 master,fail - 0 0 4 disconnected
`;

describe('what a server says of its Cluster', () => {
  it('names the slots of which it is the primary', () => {
    const view = RedisClusterView.read(NODES);
    expect([0, 93, 99, 100, 199, 200, 201].map((slot) => view.owns(slot))).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  it('names none when it is a replica', () => {
    const view = RedisClusterView.read(NODES.replace('myself,', '').replace(' slave', ' myself,slave'));
    expect(view.owns(0)).toBe(false);
  });

  it.each([
    ['all', NODES, false],
    ['most', NODES.replace('2b 127.0.0.1:7002@17002 master', '2b 127.0.0.1:7002@17002 master,fail'), false],
    ['one of three', NODES.replaceAll(' master', ' master,fail?'), true],
  ])('shows whether it is cut off when it reaches %s of the primaries with slots', (_, nodes, isCutOff) => {
    expect(RedisClusterView.read(nodes).isCutOff).toBe(isCutOff);
  });

  it('shows which server has a slot, be it one that does not know its host', () => {
    const map = RedisClusterMap.read(
      [
        [0, 99, ['10.0.0.1', 7001, '1a', []], ['10.0.0.4', 7004, '4d', []]],
        [100, 100, [null, 7002, '2b', []]],
        [101, 200, ['fd00::3', 7003, '3c', []]],
      ],
      'redis.internal',
    );
    expect([0, 99, 100, 200, 201].map((slot) => map.primaryOf(slot))).toEqual([
      '10.0.0.1:7001',
      '10.0.0.1:7001',
      'redis.internal:7002',
      '[fd00::3]:7003',
      undefined,
    ]);
    expect(map.servers).toEqual(['10.0.0.1:7001', '10.0.0.4:7004', 'redis.internal:7002', '[fd00::3]:7003']);
  });
});
