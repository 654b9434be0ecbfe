import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type {
  Client,
  KittiwakeError,
  KeptStream,
  Live,
  Room,
  Snapshot,
  State,
  StateInfo,
  Status,
  Topic,
} from './index.js';
import { platform } from './platform.js';
import { live } from './topics/live.js';

/** The state of the connection, for a component that shows it. */
export function useConnection(client: Client): { state: State; info: StateInfo } {
  const subscribe = useCallback((changed: () => void) => client.on('state', changed), [client]);
  const info = useSyncExternalStore(
    subscribe,
    () => client.info,
    () => client.info,
  );
  return { state: client.state, info };
}

const JOINING: Snapshot<never> = { data: undefined, status: 'joining', error: undefined };

/**
 * State and updates of a topic as one value. Opened when the component is there, closed with it; on the server, and before
 * that, its status is `joining`.
 * @param open opens the topic, anew whenever `deps` change; null: none yet.
 * @param apply what an update makes of the data. It may not change what it is given.
 * @param start what a state makes of it; default: the state is the data.
 */
export function useTopic<St, U>(
  open: (() => Topic<St, U>) | null,
  deps: readonly unknown[],
  apply: (data: St, update: U) => St,
): Snapshot<St>;
export function useTopic<St, U, T>(
  open: (() => Topic<St, U>) | null,
  deps: readonly unknown[],
  apply: (data: T, update: U) => T,
  start: (state: St) => T,
): Snapshot<T>;
export function useTopic<U>(
  open: (() => Topic<unknown, U>) | null,
  deps: readonly unknown[],
  apply: (data: unknown, update: U) => unknown,
  start: (state: unknown) => unknown = (state) => state,
): Snapshot<unknown> {
  // The store is opened by its subscription and not while rendering: what is rendered may never be shown.
  const store = useMemo(() => storeOf(open, apply, start), [open === null, ...deps]);
  return useSyncExternalStore(store.subscribe, store.value, () => JOINING);
}

function storeOf<U>(
  open: (() => Topic<unknown, U>) | null,
  apply: (data: unknown, update: U) => unknown,
  start: (state: unknown) => unknown,
): { subscribe: (changed: () => void) => () => void; value: () => Snapshot<unknown> } {
  let view: Live<unknown> | undefined;
  return {
    value: () => view?.value ?? JOINING,
    subscribe(changed) {
      if (!open) return () => {};
      const topic = open();
      view = live(topic, apply, start);
      const off = view.subscribe(changed);
      return () => {
        off();
        topic.close();
      };
    },
  };
}

/**
 * Is in a room while the component is there; on the server, and before that, the status is `joining`.
 * @param open joins the room, anew whenever `deps` change; null: none yet.
 * @param heard gets what is triggered.
 */
export function useRoom<D>(
  open: (() => Room<D>) | null,
  deps: readonly unknown[],
  heard: (data: D) => void,
): { status: Status; error: KittiwakeError | undefined } {
  const latest = useRef(heard);
  useEffect(() => void (latest.current = heard));
  const store = useMemo(() => roomOf(open, (data) => latest.current(data)), [open === null, ...deps]);
  const status = useSyncExternalStore(store.subscribe, store.status, () => JOINING.status);
  return { status, error: store.error() };
}

function roomOf<D>(
  open: (() => Room<D>) | null,
  heard: (data: D) => void,
): {
  subscribe: (changed: () => void) => () => void;
  status: () => Status;
  error: () => KittiwakeError | undefined;
} {
  let room: Room<D> | undefined;
  return {
    status: () => room?.status ?? JOINING.status,
    error: () => room?.error,
    subscribe(changed) {
      const opened = (room = open?.());
      opened?.on('data', heard);
      opened?.on('status', changed);
      return () => opened?.close();
    },
  };
}

/** A stream as one value. */
export interface Streamed<T> {
  /** The value made of the results so far. */
  readonly data: T;
  /** `waiting` for the first result; `failed` has an error. */
  readonly status: 'waiting' | 'streaming' | 'ended' | 'cancelled' | 'failed';
  readonly error: unknown;
  /** Ends the call; of one that is kept, for all who watch it. @throws KittiwakeError when that could not be asked for. */
  readonly cancel: () => Promise<void>;
}

/**
 * Results of a stream as one value. It is read while the component is there, and left with it: then a plain call is cancelled,
 * and one that is kept goes on. `StrictMode` makes one call.
 * @param open opens the stream, anew whenever `deps` change; null: none yet.
 * @param reduce what a result makes of the data. It may not change what it is given.
 * @param start the data before the first result.
 */
export function useStream<I, T>(
  open: (() => AsyncGenerator<I, void, undefined>) | null,
  deps: readonly unknown[],
  reduce: (data: T, item: I) => T,
  start: T,
): Streamed<T> {
  const store = useMemo(() => streamOf(open, reduce, start), [open === null, ...deps]);
  return useSyncExternalStore(store.subscribe, store.value, store.value);
}

function streamOf<I, T>(
  open: (() => AsyncGenerator<I, void, undefined>) | null,
  reduce: (data: T, item: I) => T,
  start: T,
): { subscribe: (changed: () => void) => () => void; value: () => Streamed<T> } {
  let items: (AsyncGenerator<I, void, undefined> & Partial<KeptStream<I>>) | undefined;
  let listener: (() => void) | undefined;
  let timer: unknown;
  const cancel = async (): Promise<void> => {
    if (!items || ['ended', 'cancelled', 'failed'].includes(value.status)) return;
    if (items.cancel) return items.cancel();
    become({ status: 'cancelled' });
    await items.return();
  };
  let value: Streamed<T> = { data: start, status: 'waiting', error: undefined, cancel };

  /** Shows together what comes at once: a call that is kept may begin with much. */
  function become(change: Partial<Streamed<T>>): void {
    value = { ...value, ...change };
    timer ??= platform.setTimeout(() => {
      timer = undefined;
      listener?.();
    }, 0);
  }

  async function read(opened: AsyncGenerator<I, void, undefined>): Promise<void> {
    const isOn = (): boolean => items === opened && value.status !== 'cancelled';
    try {
      for await (const item of opened)
        if (isOn()) become({ data: reduce(value.data, item), status: 'streaming' });
      if (isOn()) become({ status: 'ended' });
    } catch (error) {
      if (isOn())
        become({
          error,
          status: (error as KittiwakeError).code === 'call_cancelled' ? 'cancelled' : 'failed',
        });
    }
  }

  return {
    value: () => value,
    subscribe(changed) {
      listener = changed;
      if (!items && open) {
        value = { ...value, data: start, status: 'waiting', error: undefined };
        void read((items = open()));
      }
      return () => {
        listener = undefined;
        // `StrictMode` is there again before that.
        platform.queueMicrotask(() => {
          if (listener) return;
          void items?.return();
          items = undefined;
        });
      };
    },
  };
}
