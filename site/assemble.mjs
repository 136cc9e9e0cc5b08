// The pages of the site: docs/, the README files of packages and examples, and what is beside README.md.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Pages by where they are in the repository, and where on the site. */
export function pagesOf(root) {
  const pages = new Map([
    ['README.md', 'index.md'],
    ['AGENTS.md', 'agents.md'],
    ['CONTRIBUTING.md', 'contributing.md'],
    ['SECURITY.md', 'security.md'],
    ['UPGRADING.md', 'upgrading.md'],
  ]);
  const add = (folder, to) => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) add(name, `${to}${entry.name}/`);
      else if (entry.name === 'README.md') pages.set(name, `${to}index.md`);
      else if (entry.name.endsWith('.md')) pages.set(name, `${to}${entry.name}`);
    }
  };
  add('docs', '');
  for (const kind of ['packages', 'examples']) {
    for (const folder of readdirSync(path.join(root, kind))) {
      const readme = `${kind}/${folder}/README.md`;
      if (existsSync(path.join(root, readme))) pages.set(readme, `${kind}/${folder}.md`);
    }
  }
  const cases = 'examples/use-cases/src';
  for (const folder of readdirSync(path.join(root, cases))) {
    const readme = `${cases}/${folder}/README.md`;
    if (existsSync(path.join(root, readme))) pages.set(readme, `examples/${folder}.md`);
  }
  return pages;
}

const isImage = (name) => /\.(?:png|svg|jpg)$/.test(name);

/**
 * The text of a page with its links made those of the site: to other pages where there is one, and for other
 * files of the repository the text alone, with the file's name on it. @throws Error for a link that leads
 * nowhere
 */
export function linked(text, { root, from, pages }) {
  const to = pages.get(from);
  const relative = (target) => {
    const way = path.posix.relative(path.posix.dirname(to), target);
    return way.startsWith('.') ? way : `./${way}`;
  };
  return text.replaceAll(/(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g, (whole, image, label, target) => {
    if (/^(?:https?:|mailto:|#)/.test(target)) return whole;
    const [file, hash] = target.split('#');
    const name = path.posix.normalize(path.posix.join(path.posix.dirname(from), file));
    const bare = name.replace(/\/$/, '');
    const page = pages.get(bare) ?? pages.get(`${bare}/README.md`);
    if (page !== undefined) return `[${label}](${relative(page)}${hash === undefined ? '' : `#${hash}`})`;
    if (!existsSync(path.join(root, bare))) throw new Error(`${from} links to ${target}, which is not there`);
    if (image === '!' || isImage(bare)) return `${image}[${label}](${relative(`files/${bare}`)})`;
    return `<span title="${bare}">${label}</span>`;
  });
}

/** Makes all pages in a folder; what an earlier run left there goes. */
export function assemble(root, out) {
  const pages = pagesOf(root);
  for (const name of existsSync(out) ? readdirSync(out) : []) {
    if (name !== 'reference') rmSync(path.join(out, name), { recursive: true, force: true });
  }
  for (const [from, to] of pages) {
    const file = path.join(out, to);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, linked(readFileSync(path.join(root, from), 'utf8'), { root, from, pages }));
  }
  const images = new Set();
  for (const [from] of pages) {
    for (const [, target] of readFileSync(path.join(root, from), 'utf8').matchAll(/\]\(([^()\s#]+)\)/g)) {
      if (isImage(target) && !target.startsWith('http'))
        images.add(path.posix.normalize(path.posix.join(path.posix.dirname(from), target)));
    }
  }
  for (const name of images) {
    const file = path.join(out, 'files', name);
    mkdirSync(path.dirname(file), { recursive: true });
    cpSync(path.join(root, name), file);
  }
  return pages.size;
}
