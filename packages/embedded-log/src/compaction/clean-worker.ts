import { parentPort, workerData } from 'node:worker_threads';
import { NodeFileSystem } from '../files/node-file-system.ts';
import { type CleanPlan, cleanPass } from './clean-pass.ts';

const { dir, plan } = workerData as { readonly dir: string; readonly plan: CleanPlan };
parentPort!.postMessage(await cleanPass(new NodeFileSystem(dir), plan));
