import path from 'node:path';

const here = import.meta.dirname;

/** One file that can be opened from a disk: browsers load no modules from there. */
const inOneFile = {
  name: 'in-one-file',
  enforce: 'post',
  generateBundle(_, bundle) {
    const page = bundle['index.html'];
    const parts = Object.values(bundle);
    const style = parts.find(({ fileName }) => fileName.endsWith('.css'));
    const script = parts.find(({ isEntry }) => isEntry);
    // The other parts are stores on disk, which a page does not open. "</script" in a text would end the script.
    const code = script.code.replaceAll('</script', '<\\/script');
    page.source = String(page.source)
      .replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${style.source}</style>`)
      .replace(/<script type="module"[^>]*><\/script>/, '')
      .replace('</body>', () => `<script type="module">${code}</script>\n</body>`);
    for (const part of parts) if (part !== page) delete bundle[part.fileName];
  },
};

export default {
  root: here,
  resolve: {
    conditions: ['@millrace/source', 'browser', 'module', 'import', 'default'],
    alias: [
      { find: /^millrace$/, replacement: path.join(here, 'millrace.ts') },
      { find: /^buffer$/, replacement: path.join(here, '../node_modules/buffer/index.js') },
    ],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [inOneFile],
  build: { outDir: '../dist', emptyOutDir: true, modulePreload: false, target: 'es2022' },
};
