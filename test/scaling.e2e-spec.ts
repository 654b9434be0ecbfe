import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { launchBrowser } from './support/browser.js';

describe('the plans of how far it goes', () => {
  it('say what the costs that were measured come to', () => {
    expect(() => execFileSync(process.execPath, ['docs/scaling/write.mjs', '--check'])).not.toThrow();
  });

  it('are reckoned by a page of one file, which tells when no plan is enough', async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      await page.goto(pathToFileURL('docs/scaling/calculator.html').href);
      const processes = page.getByRole('row', { name: 'Processes of the gateway' });
      const few = await processes.textContent();
      await page.getByLabel('Clients at a time').fill('10000000');
      await page.getByLabel('Publications a second').fill('10000');
      expect(await processes.textContent()).not.toBe(few);
      expect(await page.locator('#limits tr').count()).toBe(7);
      await page.getByLabel('Publications a second').fill('1000000000');
      await page.getByText('No number of processes is enough').waitFor();
      await page.getByLabel('Clients at a time').fill('');
      await page.getByText('Each field takes a number.').waitFor();
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
