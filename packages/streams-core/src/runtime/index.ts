/** The parts that a test driver or another runtime is made of. Applications need the package's main entry only. */
export type { DeserializationExceptionHandler } from './handlers.ts';
export { failOnDeserializationError } from './handlers.ts';
export { type CacheBudget, cacheBudget } from './task/change-cache.ts';
export { type PreparedCommit, Task, type TaskInput, type TaskOptions } from './task/task.ts';
export { TaskClock } from './task/task-clock.ts';
export { type TaskId, taskName } from './task/task-id.ts';
export type { TopicDirectory } from './task/topic-directory.ts';
export { GlobalTable } from './global-table.ts';
export { changelogName, realNames, type ResolvedTopics, resolveTopics } from '../topology/internal-topics.ts';
