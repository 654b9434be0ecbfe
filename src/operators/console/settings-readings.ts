import { Injectable } from '@nestjs/common';
import { Cluster } from '../../cluster/cluster.js';
import { type EffectiveSetting, effectiveSettings } from '../../config/loading/effective-settings.js';
import { Settings } from '../../config/settings.js';
import { isObject } from '../../protocol/json/json.js';
import { type Gathered, gathered } from '../watch/gathered.js';
import { answered, type ConsoleRoute } from './console-call.js';

const ABOUT = 'console settings';
/** The most that a node tells. */
const MAX_DIFFERENCES = 100;

/** A setting that another node has otherwise; without a source, that node has no such section. */
type Difference = Pick<EffectiveSetting, 'key' | 'value'> & Partial<Pick<EffectiveSetting, 'source'>>;

/** The settings of a node, and what others have otherwise, in its wire form. */
interface ComparedSettings extends Gathered {
  readonly status: 'ok';
  readonly node: string;
  readonly settings: readonly EffectiveSetting[];
  readonly differences: readonly (Difference & { readonly node: string })[];
}

/** Readings of settings: those of this node, and what others have otherwise. Secrets are masked, and not compared. */
@Injectable()
export class SettingsReadings {
  constructor(
    private readonly cluster: Cluster,
    private readonly settings: Settings,
  ) {
    cluster.answer(ABOUT, (question) => this.differing(question));
  }

  get routes(): ConsoleRoute[] {
    return [{ name: 'config', access: 'read', answer: async () => answered(await this.read()) }];
  }

  private async read(): Promise<ComparedSettings> {
    const settings = effectiveSettings(this.settings);
    const question = Object.fromEntries(settings.map(({ key, value }) => [key, textOf(value)]));
    const answers = await this.cluster.ask(ABOUT, question, readDifferences);
    const differences = [...answers.byNode].flatMap(([node, found]) =>
      found.map((one) => ({ node, ...one })),
    );
    return { status: 'ok', node: this.cluster.node, settings, differences, ...gathered(answers) };
  }

  /** @param question the values of the node that asks, as texts, by their keys. */
  private differing(question: unknown): Difference[] {
    if (!isObject(question)) return [];
    const theirs = new Map(Object.entries(question));
    const own = effectiveSettings(this.settings).map(({ key, value, source }) => ({ key, value, source }));
    const known = new Set(own.map(({ key }) => key));
    const otherwise = own.filter(({ key, value }) => theirs.get(key) !== textOf(value));
    const absent = [...theirs.keys()].filter((key) => !known.has(key)).map((key) => ({ key }));
    return [...otherwise, ...absent].slice(0, MAX_DIFFERENCES);
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value ?? null);
}

function readDifferences(answer: unknown): Difference[] | undefined {
  return Array.isArray(answer) ? (answer as Difference[]) : undefined;
}
