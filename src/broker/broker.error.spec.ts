import { brokerError, faultText } from './broker.error.js';

describe('what a fault says', () => {
  it('is the message of each address that was tried, when none answers', () => {
    const fault = new AggregateError([
      new Error('connect ECONNREFUSED ::1:1'),
      new Error('connect ETIMEDOUT 10.0.0.1:1'),
    ]);
    expect(faultText(fault)).toBe('connect ECONNREFUSED ::1:1, connect ETIMEDOUT 10.0.0.1:1');
  });

  it('is all that a broker error has of it', () => {
    const fault = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['s3cret'] } });
    const error = brokerError(fault, 'cannot publish');
    expect(error.message).toBe('cannot publish: WRONGPASS');
    expect(error.cause).toBeUndefined();
  });
});
