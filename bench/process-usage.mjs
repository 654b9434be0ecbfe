/** What the kernel has counted for a process. Linux only: elsewhere the answers are `undefined`. */
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of `/proc/<pid>/stat`: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU time of all threads, user and system. */
export function cpuSeconds(pid) {
  return nanosecondsOfThreads(pid) ?? ticksOfProcess(pid);
}

/** Resident memory. `smaps_rollup` is exact; `statm` may be some pages behind. */
export function residentBytes(pid) {
  const rollup = read(`/proc/${pid}/smaps_rollup`);
  const kib = rollup?.match(/^Rss:\s+(\d+) kB/m)?.[1];
  if (kib !== undefined) return Number(kib) * 1024;
  const pages = read(`/proc/${pid}/status`)?.match(/^VmRSS:\s+(\d+) kB/m)?.[1];
  return pages === undefined ? undefined : Number(pages) * 1024;
}

/** `schedstat` counts nanoseconds; a kernel may be built without it. */
function nanosecondsOfThreads(pid) {
  let nanoseconds = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1');
      nanoseconds += Number.parseInt(text, 10);
    }
  } catch {
    return undefined; // no such file here: the caller has another source
  }
  return nanoseconds > 0 ? nanoseconds / 1e9 : undefined;
}

function ticksOfProcess(pid) {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the name in brackets, which may hold spaces; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined; // not Linux, or the process is gone
  }
}
