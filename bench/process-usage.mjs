/** What the kernel has counted for a process and those that it has started. Linux only: elsewhere `undefined`. */
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of `/proc/<pid>/stat`: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * CPU time of all threads, user and system, and the time that they were ready to run but had to wait for a core:
 * what else the machine did.
 */
export function usageOf(pid) {
  let cpuSeconds = 0;
  let waitedSeconds = 0;
  for (const process of treeOf(pid)) {
    const usage = usageOfThreads(process) ?? usageInTicks(process);
    if (usage === undefined) {
      if (process === pid) return undefined;
      continue; // a child that has ended meanwhile
    }
    cpuSeconds += usage.cpuSeconds;
    waitedSeconds += usage.waitedSeconds;
  }
  return { cpuSeconds, waitedSeconds };
}

/** Resident memory. `smaps_rollup` is exact; `status` may be some pages behind. */
export function residentBytes(pid) {
  let bytes;
  for (const process of treeOf(pid)) {
    const resident = kibOf(process, 'smaps_rollup', 'Rss') ?? kibOf(process, 'status', 'VmRSS');
    if (resident !== undefined) bytes = (bytes ?? 0) + resident * 1024;
  }
  return bytes;
}

/** How many files, sockets included, a process has open; `undefined` where that is not known. */
export function openFiles(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined; // not Linux, or the process is gone
  }
}

/** The process and its descendants. */
function treeOf(pid) {
  const tree = [pid];
  for (const parent of tree) tree.push(...childrenOf(parent));
  return tree;
}

function childrenOf(pid) {
  return threadsOf(pid).flatMap((thread) => {
    const text = read(`/proc/${pid}/task/${thread}/children`)?.trim() ?? '';
    return text === '' ? [] : text.split(' ').map(Number);
  });
}

/** `schedstat` counts nanoseconds; a kernel may be built without it. */
function usageOfThreads(pid) {
  let ran = 0;
  let waited = 0;
  for (const thread of threadsOf(pid)) {
    const [running, waiting] = (read(`/proc/${pid}/task/${thread}/schedstat`) ?? '0 0').split(' ');
    ran += Number(running);
    waited += Number(waiting);
  }
  return ran > 0 ? { cpuSeconds: ran / 1e9, waitedSeconds: waited / 1e9 } : undefined;
}

function usageInTicks(pid) {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the name in brackets, which may hold spaces; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, waitedSeconds: 0 };
}

function threadsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // not Linux, or the process is gone
  }
}

function kibOf(pid, file, field) {
  const kib = read(`/proc/${pid}/${file}`)?.match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))?.[1];
  return kib === undefined ? undefined : Number(kib);
}

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined; // not Linux, or the process is gone
  }
}
