import { Injectable } from '@nestjs/common';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { Connection } from '../../connection/connection.js';
import { Metrics } from '../../metrics/metrics.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import { KeptCalls } from '../kept/kept-calls.js';
import { CallSet, type ClientCall } from './call-set.js';
import { Calls } from '../calls/calls.js';

/** Frames of the largest size that the concurrent calls of one connection may take up. */
const LARGEST_FRAMES = 4;

/** The calls of all connections that have not ended. */
@Injectable()
export class OpenCalls {
  private readonly sets = new WeakMap<Connection, CallSet>();
  constructor(
    private readonly calls: Calls,
    private readonly kept: KeptCalls,
    private readonly settings: ProceduresSettings,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Begins a call and returns at once; its outcome goes to the reply of the call.
   * @param maxResultBytes a stricter limit than that of the settings, where the protocol of the connection has one.
   */
  begin(connection: Connection, call: ClientCall, maxResultBytes = Infinity): void {
    void this.run(connection, call, maxResultBytes);
  }

  /** Ends a call by its key, with the error `call_cancelled`; one that is kept goes on unwatched. @returns whether there was one. */
  cancel(connection: Connection, key: string): boolean {
    return this.sets.get(connection)?.cancel(key) ?? false;
  }

  /** Ends a kept call for good. @throws as `KeptCalls.cancel`. */
  end(call: unknown, identity: JsonMembers | undefined): Promise<void> {
    return this.kept.cancel(call, { identity, isService: false });
  }

  private async run(connection: Connection, call: ClientCall, maxResultBytes: number): Promise<void> {
    const isDone = await this.of(connection, maxResultBytes).run(call);
    this.metrics.eventHandled('call', isDone ? 'success' : 'error');
  }

  private of(connection: Connection, maxResultBytes: number): CallSet {
    let set = this.sets.get(connection);
    if (set) return set;
    const { callsPerConnection, frameBytes, resultBytes } = this.settings;
    set = new CallSet(this.calls, this.kept, connection, {
      calls: callsPerConnection,
      frameBytes: LARGEST_FRAMES * frameBytes,
      resultBytes: Math.min(resultBytes, maxResultBytes),
    });
    this.sets.set(connection, set);
    return set;
  }
}
