export { CreateError, createProject, type NewProject } from './create-project.ts';
