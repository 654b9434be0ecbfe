/** Time that goes by only when it is told to, for programs that know no other: their timers run in order, at once. */
export class VirtualTime {
  nowMs = 0;
  #heap = [];
  #last = 0;
  #waiting = new Map();

  /** What programs take for the timers of their platform. */
  get globals() {
    const set = (task, ms, ...given) => this.#set(() => task(...given), ms);
    const repeat = (task, ms, ...given) => {
      const id = ++this.#last;
      const again = () => {
        this.#set(again, ms, id);
        task(...given);
      };
      return this.#set(again, ms, id);
    };
    const clear = (id) => void this.#waiting.delete(id);
    const time = this;
    class VirtualDate extends Date {
      constructor(...given) {
        if (given.length === 0) super(time.nowMs);
        else super(...given);
      }
      static now() {
        return time.nowMs;
      }
    }
    return {
      setTimeout: set,
      setInterval: repeat,
      clearTimeout: clear,
      clearInterval: clear,
      Date: VirtualDate,
      performance: { now: () => this.nowMs },
    };
  }

  after(ms, task) {
    this.#set(task, ms);
  }

  /** Lets time go by. Promises settle between timers of different times. */
  async advance(ms) {
    const end = this.nowMs + ms;
    await settled();
    while (this.#heap.length > 0 && this.#heap[0].at <= end) {
      const { at, id, task } = pop(this.#heap);
      if (at > this.nowMs) {
        this.nowMs = at;
        await settled();
      }
      if (this.#waiting.get(id) === task) {
        this.#waiting.delete(id);
        task();
      }
      if (this.#heap[0]?.at !== at) await settled();
    }
    this.nowMs = end;
    await settled();
  }

  #set(task, ms = 0, id = ++this.#last) {
    this.#waiting.set(id, task);
    // Whole milliseconds and at least one, as platforms have it.
    push(this.#heap, { at: this.nowMs + Math.max(1, Math.trunc(ms) || 0), order: ++this.#last, id, task });
    return id;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const isBefore = (one, other) => one.at < other.at || (one.at === other.at && one.order < other.order);

function push(heap, entry) {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(entry, heap[parent])) break;
    heap[index] = heap[parent];
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap) {
  const first = heap[0];
  const entry = heap.pop();
  if (heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
    if (child >= heap.length || !isBefore(heap[child], entry)) break;
    heap[index] = heap[child];
    index = child;
  }
  heap[index] = entry;
  return first;
}
