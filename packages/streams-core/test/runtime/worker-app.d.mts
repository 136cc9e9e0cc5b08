import type { MakeApp } from '@millrace/streams-core';

declare const makeApp: MakeApp;
export default makeApp;
