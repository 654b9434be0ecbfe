import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type LaunchOptions, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const ARGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a browser of the PATH, without a window. @throws in one line when there is none. */
export async function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch({ executablePath: findBrowser(), args: ARGS, ...options });
}

/** Waits until an element has exactly this text. */
export async function shows(page: Page, testId: string, text: string | RegExp): Promise<void> {
  const hasText = typeof text === 'string' ? new RegExp(`^${text.replaceAll('.', '\\.')}$`) : text;
  await page.getByTestId(testId).filter({ hasText }).waitFor();
}

function findBrowser(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) =>
    existsSync(path),
  );
  if (found !== undefined) return found;
  const message = `The tests of the examples need a browser on the PATH, one of: ${NAMES.join(', ')}.`;
  throw Object.assign(new Error(message), { stack: message });
}
