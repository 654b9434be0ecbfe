import * as common from '@nestjs/common';
import * as testing from '@nestjs/testing';
import * as kittiwake from 'kittiwake';
import * as kittiwakeTesting from 'kittiwake/testing';
import { Guide } from './support/guide.js';

const PACKAGES = {
  '@nestjs/common': common,
  '@nestjs/testing': testing,
  kittiwake,
  'kittiwake/testing': kittiwakeTesting,
};

describe('the guide of the module has', () => {
  const guide = new Guide(['docs/nest/testing.md']);

  it('snippets that fit the types', () => {
    expect(guide.ambiguous).toEqual([]);
    expect(guide.faults()).toEqual([]);
  });

  it.each(guide.tests)('tests that pass: $file', async (snippet) => {
    await guide.runTests(snippet, PACKAGES);
  });
});
