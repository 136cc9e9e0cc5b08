import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where the system's package manager puts it; `CHROMIUM` names another. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A Chromium to test with; undefined where there is none. */
const chromiumPath = [process.env['CHROMIUM'], ...places].find(
  (file) => file !== undefined && existsSync(file),
);

/** Several run at a time, on machines that give them little shared memory. */
const always = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'];

export function launchChromium(...args: readonly string[]): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: [...always, ...args],
  });
}
