import { Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Startable, Stoppable } from '../base/lifetime.js';
import { messageOf, stackOf } from '../base/message-of.js';
import { monotonicMs } from '../base/monotonic-ms.js';
import { BrokerSettings } from '../config/sections/broker/broker.settings.js';
import { Hub } from '../delivery/hub.js';
import type { NodeListener } from '../delivery/node-listener.js';
import type { Publication } from '../protocol/publication.js';
import { type Answers, Collecting } from './answers.js';
import { calm } from './calm.js';
import { messageIn, type NodeMessage, nodePublication } from './node-message.js';
import { BEAT_MS, Roster } from './roster.js';

/** The broker's channel for what all nodes hear. No topic has its name: topics have a dot. */
const ALL = 'kittiwake:nodes';
/** So long a node that has just come waits for the others to say that they are there. */
const SETTLING_MS = 200;

/** Answers a question of a node for this one. What it throws is logged, and counts as no answer. */
export type Answerer = (question: unknown) => unknown;

/**
 * Asks all nodes of the gateway, over whatever broker they have in common, and collects the answers. Every node says that
 * it is there, and when it goes. One that was killed, or is cut off, is missed for a minute, unless the broker knows of its end
 * (`Broker.will`), as that of worker processes does.
 */
@Injectable()
export class Cluster implements Startable, Stoppable, NodeListener {
  /** Tells this node apart from all others; begins with the name of the machine. */
  readonly node = `${hostname().slice(0, 64)}-${randomUUID().slice(0, 8)}`;
  private readonly logger = new Logger('Cluster');
  private readonly own = ownChannelOf(this.node);
  private readonly roster = new Roster();
  private readonly answerers = new Map<string, Answerer>();
  private readonly open = new Map<number, Collecting>();
  private readonly openToAll = new Set<Collecting>();
  private readonly losses: (() => void)[] = [];
  private readonly returns: (() => void)[] = [];
  private readonly meetings: (() => void)[] = [];
  private beat: NodeJS.Timeout | undefined;
  private lastId = 0;
  private settledAtMs = Infinity;

  constructor(
    private readonly hub: Hub,
    private readonly settings: BrokerSettings,
  ) {}

  /** @param onMeeting called when a node is heard that was not known, or not any more. */
  whenMet(onMeeting: () => void): void {
    this.meetings.push(onMeeting);
  }

  /** Whether there can be no other nodes. */
  get isAlone(): boolean {
    return !this.hub.isShared;
  }

  /** All nodes that may be there, this one included. */
  get nodes(): string[] {
    return [this.node, ...this.roster.known(monotonicMs())];
  }

  /** One node, the same for all that hear each other: whoever is to decide for all is asked there. */
  get first(): string {
    const nowMs = monotonicMs();
    const others = this.roster.known(nowMs).filter((node) => this.roster.isExpected(node, nowMs));
    return [this.node, ...others].toSorted()[0]!;
  }

  /** Waits, shortly after the start or a loss of the broker, until the others have been heard. */
  async settled(): Promise<void> {
    const restMs = this.hub.isShared ? Math.min(this.settledAtMs - monotonicMs(), SETTLING_MS) : 0;
    await calm(restMs);
  }

  /** Has questions about something answered. MUST be called before {@link start}. */
  answer(about: string, answerer: Answerer): void {
    this.answerers.set(about, answerer);
  }

  /** @param onLoss called when the broker is lost: other nodes are not heard any more. */
  whenLost(onLoss: () => void): void {
    this.losses.push(onLoss);
  }

  /** @param onReturn called when the broker is back: what other nodes have said meanwhile was not heard. */
  whenBack(onReturn: () => void): void {
    this.returns.push(onReturn);
  }

  /** Hears the other nodes, and makes itself known. @throws when the broker cannot be reached. */
  async start(): Promise<void> {
    for (const channel of [ALL, this.own]) await this.hub.listen(channel, this);
    this.hub.will(nodePublication({ verb: 'gone', node: this.node }, ALL));
    this.beat = setInterval(() => this.say({ verb: 'here', node: this.node, isNew: false }), BEAT_MS).unref();
    this.appear();
  }

  /** Says good-bye, so that nobody waits for this node. */
  async stop(): Promise<void> {
    clearInterval(this.beat);
    await this.hub.broadcast(nodePublication({ verb: 'gone', node: this.node }, ALL))?.catch(() => undefined); // silent: then it is missed
  }

  /**
   * Asks all nodes, this one included. Never rejects: whom the question does not reach has not answered.
   * @param read makes an answer of what came; nothing when it is none.
   */
  async ask<Answer>(
    about: string,
    question: unknown,
    read: (answer: unknown) => Answer | undefined,
  ): Promise<Answers<Answer>> {
    const nowMs = monotonicMs();
    const known = this.roster.known(nowMs);
    const awaited = known.filter((node) => this.roster.isExpected(node, nowMs));
    const collecting = new Collecting([this.node, ...known], [this.node, ...awaited]);
    return this.collect(collecting, { about, question }, ALL, read);
  }

