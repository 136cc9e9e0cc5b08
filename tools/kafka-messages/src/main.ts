// Writes the modules of packages/kafka-protocol/src/messages anew.
import { rmSync } from 'node:fs';
import { messagesFolder, writeMessages } from './index.ts';

rmSync(messagesFolder, { recursive: true, force: true });
const files = await writeMessages(messagesFolder);
console.log(`${files.length} modules written to packages/kafka-protocol/src/messages`);
