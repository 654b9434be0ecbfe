import type { Cluster } from '../../cluster/cluster.js';
import { isObject } from '../../protocol/json/json.js';
import { type Revocation, revocationIn } from './revocation.js';
import type { RevocationList } from './revocation-list.js';
import { RevocationsFullError, type RevocationStore } from './revocation-store.js';

const PAGE = 1_000;

interface Page {
  readonly texts: readonly string[];
}

/**
 * Revocations where nothing outlives the nodes: each keeps what it has heard, and one that begins asks the others.
 * They last as long as one of the nodes.
 */
export class PeersRevocationStore implements RevocationStore {
  /** @param max the most that are kept. */
  constructor(
    private readonly cluster: Cluster,
    private readonly list: RevocationList,
    private readonly max: number,
  ) {
    cluster.answer('revocations', (question) => ({ texts: this.list.page(afterIn(question), PAGE) }));
  }

  /** See {@link RevocationStore.add}. Nodes hear of it when they are told to disconnect. */
  async add(revocations: readonly Revocation[]): Promise<void> {
    this.list.purge();
    const count = this.list.size;
    if (count + revocations.length > this.max)
      throw new RevocationsFullError(`there are ${count} revocations (auth.maxRevocations)`);
  }

  /** See {@link RevocationStore.read}. What one of the others has is enough: each has heard all. */
  async read(): Promise<readonly Revocation[]> {
    const all: Revocation[] = [];
    const { byNode, nodes } = await this.cluster.ask('revocations', { after: '' }, readPage);
    if (nodes.asked > 1 && byNode.size < 2) throw new Error('no other node has answered');
    for (const [node, page] of byNode) if (node !== this.cluster.node) await this.readOn(node, page, all);
    return all;
  }

  /** See {@link RevocationStore.count}. */
  async count(): Promise<undefined> {
    return undefined; // each may have another
  }

  private async readOn(node: string, first: Page, all: Revocation[]): Promise<void> {
    for (let page = first; ;) {
      all.push(...page.texts.map(revocationIn).filter((one) => one !== undefined));
      if (page.texts.length < PAGE) return;
      const question = { after: page.texts.at(-1) };
      const { byNode } = await this.cluster.askOne(node, 'revocations', question, readPage);
      page = byNode.get(node) ?? fail(node);
    }
  }
}

function afterIn(question: unknown): string {
  return isObject(question) && typeof question.after === 'string' ? question.after : '';
}

function readPage(answer: unknown): Page | undefined {
  if (!isObject(answer) || !Array.isArray(answer.texts)) return undefined;
  return { texts: answer.texts.filter((text) => typeof text === 'string') };
}

function fail(node: string): never {
  throw new Error(`${node} has not answered`);
}