  /** As {@link ask}, one node alone. */
  async askOne<Answer>(
    node: string,
    about: string,
    question: unknown,
    read: (answer: unknown) => Answer | undefined,
  ): Promise<Answers<Answer>> {
    const isThere = node === this.node || this.roster.has(node);
    const collecting = new Collecting([node], isThere ? [node] : []);
    return this.collect(collecting, { about, question }, ownChannelOf(node), read);
  }

  /** See {@link NodeListener.received}. */
  received(publication: Publication): void {
    const message = messageIn(publication);
    if (!message || message.node === this.node) return;
    if (message.verb === 'gone') this.left(message.node);
    else this.heard(message);
  }

  /** See {@link NodeListener.addConnections}. Clients miss nothing of what nodes say. */
  addConnections(): void {
    // none
  }

  /** See {@link NodeListener.lost}. */
  lost(): void {
    for (const onLoss of this.losses) onLoss();
  }

  /** See {@link NodeListener.back}. */
  back(): void {
    this.appear();
    for (const onReturn of this.returns) onReturn();
  }

  private async collect<Answer>(
    collecting: Collecting,
    { about, question }: { about: string; question: unknown },
    channel: string,
    read: (answer: unknown) => Answer | undefined,
  ): Promise<Answers<Answer>> {
    const id = ++this.lastId;
    this.open.set(id, collecting);
    if (channel === ALL) this.openToAll.add(collecting);
    const isOwn = channel === this.own;
    if (channel === ALL || isOwn) void this.answerMyself(collecting, about, question);
    if (!isOwn) this.say({ verb: 'ask', node: this.node, id, about, question }, channel);
    const settlingMs = channel === ALL && this.hub.isShared ? this.settledAtMs - monotonicMs() : 0;
    await collecting.wait(Math.min(settlingMs, SETTLING_MS), this.settings.answerTimeoutMs);
    this.open.delete(id);
    this.openToAll.delete(collecting);
    return readAnswers(collecting, read);
  }

  private async answerMyself(collecting: Collecting, about: string, question: unknown): Promise<void> {
    try {
      collecting.answered(this.node, await this.answerTo(about, question));
    } catch {
      collecting.failed(this.node); // logged there
    }
  }

  private heard(message: Exclude<NodeMessage, { verb: 'gone' }>): void {
    const isKnown = this.roster.has(message.node);
    this.roster.heard(message.node, monotonicMs());
    if (!isKnown) this.meet(message);
    if (message.verb === 'here' && message.isNew)
      this.say({ verb: 'here', node: this.node, isNew: false }, ownChannelOf(message.node));
    else if (message.verb === 'ask') void this.respond(message);
    else if (message.verb === 'answer') this.take(message);
  }

  private meet(message: Exclude<NodeMessage, { verb: 'gone' }>): void {
    for (const onMeeting of this.meetings) onMeeting();
    // One that has just come may not have heard what was asked.
    if (message.verb === 'here' && message.isNew) return;
    for (const collecting of this.openToAll) collecting.met(message.node);
  }

  private left(node: string): void {
    this.roster.left(node);
    for (const collecting of this.open.values()) collecting.left(node);
  }

  private take({ id, node, answer, error }: Extract<NodeMessage, { verb: 'answer' }>): void {
    const collecting = this.open.get(id);
    if (error === undefined) collecting?.answered(node, answer);
    else collecting?.failed(node);
  }

  private async respond({ node, id, about, question }: Extract<NodeMessage, { verb: 'ask' }>): Promise<void> {
    const from = { verb: 'answer', node: this.node, id } as const;
    try {
      this.say({ ...from, answer: await this.answerTo(about, question) }, ownChannelOf(node));
    } catch (error) {
      this.say({ ...from, error: messageOf(error) }, ownChannelOf(node));
    }
  }

  /** @throws what the answerer throws, and when there is none: the other node is of another version. */
  private async answerTo(about: string, question: unknown): Promise<unknown> {
    const answerer = this.answerers.get(about);
    if (!answerer) throw new Error(`no answers about ${about}`);
    try {
      return await answerer(question);
    } catch (error) {
      this.logger.error(stackOf(error));
      throw error;
    }
  }

  /** Makes itself known, and hears from all who hear it. */
  private appear(): void {
    this.settledAtMs = monotonicMs() + SETTLING_MS;
    this.say({ verb: 'here', node: this.node, isNew: true });
  }

  /** Silent when it fails: a broker that is lost says so itself, and nobody who was not reached answers. */
  private say(message: NodeMessage, channel = ALL): void {
    this.hub.broadcast(nodePublication(message, channel))?.catch((error: unknown) => {
      this.logger.debug(`not said to other nodes: ${messageOf(error)}`);
    });
  }
}

function ownChannelOf(node: string): string {
  return `kittiwake:node:${node}`;
}

/** Unreadable answers count as none. */
function readAnswers<Answer>(
  { byNode, askedNodes }: Collecting,
  read: (answer: unknown) => Answer | undefined,
): Answers<Answer> {
  const answers = new Map<string, Answer>();
  for (const [node, value] of byNode) {
    const answer = read(value);
    if (answer !== undefined) answers.set(node, answer);
  }
  return {
    byNode: answers,
    nodes: { asked: askedNodes.length, answered: answers.size },
    missing: askedNodes.filter((node) => !answers.has(node)),
  };
}
