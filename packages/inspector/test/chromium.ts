import { existsSync } from 'node:fs';

/** Where the system's package manager puts it; `CHROMIUM` names another. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A Chromium to test with; undefined where there is none. */
export const chromiumPath = [process.env['CHROMIUM'], ...places].find(
  (file) => file !== undefined && existsSync(file),
);
