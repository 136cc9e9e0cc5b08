#!/usr/bin/env node
import module from 'node:module';

// Node 22 and later keep what they have compiled, so that the command starts sooner.
module.enableCompileCache?.();
await import('@millrace/cli');
