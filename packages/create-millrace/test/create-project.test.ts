import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProject } from '../src/index.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'create-millrace-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('a new project', () => {
  test('has the files of the template under their own names, with its name in them', async () => {
    const project = path.join(dir, 'page-views');
    const files = await createProject({ dir: project });
    expect(files).toEqual(
      expect.arrayContaining([
        '.gitignore',
        '.dockerignore',
        path.join('.github', 'workflows', 'test.yml'),
        'package.json',
        'compose.yaml',
        path.join('src', 'main.ts'),
      ]),
    );
    const { name } = JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8')) as {
      readonly name: string;
    };
    expect(name).toBe('page-views');
    for (const file of files) {
      expect(await readFile(path.join(project, file), 'utf8')).not.toContain('{{name}}');
    }
  });

  test('may be made in a folder that has nothing but version control', async () => {
    const project = path.join(dir, 'fresh');
    await mkdir(path.join(project, '.git'), { recursive: true });
    expect(await createProject({ dir: project, name: 'other' })).toContain('package.json');
    expect(await readFile(path.join(project, 'src', 'main.ts'), 'utf8')).toContain("applicationId: 'other'");
  });

  test('is not made over something, and nothing is changed then', async () => {
    const project = path.join(dir, 'taken');
    await mkdir(project);
    await writeFile(path.join(project, 'notes.txt'), 'mine');
    await expect(createProject({ dir: project })).rejects.toThrow(/taken is not empty \(notes\.txt\)/);
    expect(await readdir(project)).toEqual(['notes.txt']);
  });

  test.each(['Upper', 'with space', '', '../up', '_private', 'x'.repeat(215)])(
    'is not called %j',
    async (name) => {
      const project = path.join(dir, 'unnamed');
      await expect(createProject({ dir: project, name })).rejects.toThrow(/is not a package name.*--name/);
      await expect(readdir(project)).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );
});
