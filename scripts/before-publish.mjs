// Before a package is published, in its folder: refuses what users could not install, or not find the source of.
import { readFileSync } from 'node:fs';

function refuse(why) {
  console.error(why);
  process.exit(1);
}

// npm publishes "workspace:*" as it is; pnpm puts the versions in.
if (!(process.env.npm_config_user_agent ?? '').startsWith('pnpm/'))
  refuse('Publish with pnpm: npm leaves "workspace:*" in package.json, which cannot be installed.');
const { name, repository } = JSON.parse(readFileSync('package.json', 'utf8'));
if (repository === undefined)
  refuse(
    `${name} does not say where its source is. Put it in all packages: node scripts/set-repository.mjs https://github.com/OWNER/NAME`,
  );
