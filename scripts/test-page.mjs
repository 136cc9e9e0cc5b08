// npm run test:page: the inspector's page and the playground in a real browser, which is installed where it is missing
// and can be had.
import { spawnSync } from 'node:child_process';
import { buildPlayground } from './playground.mjs';
import { runTool, setUp } from './setup.mjs';

/** Whether a command ends well. */
function works(command, args, stdio = 'ignore') {
  return spawnSync(command, args, { stdio, timeout: 240_000 }).status === 0;
}

const names = ['chromium', 'chromium-browser', 'google-chrome'];
const isThere = () => process.env.CHROMIUM !== undefined || names.some((name) => works(name, ['--version']));

if (!isThere()) {
  console.error('Installing Chromium with apt-get ...');
  const quiet = ['ignore', 'ignore', 2];
  const install = ['install', '--yes', 'chromium'];
  if (!works('apt-get', install, quiet) && works('apt-get', ['update'], quiet))
    works('apt-get', install, quiet);
}
if (isThere()) {
  setUp();
  buildPlayground();
  runTool('vitest', 'vitest', ['run', '--config', 'vitest.browser.config.ts']);
} else {
  console.error('No Chromium can be had here: the page is not tested in a browser. Name one in CHROMIUM.');
}
