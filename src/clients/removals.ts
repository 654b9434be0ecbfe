import { Injectable } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Cluster } from '../cluster/cluster.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import { isObject, membersOf, objectText } from '../protocol/json/json.js';
import { type ClientSelection, readSelection, selectionMembers } from './client-selection.js';
import { type Counted, counted, readCount } from './counted.js';
import { LocalClients } from './local-clients.js';

/** So many at a time: the others of this node have their turn in between. */
const PER_TURN = 200;

/** Removes clients, or subscriptions of theirs, on all nodes. */
@Injectable()
export class Removals {
  constructor(
    private readonly cluster: Cluster,
    private readonly local: LocalClients,
  ) {
    cluster.answer('disconnect', (question) => this.disconnectHere(question));
    cluster.answer('unsubscribe', (question) => this.unsubscribeHere(question));
  }

  /**
   * Closes the connections of clients.
   * @param comesBack whether the clients are asked to come back, and may.
   * @returns how many.
   */
  async disconnect(selection: ClientSelection, comesBack: boolean): Promise<Counted> {
    const question = { ...wire(selection), comesBack };
    return counted(await this.cluster.ask('disconnect', question, readCount));
  }

  /** Ends the subscription of clients to the subject of the selection; without one, all that they have. @returns how many. */
  async unsubscribe(selection: ClientSelection): Promise<Counted> {
    return counted(await this.cluster.ask('unsubscribe', wire(selection), readCount));
  }

  private disconnectHere(question: unknown): Promise<number> {
    const isBack = isObject(question) && question.comesBack === true;
    const reason = isBack ? CLOSE_REASONS.reconnect : CLOSE_REASONS.disconnected;
    return sumInTurns(this.local.select(selectionIn(question)), ({ connection }) => {
      connection.close(reason);
      return 1;
    });
  }

  private unsubscribeHere(question: unknown): Promise<number> {
    const selection = selectionIn(question);
    return sumInTurns(
      this.local.select(selection),
      ({ session }) => session?.unsubscribe(selection.subject) ?? 0,
    );
  }
}

interface WireSelection {
  readonly selection: string;
}

function wire(selection: ClientSelection): WireSelection {
  return { selection: objectText(selectionMembers(selection)) };
}

/** @throws when it is none: another node has checked it. */
function selectionIn(question: unknown): ClientSelection {
  const text = isObject(question) ? question.selection : undefined;
  if (typeof text !== 'string') throw new TypeError('a selection is missing');
  // Anyone with access to the broker may have written it.
  if (!isObject(JSON.parse(text))) throw new TypeError('a selection must be an object');
  return readSelection(membersOf(text));
}

async function sumInTurns<Item>(items: readonly Item[], each: (item: Item) => number): Promise<number> {
  let sum = 0;
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % PER_TURN === 0) await nextTurn();
    sum += each(item);
  }
  return sum;
}
