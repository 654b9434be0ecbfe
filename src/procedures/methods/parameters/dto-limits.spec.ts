import { dtoLimits } from './dto-limits.js';

describe('what rules say of values', () => {
  const rule = (name: string, ...constraints: unknown[]) => ({ name, constraints, each: false });

  it('is told in the words of JSON Schema', () => {
    const rules = [rule('min', 1), rule('max', 5), rule('isInt')];
    expect(dtoLimits(rules)).toEqual({ minimum: 1, maximum: 5, multipleOf: 1 });
    expect(dtoLimits([rule('minLength', 1), rule('maxLength', 5)])).toEqual({ minLength: 1, maxLength: 5 });
    expect(dtoLimits([rule('isLength', 2, undefined)])).toEqual({ minLength: 2 });
    expect(dtoLimits([rule('isIn', ['a', 1, true])])).toEqual({ enum: ['a', 1, true] });
    expect(dtoLimits([rule('isEnum', { A: 'a' }, ['a'])])).toEqual({ enum: ['a'] });
  });

  it('is nothing when there are no words for it', () => {
    expect(dtoLimits([])).toBeUndefined();
    expect(dtoLimits([rule('isEmail', {}), { each: false }])).toBeUndefined();
    expect(dtoLimits([{ ...rule('max', 3), each: true }])).toBeUndefined();
    expect(dtoLimits([rule('min', new Date()), rule('isIn', [1n])])).toBeUndefined();
  });
});
