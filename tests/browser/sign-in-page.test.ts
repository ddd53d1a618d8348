import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { callbackTarget } from '../support/callback-requests.ts';
import { type Chromium, findChromium, type Page, startChromium } from '../support/chromium.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import {
  addSession,
  blindBrowser,
  expectLoginFailure,
  expectSignedIn,
  readTokenFile,
} from '../support/sign-in.ts';

const chromiumPath = findChromium();
const testInBrowser = chromiumPath === undefined ? test.skip : test;
if (chromiumPath === undefined) {
  process.stderr.write('SKIPPED: no Chromium, no page is tested in a real browser\n');
}

const signedOut = { token: false, aws: { deviceIntervalS: 0.2 } } as const;
const login = ['login', '--session', 'corp'];

let chromium: Chromium | undefined;

beforeAll(() => {
  if (chromiumPath !== undefined) chromium = startChromium(chromiumPath);
});

afterAll(async () => {
  await chromium?.stop();
});

async function newPage(): Promise<Page> {
  if (chromium === undefined) throw new Error('there is no Chromium');
  return await chromium.newPage();
}

/** The URL that sso-cred has BROWSER open, as it hands it over. */
async function openedUrl(opened: () => readonly string[]): Promise<string> {
  for (let left = 200; left > 0; left -= 1) {
    const [url] = opened();
    if (url !== undefined) return url;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('no browser was opened');
}

function press(decision: 'allow' | 'deny'): string {
  return `document.querySelector('button[value=${decision}]').click()`;
}

/** Holds our last page against what a person needs of it, in light and dark. */
async function expectGoodPage(
  page: Page,
  name: string,
  title: string,
  text: string,
): Promise<void> {
  expect(await page.evaluate('document.title')).toBe(`${title} – sso-cred`);
  expect(await page.evaluate('document.querySelector("h1").innerText')).toBe(title);
  expect(await page.evaluate('document.querySelector("p").innerText')).toBe(text);
  expect(await page.evaluate('document.documentElement.lang')).toBe('en');
  expect(await page.evaluate('document.querySelectorAll("[role=status] h1").length')).toBe(1);
  const looks: Buffer[] = [];
  for (const scheme of ['light', 'dark'] as const) {
    await page.setColorScheme(scheme);
    for (const width of [1000, 320]) {
      await page.setSize(width, 600);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        width,
      );
      looks.push(await page.screenshot());
      keep(`${name}-${scheme}-${width}.png`, looks.at(-1));
    }
    const isDark =
      '(([r]) => Number(r) > 128)(getComputedStyle(document.body).color.match(/\\d+/g))';
    expect(await page.evaluate(isDark)).toBe(scheme === 'dark');
  }
  expect(new Set(looks.map((look) => look.toString('base64'))).size).toBe(4);
  expect(page.complaints()).toEqual([]);
}

/** For a person who wants to look: SSO_CRED_SCREENSHOTS names a directory. */
function keep(name: string, look: Buffer | undefined): void {
  const folder = process.env['SSO_CRED_SCREENSHOTS'];
  if (folder === undefined || look === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), look);
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  testInBrowser('a sign-in goes through a real browser, to a page that says so', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const running = sandbox.start([...login, '--browser'], variables);
    const page = await newPage();
    await page.open(await openedUrl(opened));
    expect(await page.evaluate('document.body.innerText')).toContain('sso-cred-corp');
    await page.evaluate(press('allow'));
    await page.until(
      'location.pathname === "/oauth/callback" && document.querySelector("h1") !== null',
    );
    expectSignedIn(await running.finished);
    expect(readTokenFile(sandbox.tokenFile)['accessToken']).toBeDefined();
    const text = 'sso-cred has the session "corp". You can close this window.';
    await expectGoodPage(page, `allowed-${build.name.replace(' ', '-')}`, 'Signed in', text);
  });

  testInBrowser('a denial ends on a page that says so, however long a name', async () => {
    const sandbox = await open(signedOut);
    const name = 'corporation'.repeat(5);
    addSession(sandbox, name);
    const { variables, opened } = blindBrowser(sandbox);
    const running = sandbox.start(['login', '--session', name, '--browser'], variables);
    const page = await newPage();
    await page.open(await openedUrl(opened));
    await page.evaluate(press('deny'));
    await page.until(
      'location.pathname === "/oauth/callback" && document.querySelector("h1") !== null',
    );
    expectLoginFailure(await running.finished, 4, /was denied/);
    const text = `The sign-in to the session "${name}" was denied: User denied the request.`;
    await expectGoodPage(page, `denied-${build.name.replace(' ', '-')}`, 'Not signed in', text);
  });

  testInBrowser(
    'another site can neither read the listener nor answer for the person',
    async () => {
      const sandbox = await open(signedOut);
      const { variables, opened } = blindBrowser(sandbox);
      const running = sandbox.start([...login, '--browser'], variables);
      const url = await openedUrl(opened);
      const { port, path } = callbackTarget(url);
      const page = await newPage();
      await page.open(`${sandbox.standIn.url}/start/device`);
      const target = `http://127.0.0.1:${port}${path}?code=forged&state=guessed`;
      await page.evaluate(
        `window.seen = 'nothing'; fetch('${target}').then((r) => r.text()).then((t) => { window.seen = t; }, () => { window.seen = 'refused'; })`,
      );
      await page.until(`window.seen !== 'nothing'`);
      expect(await page.evaluate('window.seen')).toBe('refused');
      await page.open(target);
      await page.until('document.querySelector("h1")?.innerText === "Not a sign-in"');
      expect(running.isRunning()).toBe(true);
      await page.open(url);
      await page.evaluate(press('allow'));
      expectSignedIn(await running.finished);
    },
  );

  testInBrowser('a device code is confirmed on the page that has it already', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const running = sandbox.start([...login, '--device'], variables);
    const page = await newPage();
    await page.open(await openedUrl(opened));
    await page.evaluate(press('allow'));
    await page.until('document.body.innerText.includes("Request approved")');
    expectSignedIn(await running.finished);
  });
});
