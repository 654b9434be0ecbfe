import { ConfigurationError } from '../../configuration-error.js';
import { loadSettings } from '../../loading/load-settings.js';

function problemsOf(parameters: readonly string[]): readonly string[] {
  try {
    loadSettings({ procedures: { remote: { add: { url: 'http://app/add', parameters } } } });
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

describe('the parameters of a remote procedure', () => {
  it.each([[[]], [['a', 'b:int', 'c?', 'd:str?', '*e', '*f?', '*g']]])('may be %j', (parameters) => {
    expect(problemsOf(parameters)).toEqual([]);
  });

  it.each([
    [['a', 'b', 'a:int'], '"a"'],
    [['a', '*a'], '"a"'],
  ])('%j have a name twice', (parameters, found) => {
    expect(problemsOf(parameters)).toEqual([
      `procedures.remote.add.parameters: found ${found}, expected each name once`,
    ]);
  });

  it.each([
    [['a?', 'b:int'], '"b:int"'],
    [['a', '*b', 'c'], '"c"'],
    [['*b', 'c?'], '"c?"'],
  ])('%j are not in order', (parameters, found) => {
    expect(problemsOf(parameters)).toEqual([
      expect.stringContaining(`parameters: found ${found}, expected those`),
    ]);
  });
});
