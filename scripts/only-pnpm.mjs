// npm publishes "workspace:*" as it is, which nobody can install: pnpm puts the versions in.
if (!(process.env.npm_config_user_agent ?? '').startsWith('pnpm/')) {
  console.error('Publish with pnpm: npm leaves "workspace:*" in package.json, which cannot be installed.');
  process.exit(1);
}
