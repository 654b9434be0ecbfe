import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { Appending, Retention } from '../../../broker/history.js';
import { Cluster } from '../../../cluster/cluster.js';
import { ProceduresSettings } from '../../../config/sections/procedures/procedures.settings.js';
import { Histories } from '../../../history/histories.js';
import { ClientError } from '../../../protocol/errors.js';
import { toJsonText, valueOf } from '../../../protocol/json/json.js';
import { Publication } from '../../../protocol/publication.js';
import type { CallOrigin } from '../../procedure-call.js';
import type { Resumption } from '../../resumption.js';
import { callChannel, isCallId } from './call-id.js';
import { type CallHead, type CallRecord, recordOf, recordPublication } from './call-record.js';
import { CallStory } from './call-story.js';
import { BYTES_PER_WRITE, type CallKeeping, CallWriter } from './call-writer.js';
import { identityKey } from './identity-key.js';

/** Besides results: the beginning, the end, and what tells that another node goes on. */
const OTHER_RECORDS = 16;
const KEY_CHANNEL = 'kittiwake:call-key:';
/** Calls that were begun with one key, of which the first counts. */
const CALLS_PER_KEY = 100;

/** A key of a caller, for a call of a procedure. */
interface CallKey {
  readonly procedure: string;
  readonly origin: Pick<CallOrigin, 'identity' | 'isService'>;
  readonly key: string;
}

/** The place of kept calls: a channel for each, of the history that the broker has. */
@Injectable()
export class CallChannels {
  private readonly retentions = new WeakMap<Resumption, Retention>();

  constructor(
    private readonly histories: Histories,
    private readonly cluster: Cluster,
    private readonly settings: ProceduresSettings,
  ) {}

  /** This node. */
  get node(): string {
    return this.cluster.node;
  }

  /** Keeps how a call begins, which this node runs. @throws {ClientError} when the broker cannot be reached. */
  async begin(id: string, call: Omit<CallHead, 'kind' | 'node'>, resumption: Resumption): Promise<void> {
    await this.keep(id, { kind: 'head', node: this.cluster.node, ...call }, resumption);
  }

  /**
   * Has this node go on with a call.
   * @returns what is kept of it, after which what others write does not count.
   * @throws {ClientError} when the broker cannot be reached.
   */
  async take(id: string, { generation }: CallStory, resumption: Resumption): Promise<CallStory | undefined> {
    const { node } = this.cluster;
    await this.keep(id, { kind: 'taking', node, generation: generation + 1 }, resumption);
    return this.storyOf(id);
  }

  /** The writer of the results of a call. @param run of the call here. @param story what is kept. */
  writerOf(
    id: string,
    resumption: Resumption,
    run: Pick<CallKeeping, 'isTaken' | 'failed' | 'spent'>,
    story = new CallStory(),
  ): CallWriter {
    const { kept, resultBytes } = this.settings;
    const { maxBytes, ttlMs } = resumption;
    const keeping: CallKeeping = {
      gatherMs: kept.gatherMs,
      maxBytes,
      maxResultBytes: Math.min(resultBytes, maxBytes),
      endMs: ttlMs,
      keep: (record) => this.keep(id, record, resumption),
      ...run,
    };
    return new CallWriter(keeping, story.count, story.generation);
  }

  /** Keeps a record of a call. @throws {ClientError} when that cannot be said. */
  async keep(id: string, record: CallRecord, resumption: Resumption): Promise<void> {
    try {
      await this.append(recordPublication(callChannel(id), record), {
        retention: this.retentionOf(resumption),
      });
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  /**
   * The story of a call; nothing of one that is not kept.
   * @throws {ClientError} when the broker cannot be reached.
   */
  async storyOf(id: string): Promise<CallStory | undefined> {
    if (!(await this.isKept(id))) return undefined;
    try {
      const { publications = [] } = await this.histories.read(callChannel(id), 'oldest');
      const story = new CallStory();
      for (const publication of publications) {
        const record = recordOf(publication);
        if (record) story.take(record);
      }
      return story.head && story;
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  /**
   * Whether anything is kept of a call. To ask for what never was leaves no trace.
   * @throws {ClientError} when the broker cannot be reached.
   */
  async isKept(id: string): Promise<boolean> {
    try {
      const [top] = await this.histories.history.tops([callChannel(id)], false);
      return top !== undefined;
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  /**
   * Has all calls of a procedure that one identity begins with a key be the first of them, over all nodes.
   * @param id of a call that is kept.
   * @returns the id of the first that is still kept.
   * @throws {ClientError} when the broker cannot be reached.
   */
  async firstOf(whose: CallKey, id: string, ttlMs: number): Promise<string> {
    const channel = keyChannel(whose);
    const text = new Map([
      ['subscription', toJsonText(channel)],
      ['data', toJsonText(id)],
    ]);
    const retention = { size: CALLS_PER_KEY, ttlMs, isBrief: true };
    try {
      // Many starts with one key are one entry, unless what that names is gone.
      await this.append(Publication.from(text), { retention, idempotencyKey: whose.key });
      const first = await this.firstIn(channel);
      if (first !== undefined) return first;
      await this.append(Publication.from(text), { retention });
      return (await this.firstIn(channel)) ?? id;
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  /** The call that was begun with a key, if it is still kept. @throws {ClientError} when the broker cannot be reached. */
  async knownBy(whose: CallKey): Promise<string | undefined> {
    const channel = keyChannel(whose);
    try {
      const [top] = await this.histories.history.tops([channel], false);
      return top && (await this.firstIn(channel));
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  private async firstIn(channel: string): Promise<string | undefined> {
    const { publications = [] } = await this.histories.read(channel, 'oldest');
    for (const { data } of publications) {
      const id = valueOf(data);
      if (isCallId(id) && (await this.isKept(id))) return id;
    }
    return undefined;
  }

  private async append(publication: Publication, appending: Appending): Promise<void> {
    await this.histories.history.append(publication.subscription, publication, appending);
  }

  private retentionOf(resumption: Resumption): Retention {
    let retention = this.retentions.get(resumption);
    if (!retention) {
      const size = Math.ceil(resumption.maxBytes / BYTES_PER_WRITE) + OTHER_RECORDS;
      retention = { size, ttlMs: resumption.ttlMs, isBrief: true };
      this.retentions.set(resumption, retention);
    }
    return retention;
  }
}

/** The channel of a key. Services without an identity are not nobody: theirs are apart. */
function keyChannel({ procedure, origin: { identity, isService }, key }: CallKey): string {
  const whose = JSON.stringify([procedure, identity ? identityKey(identity) : isService, key]);
  return KEY_CHANNEL + createHash('sha256').update(whose).digest('base64url');
}

function unavailable(cause: unknown): ClientError {
  return new ClientError('service_unavailable', 'Service unavailable.', { cause });
}
