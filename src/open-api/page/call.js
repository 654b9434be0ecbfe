const TEXT = /json|text|xml|javascript|openmetrics/;

/**
 * Sends a request and tells each line of its answer as it comes.
 * @returns what is to be said of it when it has ended, in a line.
 */
export async function call(url, request, onLines) {
  const startedAt = performance.now();
  const took = () => `${Math.round(performance.now() - startedAt)} ms`;
  let head = '';
  try {
    const response = await fetch(url, { ...request, cache: 'no-store' });
    const type = (response.headers.get('content-type') ?? '').split(';', 1)[0];
    head = `${response.status} ${response.statusText}, ${type}`;
    const told = TEXT.test(type)
      ? counted(await readLines(response.body, onLines), 'line')
      : counted((await response.arrayBuffer()).byteLength, 'byte');
    return { isOk: response.ok, text: `${head}, ${told}, ${took()}` };
  } catch (error) {
    if (request.signal.aborted) return { isOk: false, text: `Aborted after ${took()}` };
    const what = head === '' ? `There is no answer: ${error.message}` : `${head}, cut off`;
    return { isOk: false, text: `${what} after ${took()}` };
  }
}

async function readLines(body, onLines) {
  if (!body) return 0;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let count = 0;
  let rest = '';
  for (;;) {
    const { done, value = '' } = await reader.read();
    const lines = (rest + value).split('\n');
    rest = done ? '' : lines.pop();
    const filled = lines.filter((line) => line !== '');
    count += filled.length;
    if (filled.length > 0) onLines(filled);
    if (done) return count;
  }
}

function counted(count, word) {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
